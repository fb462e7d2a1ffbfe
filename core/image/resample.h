#pragma once

#include "core/image/preprocess.h"

#include <array>
#include <cstdint>
#include <functional>

namespace prunescope {

/// A picture that is read row by row and need not exist as a whole: padding is made up on the way.
struct RowSource {
    int width = 0;
    int height = 0;
    /// RGB values of row y; valid until the next call.
    std::function<const std::uint8_t*(int y)> row;

    /// The part that is not padding; pixels around it are all `fill` and are not looked at.
    int content_x = 0;
    int content_y = 0;
    int content_width = 0;
    int content_height = 0;
    std::array<std::uint8_t, 3> fill{};
};

/// A rectangle of whole pixels within the resized picture.
struct Window {
    int x = 0;
    int y = 0;
    int width = 0;
    int height = 0;
};

/// The part `window` of what Pillow's resize to width x height gives. Only that part is computed,
/// so memory does not depend on how long the resized picture would be.
Image resizeWindow(
    const RowSource& source, int width, int height, const Window& window, Resample resample);

}  // namespace prunescope
