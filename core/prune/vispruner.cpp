#include "core/prune/vispruner.h"

#include "core/prune/cover.h"
#include "core/prune/encoder_score.h"
#include "core/prune/row_plan.h"
#include "core/prune/select.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace prunescope {

std::vector<std::int64_t> thinnedOut(std::vector<std::int64_t> list,
                                     int n_keep,
                                     const at::Tensor& tokens) {
    constexpr std::size_t kAtOnce = 8;
    const std::size_t wanted = toSize(n_keep);
    if (list.size() <= wanted) {
        return list;
    }
    const CosineMatrix cosine = selfCosines(tokens);
    while (list.size() > wanted) {
        std::vector<std::int64_t> even;
        std::vector<std::int64_t> odd;
        for (std::size_t i = 0; i < list.size(); ++i) {
            (i % 2 == 0 ? even : odd).push_back(list[i]);
        }
        std::vector<double> likeness(even.size(), -std::numeric_limits<double>::infinity());
        for (std::size_t a = 0; a < even.size(); ++a) {
            const std::span<const double> row = cosine.row(static_cast<int>(even[a]));
            for (const std::int64_t b : odd) {
                likeness[a] = std::max(likeness[a], row[toSize(b)]);
            }
        }
        const std::vector<std::int64_t> order =
            rankedSlots(likeness, static_cast<int>(even.size()));
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
