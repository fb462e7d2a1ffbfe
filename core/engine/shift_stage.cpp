#include "core/engine/shift_stage.h"

#include "core/base/stop.h"
#include "core/engine/stage_tools.h"
#include "core/prune/select.h"

#include <algorithm>
#include <functional>
#include <memory>

#include <c10/core/InferenceMode.h>

namespace prunescope {

namespace {

std::uint64_t keyOf(const RunContext& context, const FullFeatures& full, int layer) {
    const RunSettings& settings = context.request.settings;
    return Hasher()
        .add(full.key)
        .add(settings.metric)
        .add(static_cast<int>(settings.place))
        .add(layer)
        .value();
}

/// The null band of `k` rows drawn from `reference()`, which is asked for only where the band is
/// not in the cache. @param key  names what is drawn from
NullBand drawnFrom(const RunContext& context,
                   RunTrace& trace,
                   std::uint64_t key,
                   int k,
                   const std::function<std::shared_ptr<const ShiftReference>()>& reference) {
    if (k < 1) {
        return {};
    }
    const std::uint64_t seed = context.request.settings.seed;
    const auto band_key = Hasher().add(key).add(k).add(seed).value();
    return *cached<NullBand>(context, trace, CachedStage::NullBand, band_key, [&] {
        throwIfStopped(context.stop);
        // PruMerge+ may output an extra row beside all N patches; no draw is larger than N.
        const auto from = reference();
        return from->nullBand(std::min(k, from->rows()), seed);
    });
}

/// D of random draws of `k` from the rows that a stage inside the language model chose among.
NullBand nullBandInDecoder(const RunContext& context,
                           RunTrace& trace,
                           const PrunedPrompt& pruned,
                           std::size_t view,
                           int nth,
                           int k) {
    const auto key = Hasher().add(pruned.key).add(static_cast<int>(view)).add(nth).value();
    return drawnFrom(context, trace, key, k, [&] {
        const DecoderViewOutcome& chosen = pruned.outcome->views.at(view);
        const ShiftReference& before = chosen.before.at(static_cast<std::size_t>(nth));
        return std::shared_ptr<const ShiftReference>(pruned.outcome, &before);
    });
}

}  // namespace

int measuredRows(const ViewTrace& view) {
    return static_cast<int>(std::ranges::count_if(
        view.rows, [](const OutputRow& row) { return row.kind != RowKind::Padding; }));
}

at::Tensor rowsAt(const RunContext& context, const at::Tensor& rows, int layer) {
    if (layer != kSelectedPlace) {
        return placedRows(context.request.settings.place, rows, {});
    }
    return placedRows(context.request.settings.place, rows, [&](const at::Tensor& features) {
        return context.vlm.project(features).to(at::kFloat);
    });
}

std::shared_ptr<const ShiftReference> referenceAt(const RunContext& context,
                                                  RunTrace& trace,
                                                  const FullFeatures& full,
                                                  int layer) {
    const ShiftMetric metric = shiftMetricFrom(context.request.settings.metric);
    return cached<ShiftReference>(
        context, trace, CachedStage::Reference, keyOf(context, full, layer), [&] {
            throwIfStopped(context.stop);
            const c10::InferenceMode guard;
            const at::Tensor& rows = layer == kSelectedPlace
                                         ? full.output.features
                                         : full.after_layer.at(static_cast<std::size_t>(layer));
            return ShiftReference(metric, toHost(rowsAt(context, rows, layer)).view());
        });
}

NullBand nullBandAt(
    const RunContext& context, RunTrace& trace, const FullFeatures& full, int layer, int k) {
    return drawnFrom(context, trace, keyOf(context, full, layer), k, [&] {
        return referenceAt(context, trace, full, layer);
    });
}

void nullBandStage(const RunContext& context,
                   const PerView<FullFeatures>& full,
                   const std::optional<PrunedPrompt>& pruned,
                   RunTrace& trace) {
    for (std::size_t v = 0; v < full.size(); ++v) {
        ViewTrace& view = trace.views[v];
        const int n_measured = measuredRows(view);
        int nth_in_decoder = 0;
        for (StageTrace& stage : view.stages) {
            if (stage.site.kind == Site::Kind::DecoderLayer) {
                stage.null_band = nullBandInDecoder(
                    context, trace, *pruned, v, nth_in_decoder++, stage.tokens_out);
                continue;
            }
            const bool at_layer = stage.site.kind == Site::Kind::EncoderLayer;
            const int n_draws = at_layer ? view.grid.count() : n_measured;
            stage.null_band = nullBandAt(context,
                                         trace,
                                         *full[v],
                                         at_layer ? stage.site.layer : kSelectedPlace,
                                         std::min(stage.tokens_out, n_draws));
        }
        view.shift.null_band = nullBandAt(context, trace, *full[v], kSelectedPlace, n_measured);
        dropNonFinite(view);
    }
}

}  // namespace prunescope
