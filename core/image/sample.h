#pragma once

#include "core/image/image.h"

namespace prunescope {

/// A coloured checkerboard with fields of `cell` pixels: a picture for tests and benchmarks.
Image checkerImage(int width, int height, int cell);

}  // namespace prunescope
