#pragma once

#include "core/model/vlm.h"
#include "core/text/prompt.h"

#include <cstdint>
#include <stop_token>
#include <vector>

#include <ATen/core/Tensor.h>

namespace prunescope {

/// Attribution::attention of an answer to a prompt: one pass over prompt and answer together, in
/// which the attention of the answer's positions is taken apart layer by layer. The answer's own
/// steps give the same up to rounding; fused attention never shows it there.
/// @param visual  [n, Dt] rows that stand for the picture
/// @param answer  [T] ids
/// @return [T][n], each >= 0, sum over n below 1
/// @throws Cancelled
std::vector<std::vector<double>> answerAttention(const Vlm& vlm,
                                                 const TokenSequence& text,
                                                 const at::Tensor& visual,
                                                 const std::vector<std::int64_t>& answer,
                                                 const std::stop_token& stop);

}  // namespace prunescope
