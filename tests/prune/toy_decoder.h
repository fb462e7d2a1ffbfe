#pragma once

#include "core/prune/prune_method.h"

#include <cstdint>
#include <vector>

#include <ATen/core/Tensor.h>

namespace prunescope::testing {

/// A seeded toy language model that drives a method through the stops of its plan. It has no
/// positions of its own: attention depends on what a row holds, not on where it stands.
struct ToyDecoder {
    int visual = 40;
    int text_before = 3;
    int text_after = 6;
    int layers = 6;
    int width = 12;
    int heads = 4;
    std::uint64_t seed = 1;
    enum class Content { Normal, Constant, NanAttention, ZeroAttention } content = Content::Normal;
    std::vector<std::int32_t> pinned;  ///< visual rows, ascending
    std::vector<std::int64_t> order;   ///< [visual] permutation of the visual rows; empty: as made
};

/// What happened at every stop.
struct ToyDecoderRun {
    DecoderPlan plan;
    std::vector<DecoderReduction> events;
    std::vector<std::vector<int>> tokens_before;  ///< visual tokens before each stop; a recycled
                                                  ///< row goes by its centre's number
    std::vector<int> kept;                        ///< at the end, in the order of the rows
};

ToyDecoderRun runToyDecoder(const ToyDecoder& decoder, const RunSettings& settings);

}  // namespace prunescope::testing
