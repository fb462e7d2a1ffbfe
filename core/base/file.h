#pragma once

#include "core/base/error.h"

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace prunescope {

/// Reads a regular file whole. Symbolic links are followed; directories, FIFOs and devices are
/// refused; the size is checked before anything is allocated.
/// @throws Error(code): missing, not a regular file, larger than `max_bytes`, unreadable
std::vector<std::uint8_t> readFile(const std::filesystem::path& path,
                                   std::uint64_t max_bytes,
                                   ErrorCode code);

/// Writes to a temporary file beside `path` and renames it: the old file stays whole on failure.
/// @throws Error(Failure)
void writeFileAtomically(const std::filesystem::path& path, std::string_view contents);

}  // namespace prunescope
