#pragma once

#include <ATen/core/Tensor.h>

namespace prunescope {

/// mix * rows. Most of a mix is zeros: a merged token is made of a few others. On the CPU only
/// the others are read, so that merging costs next to nothing beside the layer it happens in.
/// @param mix   float32 [m, n]
/// @param rows  float32 [n, D]
/// @return      float32 [m, D] on the device of `rows`
at::Tensor mixedRows(const at::Tensor& mix, const at::Tensor& rows);

}  // namespace prunescope
