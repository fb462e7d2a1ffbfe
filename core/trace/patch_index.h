#pragma once

#include <cstddef>
#include <cstdint>

namespace prunescope {

/// A patch or cluster that is there, as an index.
inline std::size_t at(std::int32_t patch) {
    return static_cast<std::size_t>(patch);
}

}  // namespace prunescope
