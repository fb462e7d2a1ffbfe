#pragma once

#include "core/model/decoder_pass.h"
#include "core/prune/prune_method.h"

#include <cstdint>
#include <functional>
#include <stop_token>
#include <vector>

#include <ATen/core/Tensor.h>

namespace prunescope {

/// A prompt as it enters the language model, in the model's dtype.
struct PromptEmbeddings {
    at::Tensor before;  ///< [n, Dt] text before the picture
    at::Tensor visual;  ///< [N, Dt]
    at::Tensor after;   ///< [Lt, Dt] text after the picture

    at::Tensor sequence() const;  ///< [n + N + Lt, Dt]
};

/// One stop of a plan as it happened. Visual rows are numbered within their span.
struct DecoderEvent {
    DecoderStop stop;
    DecoderReduction reduction;
    at::Tensor before;  ///< float32 [n, Dt] visual rows that came out of the layer before
    at::Tensor after;   ///< float32 [n', Dt] those that go on: kept ones, then recycled ones
    double ms = 0;      ///< of the decision
};

/// What runStops() works with.
struct StopContext {
    const PruneMethod& method;
    const RunSettings& settings;
    const DecoderPlan& plan;
    const PromptEmbeddings& prompt;
    at::Tensor rotary_frequencies;  ///< float32 [dh / 2]
    int layers = 0;                 ///< L
    SlotRules rules = {};           ///< [N] of the visual rows at first; pins only
};

/// Takes `pass` up to the plan's last stop and lets the method decide at each. The layers above
/// have not run when it returns.
/// @param progress  called with the number of layers that have run
std::vector<DecoderEvent> runStops(DecoderPass& pass,
                                   const StopContext& context,
                                   const std::stop_token& stop,
                                   const std::function<void(int)>& progress);

}  // namespace prunescope
