#include "core/engine/shift_stage.h"

#include "core/base/stop.h"
#include "core/engine/parallel.h"
#include "core/engine/stage_tools.h"
#include "core/prune/select.h"

#include <algorithm>
#include <optional>

#include <c10/core/InferenceMode.h>

namespace prunescope {

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

std::uint64_t referenceKey(const RunContext& context, const FullFeatures& full, int layer) {
    const RunSettings& settings = context.request.settings;
    return Hasher()
        .add(full.key)
        .add(settings.metric)
        .add(static_cast<int>(settings.place))
        .add(layer)
        .value();
}

std::vector<std::shared_ptr<const ShiftReference>> referencesAt(const RunContext& context,
                                                                RunTrace& trace,
                                                                const FullFeatures& full,
                                                                std::span<const int> layers) {
    const c10::InferenceMode guard;
    const ShiftMetric metric = shiftMetricFrom(context.request.settings.metric);
    std::vector<HostMatrix> rows(layers.size());
    for (std::size_t i = 0; i < layers.size(); ++i) {
        const std::uint64_t key = referenceKey(context, full, layers[i]);
        if (!context.cache.contains(CachedStage::Reference, key)) {
            throwIfStopped(context.stop);
            const at::Tensor& at_layer =
                layers[i] == kSelectedPlace
                    ? full.output.features
                    : full.after_layer.at(static_cast<std::size_t>(layers[i]));
            rows[i] = toHost(rowsAt(context, at_layer, layers[i]));
        }
    }
    std::vector<std::optional<ShiftReference>> made(layers.size());
    forRanges(static_cast<int>(layers.size()), [&](int begin, int end) {
        for (auto i = static_cast<std::size_t>(begin); i < static_cast<std::size_t>(end); ++i) {
            if (rows[i].rows > 0) {
                made[i].emplace(metric, rows[i].view());
            }
        }
    });
    std::vector<std::shared_ptr<const ShiftReference>> out;
    for (std::size_t i = 0; i < layers.size(); ++i) {
        out.push_back(cached<ShiftReference>(
            context, trace, CachedStage::Reference, referenceKey(context, full, layers[i]), [&] {
                return made[i].value();
            }));
    }
    return out;
}

std::shared_ptr<const ShiftReference> referenceAt(const RunContext& context,
                                                  RunTrace& trace,
                                                  const FullFeatures& full,
                                                  int layer) {
    return referencesAt(context, trace, full, std::span(&layer, 1)).front();
}

}  // namespace prunescope
