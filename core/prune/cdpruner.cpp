#include "core/prune/cdpruner.h"

#include "core/prune/cosine_rows.h"
#include "core/prune/row_plan.h"
#include "core/prune/select.h"

#include <algorithm>
#include <cmath>

#include <ATen/ops/matmul.h>

namespace prunescope {

std::vector<double> relevanceOf(const at::Tensor& z, const at::Tensor& text, double sign) {
    std::vector<double> r(toSize(z.size(0)), 1.0);
    if (!text.defined() || text.size(0) == 0) {
        return r;
    }
    const at::Tensor question = unitRows(text.to(at::kDouble)).mean(0);
    const at::Tensor cosine =
        at::matmul(unitRows(z.to(at::kDouble)), question.to(z.device())).to(at::kCPU).contiguous();
    const double* data = cosine.const_data_ptr<double>();
    const auto [least, most] = std::minmax_element(data, data + r.size());
    const double low = sign < 0 ? -*most : *least;
    const double range = *most - *least;
    if (!(range > 1e-6 * std::max(std::fabs(*least), std::fabs(*most)))) {
        return r;
    }
    for (std::size_t i = 0; i < r.size(); ++i) {
        r[i] = (sign * data[i] - low + 1e-6) / range;
    }
    return r;
}

std::vector<int> greedyDpp(const at::Tensor& z,
                           std::span<const double> relevance,
                           int k,
                           const SlotRules& rules) {
    constexpr double kNoGain = 1e-10;
    const CosineRows cosines(z);
    const std::size_t n = relevance.size();
    std::vector<double> gain = cosines.own();  // d_i
    for (std::size_t i = 0; i < n; ++i) {
        gain[i] *= relevance[i] * relevance[i];
    }
    const std::vector<std::int64_t> pinned = rules.pinnedSlots();
    std::vector<char> open = rules.open(n);
    std::vector<std::vector<double>> chosen;  // c_t
    std::vector<int> picks;
    while (static_cast<int>(picks.size()) < k) {
        const std::size_t next = picks.size();
        const bool is_pinned = next < pinned.size();
        const int best = is_pinned ? static_cast<int>(pinned[next]) : bestSlot(gain, open, {});
        const bool gains = gain[toSize(best)] > kNoGain;
        if (!gains && !is_pinned) {
            break;
        }
        open[toSize(best)] = 0;
        picks.push_back(best);
        if (!gains) {
            continue;  // it lies in the span of the pins before it: nothing changes
        }
        std::vector<double> row = cosines.row(best);
        for (std::size_t i = 0; i < n; ++i) {
            row[i] *= relevance[toSize(best)] * relevance[i];
        }
        for (const std::vector<double>& c : chosen) {
            const double share = c[toSize(best)];
            for (std::size_t i = 0; i < n; ++i) {
                row[i] -= share * c[i];
            }
        }
        const double length = std::sqrt(gain[toSize(best)]);
        for (std::size_t i = 0; i < n; ++i) {
            row[i] /= length;
            gain[i] -= row[i] * row[i];
        }
        chosen.push_back(std::move(row));
    }
    while (static_cast<int>(picks.size()) < k) {
        const int best = bestSlot(relevance, open, {});
        open[toSize(best)] = 0;
        picks.push_back(best);
    }
    return picks;
}

Selection CdPruner::select(const SelectView& view) const {
    const Stopwatch watch;
    const MethodParams params(view.settings);
    const at::Tensor z = view.projected();
    std::vector<double> relevance =
        relevanceOf(z, view.text, params.choice("sign") == "minus" ? -1.0 : 1.0);
    const std::vector<float> score(relevance.begin(), relevance.end());
    if (params.choice("weight") == "exponential") {
        const double theta = params.number("theta");
        for (double& r : relevance) {
            r = std::exp(theta / (2.0 * (1.0 - theta)) * r);
        }
    }
    const std::vector<int> picks =
        greedyDpp(z, relevance, keptCount(view), slotRules(view.rules, view.patches));
    std::vector<std::int64_t> slots(picks.begin(), picks.end());
    std::sort(slots.begin(), slots.end());
    Selection out = plainSelection(view, slots, score, watch);
    if (view.text.defined() && view.text.size(0) > 0) {
        std::vector<float> shown = score;  // at most 1, which r passes by its 1e-6
        std::ranges::transform(shown, shown.begin(), [](float r) { return std::min(r, 1.0F); });
        out.stages.back().text_relevance = perPatch(view.grid.count(), view.patches, shown);
    }
    return out;
}

}  // namespace prunescope
