#include "core/base/stop.h"
#include "core/engine/shift_stage.h"
#include "core/engine/stage_tools.h"
#include "core/engine/stages.h"
#include "core/prune/select.h"

#include <numeric>

#include <ATen/ops/ones.h>
#include <c10/core/InferenceMode.h>

namespace prunescope {

namespace {

/// Runs a method's encoder pass layer by layer and writes down what it did.
class PassRecorder {
public:
    PassRecorder(const RunContext& context,
                 const PruneMethod& method,
                 const View& view,
                 const FullFeatures& full,
                 std::size_t index,
                 RunTrace& trace)
        : context_(context),
          method_(method),
          view_(view),
          full_(full),
          trace_(trace),
          budget_(effectiveBudget(context.request.settings, view.grid, index)),
          rules_(effectiveRules(context, view.grid, index)) {
        pass.patches.resize(static_cast<std::size_t>(view.grid.count()));
        std::iota(pass.patches.begin(), pass.patches.end(), 0);
    }

    std::optional<EncoderReduction> decide(const EncoderTap& tap) {
        const Stopwatch watch;
        const at::Tensor tokens = tap.tokens.slice(0, 1);
        if (!pass.mass.defined()) {
            pass.mass = at::ones({tokens.size(0)}, tokens.options());
        }
        LayerOutcome outcome = method_.afterLayer({.settings = context_.request.settings,
                                                   .grid = view_.grid,
                                                   .layer = tap.layer,
                                                   .last_layer = context_.vlm.lastEncoderLayer(),
                                                   .budget = budget_,
                                                   .patches = pass.patches,
                                                   .tokens = tokens,
                                                   .cls_attention = tap.cls_attention,
                                                   .keys = tap.keys,
                                                   .values = tap.values,
                                                   .mass = pass.mass,
                                                   .score = pass.score,
                                                   .rules = rules_});
        pass.score = outcome.score;
        context_.emit(Progress{context_.request.id,
                               "encode",
                               static_cast<std::uint64_t>(tap.layer) + 1,
                               static_cast<std::uint64_t>(context_.vlm.lastEncoderLayer()) + 1});
        if (!outcome.reduction) {
            return std::nullopt;
        }
        const Reduction& reduction = *outcome.reduction;
        before_ = reduction.measures_step ? tokens : at::Tensor();
        record(tap.layer, reduction);
        pass.stages.back().ms = watch.ms();
        return EncoderReduction{reduction.keep,
                                reduction.mix,
                                reduction.keep_norm,
                                reduction.proportional_attention ? pass.mass : at::Tensor()};
    }

    /// Measures what the event left, against the un-pruned pass and, where the method asks for it,
    /// against what it began with.
    void measure(const at::Tensor& patches) {
        StageTrace& stage = pass.stages.back();
        const int layer = stage.site.layer;
        const HostMatrix after = toHost(rowsAt(context_, patches, layer));
        stage.shift_before =
            referenceAt(context_, trace_, full_, layer)->measure(after.view()).value;
        if (before_.defined()) {
            const ShiftReference before(shiftMetricFrom(context_.request.settings.metric),
                                        toHost(rowsAt(context_, before_, layer)).view());
            pass.chained_shift += before.measure(after.view()).value;
        }
    }

    EncoderPass pass;

private:
    void record(int layer, const Reduction& reduction) {
        const int n_patches = view_.grid.count();
        StageTrace stage;
        stage.site = {Site::Kind::EncoderLayer, layer};
        stage.name = reduction.name;
        stage.tokens_in = static_cast<int>(pass.patches.size());
        stage.tokens_out = static_cast<int>(reduction.keep.size());
        stage.score =
            reduction.deciding_score.defined()
                ? perPatch(n_patches, pass.patches, toHostVector(reduction.deciding_score))
                : std::vector<float>();
        stage.transfers = reduction.transfers;

        pass.mass =
            reduction.mass.defined() ? reduction.mass : gatherRows(pass.mass, reduction.keep);
        if (pass.score.defined()) {
            pass.score = gatherRows(pass.score, reduction.keep);
        }
        stage.mass = toHostVector(pass.mass);
        pass.patches = patchesOf(pass.patches, reduction.keep);
        stage.slot_from_patch = slotFromPatch(n_patches, pass.patches);
        pass.stages.push_back(std::move(stage));
    }

    const RunContext& context_;
    const PruneMethod& method_;
    const View& view_;
    const FullFeatures& full_;
    RunTrace& trace_;
    int budget_;
    PatchRules rules_;
    at::Tensor before_;  // patch rows that the last event began with, where they are asked for
};

EncoderPass encodePruned(const RunContext& context,
                         const PruneMethod& method,
                         const View& view,
                         const FullFeatures& full,
                         std::size_t index,
                         std::uint64_t key,
                         RunTrace& trace) {
    const Stopwatch watch;
    PassRecorder recorder(context, method, view, full, index, trace);
    const EncoderHook hook{.decide = [&](const EncoderTap& tap) { return recorder.decide(tap); },
                           .reduced = [&](const at::Tensor& patches) { recorder.measure(patches); },
                           .place = methodOf(context).inside_layer
                                        ? EncoderHook::Place::BeforeMlp
                                        : EncoderHook::Place::AfterLayer};
    EncoderOutput output = context.vlm.encode(view, hook, false, context.stop);
    context.vlm.waitForDevice();
    EncoderPass pass = std::move(recorder.pass);
    pass.key = key;
    pass.output = std::move(output);
    pass.ms = watch.ms();
    return pass;
}

/// Methods that prune after the encoder start from the un-pruned pass itself.
EncoderPass passOfAll(const FullFeatures& full) {
    EncoderPass pass;
    pass.key = full.key;
    pass.output = full.output;
    const std::int64_t n = full.output.features.size(0);
    pass.patches.resize(static_cast<std::size_t>(n));
    std::iota(pass.patches.begin(), pass.patches.end(), 0);
    pass.mass = at::ones({n}, full.output.features.options());
    return pass;
}

}  // namespace

PerView<EncoderPass> encoderStage(const RunContext& context,
                                  const Preprocessed& input,
                                  const PerView<FullFeatures>& full,
                                  RunTrace& trace) {
    const c10::InferenceMode guard;
    const MethodSpec& spec = methodOf(context);
    PerView<EncoderPass> result;
    if (!spec.in_encoder) {
        for (const auto& view : full) {
            result.push_back(std::make_shared<const EncoderPass>(passOfAll(*view)));
        }
        return result;
    }
    const Stopwatch watch;
    const RunSettings& settings = context.request.settings;
    const std::unique_ptr<PruneMethod> method = makeMethod(settings.method);
    for (std::size_t v = 0; v < full.size(); ++v) {
        throwIfStopped(context.stop);
        Hasher hasher;
        hasher.add(full[v]->key).add(settings.method);
        hasher.add(effectiveBudget(settings, input.views[v].grid, v));
        addRules(hasher, effectiveRules(context, input.views[v].grid, v));
        hasher.add(settings.metric).add(static_cast<int>(settings.place));
        addParams(hasher, spec, settings, ParamEffect::EncoderPass);
        const std::uint64_t key = hasher.value();
        result.push_back(cached<EncoderPass>(context, trace, CachedStage::EncoderPass, key, [&] {
            return encodePruned(context, *method, input.views[v], *full[v], v, key, trace);
        }));
        trace.cost_ms.encode += result.back()->ms;
    }
    trace.timings_ms.encode = watch.ms();
    return result;
}

}  // namespace prunescope
