#pragma once

#include <cstdint>

#include <ATen/core/Tensor.h>

namespace prunescope {

struct Choice {
    std::int64_t id = 0;
    float probability = 0;  ///< softmax over the first `limit` logits
};

/// The largest of the first `limit` logits, the lower id on a tie.
/// @param logits  float32 [V] on the CPU
Choice greedy(const at::Tensor& logits, std::int64_t limit);

/// Natural log of the softmax probability of `id` among the first `limit` logits.
/// @param logits  float32 [V] on the CPU
double logProbability(const at::Tensor& logits, std::int64_t limit, std::int64_t id);

}  // namespace prunescope
