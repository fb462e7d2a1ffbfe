#pragma once

#include <ATen/core/Tensor.h>

namespace prunescope {

/// a^l: CLS attention to each patch, mean over heads, not renormalised (methods.md 0.1).
/// @param cls_attention  float32 [H, 1 + n]
/// @return               float32 [n]; NaN and infinity count as 0
at::Tensor clsScore(const at::Tensor& cls_attention);

/// x / sum x. All equal where the sum is not positive, so that no score becomes NaN.
at::Tensor shares(const at::Tensor& nonnegative);

/// s of FlowCut steps 1 to 4 (methods.md 2.3): attention and value similarity to CLS, times value
/// strength.
/// @param values  float32 [H, 1 + n, dh], row 0 is CLS
at::Tensor flowCutScore(const at::Tensor& cls_attention, const at::Tensor& values);

}  // namespace prunescope
