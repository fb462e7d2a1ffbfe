#include "core/prune/dcp.h"

#include "core/prune/acgr.h"
#include "core/prune/dcp_schedule.h"
#include "core/prune/encoder_score.h"
#include "core/prune/row_plan.h"
#include "core/prune/tatcs.h"

#include <algorithm>
#include <utility>

namespace prunescope {

namespace {

// The parameters of the catalog, read once per call.
struct DcpOptions {
    std::string schedule;
    bool scores_cls = false;
    bool compares_hidden = false;
    AcgrOptions acgr;
    bool prunes_in_encoder = true;
    bool proportional = true;
    std::string reference;
    TatcsOptions tatcs;
    bool guard = true;
    bool use_text = true;
};

// Leaves one part of the method out, whatever the other parameters say (its trigger is
// effectiveTrigger()'s). Ours.
void applyAblation(const std::string& ablation, DcpOptions& options) {
    if (ablation == "tatcs-only") {
        options.prunes_in_encoder = false;
        options.acgr.recovery = false;
    } else if (ablation == "no-recovery") {
        options.acgr.recovery = false;
    } else if (ablation == "no-text") {
        options.use_text = false;
    }
}

DcpOptions readOptions(const RunSettings& settings, const PatchGrid& grid) {
    const MethodParams params(settings);
    DcpOptions out;
    out.schedule = params.choice("schedule");
    out.scores_cls = params.choice("score") == "cls";
    out.compares_hidden = params.choice("similarity") == "hidden";
    out.acgr.recovery = params.isOn("recovery");
    out.proportional = params.isOn("proportional");
    out.acgr.keep_norm = params.isOn("keep_norm");
    out.acgr.lambda = params.number("lambda");
    out.acgr.sigma = params.number("sigma") * grid.cols / 24.0;  // 4.4 DCP reading 3
    out.acgr.edges = params.integer("edges");
    out.acgr.temperature = params.number("temperature");
    out.acgr.beta_max = params.number("beta_max");
    out.reference = params.choice("reference");
    out.tatcs.init = params.choice("init");
    out.tatcs.eta = params.number("eta");
    out.tatcs.mu = params.number("mu");
    out.tatcs.rounds = params.integer("rounds");
    out.guard = params.isOn("guard");
    out.use_text = params.isOn("use_text");
    applyAblation(params.choice("ablation"), out);
    return out;
}

// s of step 1 at one layer.
at::Tensor layerScore(const DcpOptions& options,
                      const at::Tensor& cls_attention,
                      const at::Tensor& values) {
    return options.scores_cls ? clsScore(cls_attention) : flowCutScore(cls_attention, values);
}

// m of step 3: head-mean keys without CLS, or the hidden states.
at::Tensor comparedRows(const DcpOptions& options,
                        const at::Tensor& keys,
                        const at::Tensor& tokens) {
    return options.compares_hidden ? tokens : keys.mean(0).slice(0, 1);
}

// M, the tokens that leave the encoder.
int poolOf(const RunSettings& settings, const PatchGrid& grid, int budget) {
    return poolSize(grid.count(), budget, MethodParams(settings).number("pool_share"));
}

// n' after this layer; the current count where no event is due.
int countAfter(const LayerView& view, const DcpOptions& options) {
    // Banned tokens leave at the first event: no anchor is left to be one of them.
    const int n = static_cast<int>(view.patches.size());
    const int most = n - slotRules(view.rules, view.patches).bans();
    const std::vector<int> events = eventLayers(view.last_layer, options.schedule);
    const auto found = std::find(events.begin(), events.end(), view.layer);
    if (found == events.end() || !options.prunes_in_encoder) {
        return n;
    }
    const int pool = poolOf(view.settings, view.grid, view.budget);
    if (options.schedule == "flowcut") {
        return std::min(most,
                        flowCutCount(toHostVector(shares(clsScore(view.cls_attention))),
                                     pool,
                                     view.last_layer - 1 - view.layer));
    }
    const ScheduleAt at{view.grid.count(),
                        pool,
                        static_cast<int>(found - events.begin()) + 1,
                        static_cast<int>(events.size())};
    return std::min(most, scheduledCount(at, options.schedule));
}

// D(X_k, X_f) for one choice of the kept tokens, against the reference that the settings name.
ShiftSummary shiftOf(const SelectView& view,
                     const std::string& reference,
                     const at::Tensor& kept_tokens) {
    if (reference == "full") {
        return measuredShift(view, kept_tokens);
    }
    const HostMatrix pool = toHost(placedRows(view.settings.place, view.tokens, view.project));
    const ShiftReference against(shiftMetricFrom(view.settings.metric), pool.view());
    ShiftSummary out = measuredShift(view, kept_tokens, &against);
    if (reference == "chained") {
        // 4.4 DCP reading 7: the M to k step is the last term of the chain. The parts are those of
        // this step; the earlier ones come as a sum.
        out.kappa = *out.kappa + view.chained_shift;
    }
    return out;
}

StageTrace stageOf(const SelectView& view,
                   std::string name,
                   std::span<const std::int32_t> kept,
                   std::span<const float> score) {
    StageTrace stage;
    stage.site = {Site::Kind::AfterEncoder, view.layer};
    stage.name = std::move(name);
    stage.tokens_in = static_cast<int>(view.patches.size());
    stage.tokens_out = static_cast<int>(kept.size());
    stage.score = perPatch(view.grid.count(), view.patches, score);
    stage.slot_from_patch = slotFromPatch(view.grid.count(), kept);
    return stage;
}

std::vector<std::int32_t> patchesOfSlots(std::span<const std::int32_t> patches,
                                         const std::vector<int>& slots) {
    std::vector<std::int32_t> out;
    out.reserve(slots.size());
    for (const int slot : slots) {
        out.push_back(patches[toSize(slot)]);
    }
    return out;
}

// The clusters of a re-selection in the trace's terms: patches instead of slots.
void describeClusters(const SelectView& view, const Reselection& result, StageTrace& stage) {
    stage.cluster_of.assign(toSize(view.grid.count()), -1);
    for (std::size_t i = 0; i < view.patches.size(); ++i) {
        stage.cluster_of[toSize(view.patches[i])] = result.cluster_of[i];
    }
    stage.centres = patchesOfSlots(view.patches, result.centres);
    stage.chosen = patchesOfSlots(view.patches, result.chosen);
    if (result.text.has_text) {
        stage.text_relevance = perPatch(view.grid.count(), view.patches, result.text.relevance);
    }
}

// TATCS on the pool as it was before the M to k step (4.4 DCP reading 4), then the guard.
void reselect(const SelectView& view,
              const DcpOptions& options,
              const std::vector<float>& score,
              Selection& selection) {
    const Stopwatch watch;
    TatcsInput in;
    in.tokens = view.tokens;
    in.mass = view.mass;
    in.score = score;
    in.rules = slotRules(view.rules, view.patches);
    if (options.use_text && view.text.defined() && view.text.size(0) > 0 && view.project) {
        in.text = view.text;
        in.projected = view.project(view.tokens);
    }
    const Reselection result = tatcs(in, options.tatcs, static_cast<int>(selection.kept.size()));

    std::vector<std::int64_t> slots(result.chosen.begin(), result.chosen.end());
    std::sort(slots.begin(), slots.end());  // step 9: raster order
    const at::Tensor tokens = gatherRows(view.tokens, slots);
    ShiftSummary& shift = selection.shift;
    shift.kappa_after = shiftOf(view, options.reference, tokens).kappa;
    // Step 8. Without a measure there is nothing to guard by.
    const bool fell = shift.kappa && shift.kappa_after && *shift.kappa_after < *shift.kappa;
    shift.accepted = fell || !options.guard || !shift.kappa;

    const std::vector<std::int32_t> baseline = selection.kept;
    std::vector<float> mass = selection.stages.back().mass;
    if (shift.accepted) {
        selection.tokens = tokens;
        selection.kept = patchesOf(view.patches, slots);
        selection.rows = patchRows(selection.kept);
        selection.mix = at::Tensor();
        mass.clear();
        for (const std::int64_t slot : slots) {
            mass.push_back(in.mass[toSize(slot)]);
        }
    }
    StageTrace stage = stageOf(view, "TATCS", selection.kept, result.medoid);
    describeClusters(view, result, stage);
    stage.baseline = baseline;
    stage.mass = std::move(mass);
    stage.shift_before = shift.kappa;
    stage.shift_after = shift.kappa_after;
    stage.ms = watch.ms();
    selection.stages.push_back(std::move(stage));
}

}  // namespace

LayerOutcome DcpPrune::afterLayer(const LayerView& view) const {
    const DcpOptions options = readOptions(view.settings, view.grid);
    LayerOutcome out;
    // Step 1: c = s at layer 0, then the running mean at every layer, S included.
    const at::Tensor score = layerScore(options, view.cls_attention, view.values);
    out.score = view.score.defined() ? view.score.mul(0.5).add(score, 0.5) : score;
    const int n_keep = countAfter(view, options);
    if (n_keep < static_cast<int>(view.patches.size())) {
        const std::vector<float> host_score = toHostVector(out.score);
        const AcgrInput in{view.grid,
                           view.patches,
                           comparedRows(options, view.keys, view.tokens),
                           view.mass,
                           host_score,
                           slotRules(view.rules, view.patches)};
        out.reduction = acgr(in, options.acgr, n_keep);
        out.reduction->proportional_attention = options.proportional;
        out.reduction->measures_step = options.reference == "chained";
    }
    return out;
}

int DcpPrune::encoderTarget(const RunSettings& settings, const PatchGrid& grid, int budget) const {
    // Without events the pass is the same for all budgets.
    return readOptions(settings, grid).prunes_in_encoder ? poolOf(settings, grid, budget)
                                                         : grid.count();
}

Selection DcpPrune::select(const SelectView& view) const {
    const Stopwatch watch;
    const DcpOptions options = readOptions(view.settings, view.grid);
    const at::Tensor score =
        view.score.defined() ? view.score : layerScore(options, view.cls_attention, view.values);
    const std::vector<float> host_score = toHostVector(score);
    // The baseline X_k: one more ACGR step, M to k, on Y with the keys of layer S.
    const AcgrInput in{view.grid,
                       view.patches,
                       comparedRows(options, view.keys, view.tokens),
                       view.mass,
                       host_score,
                       slotRules(view.rules, view.patches)};
    const Reduction step = acgr(in, options.acgr, keptCount(view));
    Selection out;
    out.tokens = reducedRows(step, view.tokens);
    out.kept = patchesOf(view.patches, step.keep);
    out.rows = patchRows(out.kept);
    out.mix = step.mix;
    out.shift = shiftOf(view, options.reference, out.tokens);

    StageTrace stage = stageOf(view, step.name, out.kept, host_score);
    stage.transfers = step.transfers;
    stage.mass = step.mass.empty() ? gatherValues(view.mass, step.keep) : step.mass;
    stage.shift_before = out.shift.kappa;
    stage.ms = watch.ms();
    out.stages.push_back(std::move(stage));

    out.shift.fired = firesAt(view.threshold.trigger, out.shift.kappa, view.threshold.value);
    if (out.shift.fired) {
        reselect(view, options, host_score, out);
    }
    return out;
}

}  // namespace prunescope
