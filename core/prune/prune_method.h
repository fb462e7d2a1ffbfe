#pragma once

#include "core/image/patch_grid.h"
#include "core/metric/shift.h"
#include "core/prune/catalog.h"
#include "core/prune/decoder_view.h"
#include "core/trace/run_trace.h"

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <ATen/core/Tensor.h>

namespace prunescope {

/// What a method sees after one encoder layer, or between its attention and its MLP where the
/// catalog says `inside_layer`. All tensors float32, on the model's device, which a method waits
/// for whenever it copies from there; rows are slots (patch tokens only) in the order in which the
/// last reduction kept them, at first ascending patches.
struct LayerView {
    const RunSettings& settings;
    const PatchGrid& grid;
    int layer = 0;       ///< 0-based index of the layer that just ran
    int last_layer = 0;  ///< S: the (deepest) layer whose output is selected
    int budget = 0;      ///< k, 1 <= k <= N

    std::vector<std::int32_t> patches;  ///< [n] patch index of each slot
    at::Tensor tokens;                  ///< [n, D] output of the layer, or of its attention
    at::Tensor cls_attention;           ///< [H, 1 + n] softmax row of CLS; column 0 is CLS itself
    at::Tensor keys;                    ///< [H, 1 + n, dh] after k_proj with bias, before scaling
    at::Tensor values;                  ///< [H, 1 + n, dh] after v_proj with bias; row 0 is CLS
    std::vector<float> mass;            ///< [n] w: patches' worth a token stands for, starts at 1
    at::Tensor score;                   ///< [n] the method's running score, undefined at layer 0
    PatchRules rules = {};              ///< pins, all of which fit, and bans
};

/// Fewer tokens than before: out = mix * in, or the kept rows themselves where nothing is mixed.
struct Reduction {
    std::string name;                ///< the stage's name in the trace
    std::vector<std::int64_t> keep;  ///< [n'] distinct slots that stay, in their new order; for
                                     ///< a mixed row the slot whose patch it stands for
    at::Tensor mix;           ///< float32 [n', n], on the host; undefined: plain gather of `keep`
    std::vector<float> mass;  ///< [n'] new w; empty: gathered
    bool keep_norm = false;   ///< rescale mixed rows to the norm the kept row had
    bool proportional_attention = false;  ///< later attention adds ln(w) to the logits of a key
    std::vector<float> deciding_score;    ///< [n] that decided, for the trace; empty: none
    std::vector<Transfer> transfers;      ///< in patch indices
    bool measures_step = false;           ///< D(after, before) joins SelectView::chained_shift
};

/// In every encoder layer 0..S: the running score, and a reduction where one is due.
struct LayerOutcome {
    at::Tensor score;  ///< float32 [n] (of the tokens before the reduction), or undefined
    std::optional<Reduction> reduction;
};

/// CLS attention and keys of encoder layer min(S + 1, last), as one head over the whole width.
struct WideTaps {
    at::Tensor cls_attention;  ///< float32 [1 + M], CLS first
    at::Tensor keys;           ///< float32 [1 + M, D of one layer]
};

/// What kappa is compared with (firesAt).
struct ShiftThreshold {
    Trigger trigger = Trigger::Never;
    double value = 0;    ///< of Auto and Relative
    NullBand null_band;  ///< that Relative made it from
};

/// Where CLIP compares patches with texts. Rows of length 1.
struct ClipSpace {
    at::Tensor patches;   ///< float32 [M, P]
    at::Tensor question;  ///< float32 [windows, P]
};

/// What selection sees: the encoder pass's result, the full set and the question.
struct SelectView {
    const RunSettings& settings;
    const PatchGrid& grid;
    int layer = 0;   ///< S
    int budget = 0;  ///< k, 1 <= k <= N less the banned patches

    // The pool of M tokens that left the encoder (all N for methods that prune only here).
    std::vector<std::int32_t> patches;  ///< [M] ascending
    at::Tensor tokens;                  ///< float32 [M, D] selected features (concatenated layers)
    at::Tensor cls;                     ///< float32 [1, D] the CLS row of the same layers
    at::Tensor cls_attention;           ///< float32 [H, 1 + M] of layer S
    at::Tensor keys;                    ///< float32 [H, 1 + M, dh] of layer S
    at::Tensor values;                  ///< float32 [H, 1 + M, dh] of layer S
    std::vector<float> mass;            ///< [M]
    at::Tensor score;                   ///< float32 [M] running score, or undefined
    double chained_shift = 0;           ///< sum over events of D(after recovery, before), of those
                                        ///< with Reduction::measures_step

    const ShiftReference* full = nullptr;  ///< X_f: features of the un-pruned forward pass, at the
                                           ///< place of the settings (select.h, placedRows)

    at::Tensor text;  ///< float32 [Lt, Dt] input embeddings of the question's tokens; Lt may be 0
    std::function<at::Tensor(const at::Tensor&)> project;  ///< [m, D] -> float32 [m, Dt]
    std::function<at::Tensor()> projected;  ///< Z = project(tokens), float32 [M, Dt], computed once
                                            ///< per encoder pass

    ShiftThreshold threshold = {};  ///< for methods that the catalog says use one

    std::function<WideTaps()> wide_taps = {};  ///< computed when asked for; throws Error(Model)
                                               ///< where the checkpoint lacks the layer

    std::function<ClipSpace()> clip = {};  ///< computed when asked for; empty where the model has
                                           ///< no text tower or the method reads no text

    PatchRules rules = {};  ///< pins, all of which fit, and bans
};

/// The tokens that go to the projector, and why. Made by the helpers of select.h.
struct Selection {
    at::Tensor tokens;  ///< float32 [m, D] in the order that the language model reads them; D is
                        ///< measured on all of them
    std::vector<OutputRow> rows;     ///< [m + p] what each is; the p padding rows, zeros behind the
                                     ///< projector, come last
    std::vector<std::int32_t> kept;  ///< the patches of `rows`, ascending
    at::Tensor mix;                  ///< float32 [m, M]: tokens = mix * pool, save for CLS rows;
                                     ///< undefined where every row is one of the pool
    std::vector<StageTrace> stages;  ///< stages of the selection (site AfterEncoder)
    ShiftSummary shift;              ///< kappa etc.; kappa is filled for every method
    std::string note = {};           ///< for the trace: which of two ways was taken

    int paddingRows() const {
        return static_cast<int>(rows.size()) - static_cast<int>(tokens.size(0));
    }
};

/// A pruning method: pure functions, one per kind of site. No state between calls, no global
/// generator, and the tensors are never changed in place; the engine gathers and mixes. Called on
/// the engine thread.
class PruneMethod {
public:
    virtual ~PruneMethod() = default;
    PruneMethod(const PruneMethod&) = delete;
    PruneMethod& operator=(const PruneMethod&) = delete;

    /// Called in every encoder layer 0..S, only when the catalog says `in_encoder`: after the
    /// layer, or between its attention and its MLP with `inside_layer`.
    virtual LayerOutcome afterLayer(const LayerView& view) const;

    /// What the encoder pass takes of the budget: budgets with the same value share a pass.
    virtual int encoderTarget(const RunSettings& settings, const PatchGrid& grid, int budget) const;

    /// Chooses the output tokens, in the method's order. Called once per view and run; by default
    /// every token goes on but the banned ones.
    virtual Selection select(const SelectView& view) const;

    /// Called at every stop of the catalog's `decoder_plan`, only when the catalog says
    /// `in_decoder`. Such methods leave `select` as it is: all N tokens enter the language model.
    virtual DecoderReduction beforeDecoderLayer(const DecoderView& view) const;

protected:
    PruneMethod() = default;
};

/// @throws Error(Usage) for an unknown id. One line per method in registry.cpp.
std::unique_ptr<PruneMethod> makeMethod(const std::string& id);

}  // namespace prunescope
