#pragma once

#include <string>
#include <vector>

namespace prunescope {

/// A field of a CSV line, RFC 4180: in double quotes where it needs them.
std::string csvField(const std::string& text);

/// Lines of cells as text in columns two spaces apart, each as wide as its longest cell; no spaces
/// at the ends of lines. A character counts as one place (UTF-8).
/// @param is_number  per column: to the right
std::string alignedColumns(const std::vector<std::vector<std::string>>& lines,
                           const std::vector<bool>& is_number);

}  // namespace prunescope
