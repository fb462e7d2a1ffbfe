#include "core/base/stop.h"
#include "core/engine/parallel.h"
#include "core/engine/shift_stage.h"
#include "core/engine/stage_tools.h"
#include "core/engine/stages.h"
#include "core/prune/select.h"

#include <numeric>
#include <utility>
#include <vector>

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
        pass.mass.assign(pass.patches.size(), 1.0F);
    }

    std::optional<EncoderReduction> decide(const EncoderTap& tap) {
        const Stopwatch watch;
        const at::Tensor tokens = tap.tokens.slice(0, 1);
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
        events_.push_back({tap.layer, reduction.measures_step ? tokens : at::Tensor(), {}});
        record(tap.layer, reduction);
        const auto n_kept = static_cast<int>(pass.mass.size());
        pass.stages.back().ms = watch.ms();
        return EncoderReduction{reduction.keep,
                                reduction.mix,
                                reduction.keep_norm,
                                reduction.proportional_attention
                                    ? toDevice(pass.mass, 1, n_kept, tokens).squeeze(0)
                                    : at::Tensor()};
    }

    /// What the event left, at the end of its layer.
    void take(const at::Tensor& patches) { events_.back().after = patches; }

    /// Measures what every event left, against the un-pruned pass and, where the method asks for
    /// it, against what it began with. Behind the pass, so that no layer waits for it.
    void measure() {
        std::vector<int> layers;
        std::vector<HostMatrix> before;
        std::vector<HostMatrix> after;
        for (const Event& event : events_) {
            const auto hostRows = [&](const at::Tensor& rows) {
                return rows.defined() ? toHost(rowsAt(context_, rows, event.layer)) : HostMatrix{};
            };
            layers.push_back(event.layer);
            before.push_back(hostRows(event.before));
            after.push_back(hostRows(event.after));
        }
        const auto references = referencesAt(context_, trace_, full_, layers);
        const ShiftMetric metric = shiftMetricFrom(context_.request.settings.metric);
        std::vector<double> steps(events_.size(), 0.0);
        forRanges(static_cast<int>(events_.size()), [&](int begin, int end) {
            for (std::size_t i = toSize(begin); i < toSize(end); ++i) {
                pass.stages[i].shift_before = references[i]->measure(after[i].view()).value;
                if (before[i].rows > 0) {
                    steps[i] =
                        ShiftReference(metric, before[i].view()).measure(after[i].view()).value;
                }
            }
        });
        pass.chained_shift = std::accumulate(steps.begin(), steps.end(), 0.0);
    }

    EncoderPass pass;

private:
    /// Patch rows around what was done in a layer.
    struct Event {
        int layer = 0;
        at::Tensor before;  // where the method asks for them
        at::Tensor after;
    };

    void record(int layer, const Reduction& reduction) {
        const int n_patches = view_.grid.count();
        StageTrace stage;
        stage.site = {Site::Kind::EncoderLayer, layer};
        stage.name = reduction.name;
        stage.tokens_in = static_cast<int>(pass.patches.size());
        stage.tokens_out = static_cast<int>(reduction.keep.size());
        stage.score = reduction.deciding_score.empty()
                          ? std::vector<float>()
                          : perPatch(n_patches, pass.patches, reduction.deciding_score);
        stage.transfers = reduction.transfers;

        pass.mass =
            reduction.mass.empty() ? gatherValues(pass.mass, reduction.keep) : reduction.mass;
        if (pass.score.defined()) {
            pass.score = gatherRows(pass.score, reduction.keep);
        }
        stage.mass = pass.mass;
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
    std::vector<Event> events_;  // one per stage
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
                           .reduced = [&](const at::Tensor& patches) { recorder.take(patches); },
                           .place = methodOf(context).inside_layer
                                        ? EncoderHook::Place::BeforeMlp
                                        : EncoderHook::Place::AfterLayer};
    EncoderOutput output = context.vlm.encode(view, hook, false, context.stop);
    recorder.measure();
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
    pass.mass.assign(pass.patches.size(), 1.0F);
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
        const PatchGrid& grid = input.views[v].grid;
        hasher.add(method->encoderTarget(settings, grid, effectiveBudget(settings, grid, v)));
        addRules(hasher, effectiveRules(context, grid, v));
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
