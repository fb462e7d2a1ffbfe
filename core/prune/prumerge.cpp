#include "core/prune/prumerge.h"

#include "core/base/error.h"
#include "core/prune/cover.h"
#include "core/prune/row_plan.h"
#include "core/prune/select.h"

#include <algorithm>
#include <cmath>

namespace prunescope {

namespace {

constexpr int kNeighbours = 32;

// At fraction q of an ascending list, between neighbours in proportion.
double quantile(std::span<const float> sorted, double q) {
    const double at = q * static_cast<double>(sorted.size() - 1);
    const auto low = static_cast<std::size_t>(std::floor(at));
    const std::size_t high = std::min(low + 1, sorted.size() - 1);
    const double share = at - static_cast<double>(low);
    return (1.0 - share) * static_cast<double>(sorted[low]) +
           share * static_cast<double>(sorted[high]);
}

// Slots of the rows most like one of them, without itself.
std::vector<std::int64_t> neighboursOf(std::span<const float> cosine, std::int64_t self) {
    std::vector<float> others(cosine.begin(), cosine.end());
    others.erase(others.begin() + self);
    std::vector<std::int64_t> near =
        rankedSlots(others, std::min(kNeighbours, static_cast<int>(others.size())));
    for (std::int64_t& slot : near) {
        slot += slot >= self ? 1 : 0;
    }
    return near;
}

}  // namespace

int outlierCount(std::span<const float> attention) {
    std::vector<float> sorted(attention.begin(), attention.end());
    std::sort(sorted.begin(), sorted.end());
    const double low = quantile(sorted, 0.25);
    const double high = quantile(sorted, 0.75);
    const double limit = high + 1.5 * (high - low);
    return static_cast<int>(std::count_if(
        sorted.begin(), sorted.end(), [&](float a) { return static_cast<double>(a) > limit; }));
}

std::vector<std::int64_t> spacedSlots(int n, int n_top) {
    const int stride = std::max(1, n / n_top / 3);
    std::vector<std::int64_t> out;
    for (int slot = 0; slot < n; slot += stride) {
        out.push_back(slot);
    }
    return out;
}

std::vector<std::int64_t> keptSlots(std::span<const float> attention,
                                    int n_top,
                                    bool plus,
                                    const SlotRules& rules) {
    std::vector<std::int64_t> out = topSlots(attention, n_top, rules);
    if (plus && n_top > 0) {
        std::vector<std::int64_t> spaced = spacedSlots(static_cast<int>(attention.size()), n_top);
        std::erase_if(spaced, [&](std::int64_t slot) { return rules.isBanned(toSize(slot)); });
        out.insert(out.end(), spaced.begin(), spaced.end());
        std::sort(out.begin(), out.end());
        out.erase(std::unique(out.begin(), out.end()), out.end());
    }
    return out;
}

std::vector<std::int64_t> keptAtBudget(std::span<const float> attention,
                                       int n_keep,
                                       bool plus,
                                       const SlotRules& rules) {
    if (!plus) {
        return topSlots(attention, n_keep, rules);
    }
    std::vector<std::int64_t> out;
    for (int n_top = n_keep; n_top >= std::max(1, rules.pins()); --n_top) {
        out = keptSlots(attention, n_top, true, rules);
        if (static_cast<int>(out.size()) <= n_keep) {
            break;
        }
        out.clear();
    }
    for (const std::int64_t slot :
         rankedSlots(attention, static_cast<int>(attention.size()), rules)) {
        if (static_cast<int>(out.size()) == n_keep) {
            break;
        }
        if (std::find(out.begin(), out.end(), slot) == out.end()) {
            out.push_back(slot);
        }
    }
    std::sort(out.begin(), out.end());
    return out;
}

Selection PruMerge::select(const SelectView& view) const {
    const Stopwatch watch;
    const MethodParams params(view.settings);
    require(static_cast<bool>(view.wide_taps), "prumerge needs the layer after the selected one");
    const WideTaps taps = view.wide_taps();
    const std::vector<float> attention = toHostVector(taps.cls_attention.slice(0, 1));
    const int n = static_cast<int>(attention.size());
    const bool plus = params.isOn("plus");
    const SlotRules rules = slotRules(view.rules, view.patches);
    const std::vector<std::int64_t> kept =
        params.choice("count") == "outliers"
            ? keptSlots(
                  attention, std::max({1, rules.pins(), outlierCount(attention)}), plus, rules)
            : keptAtBudget(attention, keptCount(view) - 1, plus, rules);

    const at::Tensor keys = taps.keys.slice(0, 1);
    RowPlan plan;
    plan.score = attention;
    std::vector<float> mix((kept.size() + 1) * toSize(n), 0.0F);
    const std::span<float> extra = std::span(mix).last(toSize(n));
    std::copy(attention.begin(), attention.end(), extra.begin());
    if (!kept.empty()) {
        const CosineMatrix cosine = cosineMatrix(gatherRows(keys, kept), keys);
        for (std::size_t i = 0; i < kept.size(); ++i) {
            const std::span<float> row = std::span(mix).subspan(i * toSize(n), toSize(n));
            row[toSize(kept[i])] = 1.0F;
            for (const std::int64_t slot : neighboursOf(cosine.row(static_cast<int>(i)), kept[i])) {
                row[toSize(slot)] = attention[toSize(slot)];
            }
            extra[toSize(kept[i])] = 0.0F;
            plan.rows.push_back({RowKind::Merged, kept[i]});
        }
    }
    plan.rows.push_back({RowKind::Extra, -1});
    plan.mix = toDevice(mix, static_cast<int>(kept.size()) + 1, n, view.tokens);
    return planned(view, plan, watch);
}

}  // namespace prunescope
