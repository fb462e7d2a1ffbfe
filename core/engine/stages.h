#pragma once

#include "core/engine/run.h"
#include "core/metric/shift.h"
#include "core/prune/prune_method.h"

#include <cstdint>
#include <memory>
#include <vector>

#include <ATen/core/Tensor.h>

namespace prunescope {

/// The stages of run(), one function each. Every result is cached by a hash of what it depends on
/// and carries that hash, from which the next stage's hash is made.

/// One value per view of the picture.
template <typename T>
using PerView = std::vector<std::shared_ptr<const T>>;

struct Preprocessed {
    std::uint64_t key = 0;
    std::vector<View> views;
    double ms = 0;
};

/// The un-pruned encoder pass of one view.
struct FullFeatures {
    std::uint64_t key = 0;
    EncoderOutput output;                     // without `hidden`
    ShiftReference selected;                  // X_f: selected features, [N, D * layers]
    std::vector<ShiftReference> after_layer;  // [S + 1] patch rows after each layer
    double ms = 0;
    bool is_finite = true;  // all of output.features are finite numbers
};

/// What leaves the encoder for selection: a pool of M tokens.
struct EncoderPass {
    std::uint64_t key = 0;
    EncoderOutput output;               // without `hidden`
    std::vector<std::int32_t> patches;  // [M]
    at::Tensor mass;                    // float32 [M]
    at::Tensor score;                   // float32 [M] or undefined
    std::vector<StageTrace> stages;
    double chained_shift = 0;
    double ms = 0;
};

struct SelectedTokens {
    std::uint64_t key = 0;
    Selection selection;
    double ms = 0;
};

/// Checks settings and opens the trace with what is known before anything runs.
RunTrace beginTrace(const RunContext& context);

std::shared_ptr<const Preprocessed> preprocessStage(const RunContext& context, RunTrace& trace);

PerView<FullFeatures> featuresStage(const RunContext& context,
                                    const Preprocessed& input,
                                    RunTrace& trace);

PerView<EncoderPass> encoderStage(const RunContext& context,
                                  const Preprocessed& input,
                                  const PerView<FullFeatures>& full,
                                  RunTrace& trace);

PerView<SelectedTokens> selectionStage(const RunContext& context,
                                       const Preprocessed& input,
                                       const PerView<FullFeatures>& full,
                                       const PerView<EncoderPass>& passes,
                                       const TokenSequence& text,
                                       RunTrace& trace);

/// Fills the null bands of every stage and view.
void nullBandStage(const RunContext& context, const PerView<FullFeatures>& full, RunTrace& trace);

/// Takes out every D and null band that is not a finite number (broken weights give such): a D that
/// cannot be known is none, and no reader of the trace has to ask.
void dropNonFinite(ViewTrace& view);

/// What goes into the projector: the selected rows of all views, padding left out. With the select
/// strategy "full" the un-pruned sequence begins with CLS.
at::Tensor outputFeatures(const RunContext& context,
                          const PerView<FullFeatures>& full,
                          const PerView<SelectedTokens>& selections);

/// What the language model sees of the picture: [sum of output rows, Dt], padding as zeros.
at::Tensor projectStage(const RunContext& context,
                        const PerView<FullFeatures>& full,
                        const PerView<SelectedTokens>& selections,
                        RunTrace& trace);

/// Prefill and greedy decoding, streamed through context.emit.
AnswerTrace answerStage(const RunContext& context,
                        const TokenSequence& text,
                        const at::Tensor& visual,
                        RunTrace& trace);

/// Budget per view: the setting, at most the patches there are.
int effectiveBudget(const RunSettings& settings, const PatchGrid& grid);

}  // namespace prunescope
