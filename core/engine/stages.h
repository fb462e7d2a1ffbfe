#pragma once

#include "core/engine/run.h"
#include "core/metric/shift.h"
#include "core/model/decoder_pass.h"
#include "core/prune/prune_method.h"
#include "core/prune/token_count.h"

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
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
    EncoderOutput output;  // without `hidden`; X_f is its `features`
    std::vector<at::Tensor>
        after_layer;  // [S + 1] patch rows after each layer, float32 on the host
    double ms = 0;
    bool is_finite = true;  // all of output.features are finite numbers
};

/// What leaves the encoder for selection: a pool of M tokens.
struct EncoderPass {
    std::uint64_t key = 0;
    EncoderOutput output;               // without `hidden`
    std::vector<std::int32_t> patches;  // [M]
    std::vector<float> mass;            // [M]
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

/// What one view lost between the layers of the language model.
struct DecoderViewOutcome {
    std::vector<StageTrace> stages;
    std::vector<ShiftReference> before;  ///< per stage: the rows that D was measured against
    std::vector<OutputRow> rows;         ///< those that remain at the end
    std::vector<std::int32_t> kept;
    ShiftSummary shift;  ///< kappa of the encoder's features of the patches in `kept`
};

struct DecoderOutcome {
    std::vector<DecoderViewOutcome> views;
    VisualCounts counts;
    std::vector<std::string> notes;
    double ms = 0;  ///< of the layers up to the last stop, decisions included
};

/// A prompt whose visual tokens leave between decoder layers. Valid while run() is.
struct PrunedPrompt {
    std::uint64_t key = 0;
    std::shared_ptr<const DecoderOutcome> outcome;
    /// The pass behind the last stop: the one of this run, or another one where the outcome came
    /// from the cache.
    std::function<std::shared_ptr<DecoderPass>()> pass;
};

/// For methods that prune inside the language model: takes the prompt up to the last layer where
/// tokens leave, and writes down which. All visual tokens enter; the layers above have not run.
std::optional<PrunedPrompt> decoderStage(const RunContext& context,
                                         const PerView<FullFeatures>& full,
                                         const PerView<SelectedTokens>& selections,
                                         const TokenSequence& text,
                                         RunTrace& trace);

/// Takes out every D and null band that is not a finite number (broken weights give such): a D that
/// cannot be known is none, and no reader of the trace has to ask.
void dropNonFinite(ViewTrace& view);

/// With the select strategy "full" the un-pruned sequence begins with CLS.
bool holdsCls(const RunContext& context);

/// What goes into the projector: the selected rows of all views, padding left out, CLS first where
/// the sequence holds it.
at::Tensor outputFeatures(const RunContext& context,
                          const PerView<FullFeatures>& full,
                          const PerView<SelectedTokens>& selections);

/// What the language model sees of the picture: [sum of output rows, Dt], padding as zeros.
at::Tensor projectStage(const RunContext& context,
                        const PerView<FullFeatures>& full,
                        const PerView<SelectedTokens>& selections,
                        RunTrace& trace);

/// What the language model reads of the picture: made when it is asked for, named without.
struct VisualRows {
    std::uint64_t key = 0;  ///< of the selections and of the request's changes behind them
    std::function<at::Tensor()> make;
};

std::uint64_t visualKey(const RunContext& context, const PerView<SelectedTokens>& selections);

/// Names the answer to a prompt around what visualKey() names.
std::uint64_t answerKey(const RunContext& context,
                        const TokenSequence& text,
                        std::uint64_t visual_key);

/// Prefill and greedy decoding, streamed through context.emit.
AnswerTrace answerStage(const RunContext& context,
                        const TokenSequence& text,
                        const VisualRows& visual,
                        RunTrace& trace);

/// Runs the layers that decoderStage() left, then decodes as answerStage() does.
AnswerTrace answerPruned(const RunContext& context, const PrunedPrompt& prompt, RunTrace& trace);

/// Whether answerPruned() or, without a pruned prompt, answerStage() has its answer in the cache.
bool isAnswerKnown(const RunContext& context,
                   const TokenSequence& text,
                   const std::optional<PrunedPrompt>& pruned,
                   std::uint64_t visual_key);

/// @throws Error(Input) when prompt and answer do not fit the model's context
void checkLength(const Vlm& vlm, int n_prompt, int n_answer);

/// Budget per view: the setting, at most the patches there are and are not banned.
int effectiveBudget(const RunSettings& settings, const PatchGrid& grid, std::size_t view);

/// Rules of a view as its method gets them: the pins that its budget has room for, and the bans.
PatchRules effectiveRules(const RunContext& context, const PatchGrid& grid, std::size_t view);

}  // namespace prunescope
