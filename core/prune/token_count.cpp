#include "core/prune/token_count.h"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace prunescope {

namespace {

double mean(const std::vector<int>& values) {
    return static_cast<double>(std::accumulate(values.begin(), values.end(), 0LL)) /
           static_cast<double>(values.size());
}

double meanAt(const MethodSpec& method,
              const RunSettings& settings,
              DecoderShape shape,
              int budget,
              CountBasis basis) {
    shape.budget = budget;
    const VisualCounts counts = visualCounts(method, settings, shape);
    return basis == CountBasis::LayerInputs ? counts.layer_mean_in : counts.layer_mean_out;
}

}  // namespace

std::vector<int> layerInputs(const DecoderPlan& plan, const DecoderShape& shape) {
    std::vector<int> counts;
    int now = shape.visual;
    auto next = plan.stops.begin();
    for (int layer = 0; layer < shape.layers; ++layer) {
        if (next != plan.stops.end() && next->layer == layer) {
            now = next->count();
            ++next;
        }
        counts.push_back(now);
    }
    return counts;
}

VisualCounts visualCounts(const DecoderPlan& plan, const DecoderShape& shape) {
    std::vector<int> counts = layerInputs(plan, shape);
    if (counts.empty()) {
        counts.push_back(shape.visual);
    }
    VisualCounts out;
    out.final = counts.back();
    out.layer_mean_in = mean(counts);
    // What leaves a layer is what enters the next; nothing is pruned after the last.
    counts.erase(counts.begin());
    counts.push_back(out.final);
    out.layer_mean_out = mean(counts);
    return out;
}

VisualCounts visualCounts(const MethodSpec& method,
                          const RunSettings& settings,
                          const DecoderShape& shape) {
    if (method.in_decoder) {
        return visualCounts(method.decoder_plan(settings, shape), shape);
    }
    const int n = method.uses_budget ? std::min(shape.budget, shape.visual) : shape.visual;
    return {n, static_cast<double>(n), static_cast<double>(n)};
}

std::optional<int> equalBudget(const MethodSpec& method,
                               const RunSettings& settings,
                               const DecoderShape& shape,
                               double k_eq,
                               CountBasis basis) {
    if (!method.in_decoder) {
        const int k = std::min(static_cast<int>(std::floor(k_eq + 0.5)), shape.visual);
        return k >= 1 ? std::optional(k) : std::nullopt;
    }
    std::optional<int> best;
    double best_distance = 0;
    for (int k = 1; k <= shape.visual; ++k) {
        const double distance = std::abs(meanAt(method, settings, shape, k, basis) - k_eq);
        if (!best || distance < best_distance - 1e-9) {
            best = k;
            best_distance = distance;
        }
    }
    // One token that is still far above means that no budget reaches it: within half a step of the
    // smallest means counts as reached, as everywhere else.
    const double smallest = meanAt(method, settings, shape, 1, basis);
    const double step =
        meanAt(method, settings, shape, std::min(2, shape.visual), basis) - smallest;
    return smallest - k_eq > std::max(step, 1e-9) / 2 ? std::nullopt : best;
}

}  // namespace prunescope
