#pragma once

#include <stop_token>

namespace prunescope {

/// Thrown when the user stopped a run. Not an Error: nothing went wrong.
struct Cancelled {};

/// Checked at every layer, between large matrix products and at every answer token.
inline void throwIfStopped(const std::stop_token& stop) {
    if (stop.stop_requested()) {
        throw Cancelled{};
    }
}

}  // namespace prunescope
