#pragma once

#include "core/model/config.h"
#include "core/model/weights.h"
#include "core/prune/decoder_plan.h"

#include <cstdint>
#include <string>
#include <vector>

#include <ATen/core/Tensor.h>

namespace prunescope::test {

/// A decoder that prunes the slow way, in float64, from methods.md alone: no cache, the whole
/// sequence through every layer at every step, attention as explicit matrices, and tokens that left
/// are hidden behind a mask instead of being taken out. It shares weights and plans with the
/// program, and nothing else.
struct SlowPrompt {
    at::Tensor before;     ///< [n, D]
    at::Tensor visual;     ///< [N, D]
    at::Tensor after;      ///< [Lt, D]
    at::Tensor generated;  ///< [g, D], may have no rows
};

/// How the four methods decide, by the options they have.
struct SlowMethod {
    std::string id;            ///< "fastv", "sparsevlm", "pyramiddrop", "dart"
    bool all_queries = false;  ///< FastV as described
    bool v2 = false;           ///< SparseVLM
    double head_share = 14.0 / 32.0;
    int pivots = 4;  ///< DART: of the picture, and of the text
    double rope_theta = 10000;
};

struct SlowResult {
    at::Tensor logits;  ///< float64 [V] of the last row
    /// Per stop: visual rows that stay (numbered among those there were), then members of recycled
    /// ones.
    std::vector<std::vector<std::int64_t>> kept;
    std::vector<std::vector<std::vector<std::int64_t>>> recycled;
};

SlowResult slowDecode(const TextConfig& config,
                      const WeightMap& weights,
                      const SlowMethod& method,
                      const DecoderPlan& plan,
                      const SlowPrompt& prompt);

}  // namespace prunescope::test
