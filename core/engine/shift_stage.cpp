#include "core/engine/shift_stage.h"

#include "core/base/stop.h"
#include "core/engine/stage_tools.h"
#include "core/prune/select.h"

#include <algorithm>
#include <functional>
#include <memory>
#include <optional>
#include <vector>

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

/// A null band that a trace shows: whose, and what it is drawn from.
struct BandWanted {
    std::uint64_t from = 0;  ///< names the rows drawn from
    int k = 0;
    std::function<std::shared_ptr<const ShiftReference>(RunTrace&)> rows;
};

std::uint64_t bandKey(const RunContext& context, const BandWanted& band) {
    return Hasher().add(band.from).add(band.k).add(context.request.settings.seed).value();
}

/// The rows are asked for only where the band is not in the cache.
NullBand drawn(const RunContext& context, RunTrace& trace, const BandWanted& band) {
    if (band.k < 1) {
        return {};
    }
    return *cached<NullBand>(context, trace, CachedStage::NullBand, bandKey(context, band), [&] {
        throwIfStopped(context.stop);
        // PruMerge+ may output an extra row beside all N patches; no draw is larger than N.
        const auto from = band.rows(trace);
        return from->nullBand(std::min(band.k, from->rows()), context.request.settings.seed);
    });
}

BandWanted bandAt(const RunContext& context, const FullFeatures& full, int layer, int k) {
    return {keyOf(context, full, layer), k, [&context, &full, layer](RunTrace& trace) {
                return referenceAt(context, trace, full, layer);
            }};
}

/// Of random draws of `k` from the rows that a stage inside the language model chose among.
BandWanted bandInDecoder(const PrunedPrompt& pruned, std::size_t view, int nth, int k) {
    return {Hasher().add(pruned.key).add(static_cast<int>(view)).add(nth).value(),
            k,
            [&pruned, view, nth](RunTrace&) {
                const DecoderViewOutcome& chosen = pruned.outcome->views.at(view);
                const ShiftReference& before = chosen.before.at(static_cast<std::size_t>(nth));
                return std::shared_ptr<const ShiftReference>(pruned.outcome, &before);
            }};
}

/// The bands of a view's stages in their order, then that of its result.
std::vector<BandWanted> bandsOf(const RunContext& context,
                                const FullFeatures& full,
                                const std::optional<PrunedPrompt>& pruned,
                                const ViewTrace& view,
                                std::size_t index) {
    std::vector<BandWanted> bands;
    const int n_measured = measuredRows(view);
    int nth_in_decoder = 0;
    for (const StageTrace& stage : view.stages) {
        if (stage.site.kind == Site::Kind::DecoderLayer) {
            bands.push_back(bandInDecoder(*pruned, index, nth_in_decoder++, stage.tokens_out));
            continue;
        }
        const bool at_layer = stage.site.kind == Site::Kind::EncoderLayer;
        const int n_draws = at_layer ? view.grid.count() : n_measured;
        bands.push_back(bandAt(context,
                               full,
                               at_layer ? stage.site.layer : kSelectedPlace,
                               std::min(stage.tokens_out, n_draws)));
    }
    bands.push_back(bandAt(context, full, kSelectedPlace, n_measured));
    return bands;
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
    return drawn(context, trace, bandAt(context, full, layer, k));
}

void nullBandStage(const RunContext& context,
                   const PerView<FullFeatures>& full,
                   const std::optional<PrunedPrompt>& pruned,
                   RunTrace& trace) {
    for (std::size_t v = 0; v < full.size(); ++v) {
        ViewTrace& view = trace.views[v];
        const std::vector<BandWanted> bands = bandsOf(context, *full[v], pruned, view, v);
        for (std::size_t i = 0; i < view.stages.size(); ++i) {
            view.stages[i].null_band = drawn(context, trace, bands[i]);
        }
        view.shift.null_band = drawn(context, trace, bands.back());
        dropNonFinite(view);
    }
}

bool areNullBandsKnown(const RunContext& context,
                       const PerView<FullFeatures>& full,
                       const std::optional<PrunedPrompt>& pruned,
                       const RunTrace& trace) {
    for (std::size_t v = 0; v < full.size(); ++v) {
        for (const BandWanted& band : bandsOf(context, *full[v], pruned, trace.views[v], v)) {
            if (band.k > 0 &&
                !context.cache.contains(CachedStage::NullBand, bandKey(context, band))) {
                return false;
            }
        }
    }
    return true;
}

}  // namespace prunescope
