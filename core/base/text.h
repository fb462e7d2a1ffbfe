#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace prunescope {

/// Words for messages; everything locale-independent.

std::string join(const std::vector<std::string>& parts, std::string_view separator);

/// In double quotes, control characters escaped, cut to a readable length.
std::string inQuotes(std::string_view text, std::size_t max_length = 120);

/// "18.7 MB", "14.1 GB": decimal units, as download pages show them.
std::string humanBytes(std::uint64_t bytes);

/// "0.8 ms", "42 ms", "1.3 s", "2 min 5 s".
std::string humanDuration(double milliseconds);

/// Shortest text that reads back as the same number, '.' as decimal point.
std::string number(double value);

/// By a printf format for one double, in the C locale that is set; at most 63 characters.
std::string formatted(const char* format, double value);

/// 16 hexadecimal digits.
std::string hex(std::uint64_t value);

}  // namespace prunescope
