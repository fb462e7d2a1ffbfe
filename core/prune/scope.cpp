#include "core/prune/scope.h"

#include "core/prune/cover.h"
#include "core/prune/encoder_score.h"
#include "core/prune/row_plan.h"

#include <algorithm>
#include <cmath>

namespace prunescope {

Selection Scope::select(const SelectView& view) const {
    const Stopwatch watch;
    const MethodParams params(view.settings);
    const double alpha = params.number("alpha");
    // The sum over heads, which matters where it is added to the gain (methods.md 4.4).
    const auto heads = static_cast<float>(view.cls_attention.size(0));
    std::vector<float> attention = toHostVector(clsScore(view.cls_attention));
    std::vector<double> weight;
    for (float& a : attention) {
        a *= heads;
        weight.push_back(std::pow(static_cast<double>(a), alpha));
    }
    const std::vector<float> mass(view.patches.size(), 1.0F);  // every patch is covered once
    const CosineMatrix similarity = selfCosines(view.tokens);
    const SlotRules rules = slotRules(view.rules, view.patches);
    const CoverInput in{similarity, mass, {}, &rules};
    const Saliency saliency =
        params.isOn("additive") ? Saliency{.bonus = weight} : Saliency{.factor = weight};
    const std::vector<int> picks = facilityLocation(in, keptCount(view), saliency);
    std::vector<std::int64_t> slots(picks.begin(), picks.end());
    std::sort(slots.begin(), slots.end());
    return plainSelection(view, slots, attention, watch);
}

}  // namespace prunescope
