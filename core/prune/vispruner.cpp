#include "core/prune/vispruner.h"

#include "core/prune/cosine_rows.h"
#include "core/prune/encoder_score.h"
#include "core/prune/row_plan.h"
#include "core/prune/select.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <functional>
#include <limits>
#include <numeric>

namespace prunescope {

namespace {

// How like every token of one half is to the nearest of the other half. A matrix product in float32
// tells most of them apart; those it cannot are compared in double.
class Likeness {
public:
    explicit Likeness(const at::Tensor& tokens)
        : exact_(tokens), rough_(toHost(exact_.allRoughly())) {}

    std::vector<double> ofEach(const std::vector<std::int64_t>& half,
                               const std::vector<std::int64_t>& other) const {
        std::vector<float> rough;
        for (const std::int64_t a : half) {
            rough.push_back(nearest(a, other));
        }
        std::vector<double> out(rough.begin(), rough.end());
        const std::vector<std::int64_t> order = byValue(rough);
        for (std::size_t i = 1; i < order.size(); ++i) {
            const auto upper = toSize(order[i - 1]);
            const auto lower = toSize(order[i]);
            if (rough[upper] - rough[lower] < kMargin * (1.0F + std::fabs(rough[upper]))) {
                out[upper] = nearestExactly(half[upper], other, rough[upper]);
                out[lower] = nearestExactly(half[lower], other, rough[lower]);
            }
        }
        return out;
    }

private:
    // Rough cosines are off by less than half of this; ties reach as far again, times their value.
    static constexpr float kMargin = 1e-6F;

    static std::vector<std::int64_t> byValue(std::span<const float> value) {
        std::vector<std::int64_t> order(value.size());
        std::iota(order.begin(), order.end(), 0);
        std::ranges::sort(order, std::greater<>(), [&](std::int64_t i) {
            return std::isnan(value[toSize(i)]) ? -std::numeric_limits<float>::infinity()
                                                : value[toSize(i)];
        });
        return order;
    }

    float nearest(std::int64_t a, const std::vector<std::int64_t>& other) const {
        const std::span<const float> row = rough_.row(static_cast<int>(a));
        // Side by side: one maximum after the other would wait for itself.
        std::array<float, 4> most;
        most.fill(-std::numeric_limits<float>::infinity());
        std::size_t i = 0;
        for (; i + most.size() <= other.size(); i += most.size()) {
            for (std::size_t lane = 0; lane < most.size(); ++lane) {
                const float value = row[toSize(other[i + lane])];
                most[lane] = value > most[lane] ? value : most[lane];
            }
        }
        for (; i < other.size(); ++i) {
            const float value = row[toSize(other[i])];
            most[0] = value > most[0] ? value : most[0];
        }
        return std::ranges::max(most);
    }

    double nearestExactly(std::int64_t a,
                          const std::vector<std::int64_t>& other,
                          float roughly) const {
        const std::span<const float> row = rough_.row(static_cast<int>(a));
        double out = -std::numeric_limits<double>::infinity();
        for (const std::int64_t b : other) {
            if (row[toSize(b)] >= roughly - 2.0F * kMargin) {
                out = std::max(out, exact_.at(static_cast<int>(a), static_cast<int>(b)));
            }
        }
        return out;
    }

    CosineRows exact_;
    HostMatrix rough_;
};

}  // namespace

std::vector<std::int64_t> thinnedOut(std::vector<std::int64_t> list,
                                     int n_keep,
                                     const at::Tensor& tokens) {
    constexpr std::size_t kAtOnce = 8;
    const std::size_t wanted = toSize(n_keep);
    if (list.size() <= wanted) {
        return list;
    }
    const Likeness likeness(tokens);
    while (list.size() > wanted) {
        std::vector<std::int64_t> even;
        std::vector<std::int64_t> odd;
        for (std::size_t i = 0; i < list.size(); ++i) {
            (i % 2 == 0 ? even : odd).push_back(list[i]);
        }
        const std::vector<std::int64_t> order =
            rankedSlots(likeness.ofEach(even, odd), static_cast<int>(even.size()));
        const std::size_t gone = std::min({kAtOnce, list.size() - wanted, even.size()});
        list.clear();
        for (std::size_t i = gone; i < order.size(); ++i) {
            list.push_back(even[toSize(order[i])]);
        }
        list.insert(list.end(), odd.begin(), odd.end());
    }
    return list;
}

Selection VisPruner::select(const SelectView& view) const {
    const Stopwatch watch;
    const MethodParams params(view.settings);
    const int k = keptCount(view);
    const SlotRules rules = slotRules(view.rules, view.patches);
    const int n_important =
        std::max(rules.pins(), static_cast<int>(std::floor(k * params.number("important_ratio"))));
    const std::vector<float> score = toHostVector(clsScore(view.cls_attention));

    const std::vector<std::int64_t> order =
        rankedSlots(score, static_cast<int>(score.size()), rules);
    std::vector<std::int64_t> slots(order.begin(), order.begin() + n_important);
    const std::vector<std::int64_t> diverse =
        thinnedOut({order.begin() + n_important, order.end()}, k - n_important, view.tokens);
    slots.insert(slots.end(), diverse.begin(), diverse.end());
    std::sort(slots.begin(), slots.end());
    return plainSelection(view, slots, score, watch);
}

}  // namespace prunescope
