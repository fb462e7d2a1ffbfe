#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <string>

namespace prunescope {

/// What the histories of tokens and of regions share in writing their sentences.

/// A patch or cluster that is there, as an index.
inline std::size_t at(std::int32_t patch) {
    return static_cast<std::size_t>(patch);
}

/// One number by a printf format of less than 32 characters' result.
inline std::string fixed(const char* format, double value) {
    char text[32];
    std::snprintf(text, sizeof text, format, value);
    return text;
}

}  // namespace prunescope
