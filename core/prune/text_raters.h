#pragma once

#include <cstdint>
#include <vector>

#include <ATen/core/Tensor.h>

namespace prunescope {

/// The text tokens that say what matters (methods.md 3.2 step 1): with M = V E^T, softmax over the
/// text and mean over the visual tokens, those above the mean; all where none is.
/// @param visual  float32 [n, Dt], n >= 1
/// @param text    float32 [Lt, Dt]
std::vector<std::int64_t> textRaters(const at::Tensor& visual, const at::Tensor& text);

}  // namespace prunescope
