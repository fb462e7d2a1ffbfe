#include "core/prune/random.h"

#include "core/base/random.h"
#include "core/prune/row_plan.h"

#include <algorithm>

namespace prunescope {

Selection RandomKeep::select(const SelectView& view) const {
    const Stopwatch watch;
    const SlotRules rules = slotRules(view.rules, view.patches);
    std::vector<std::int64_t> slots = rules.pinnedSlots();
    std::vector<std::int64_t> pool;
    for (std::size_t slot = 0; slot < view.patches.size(); ++slot) {
        if (rules.isFree(slot)) {
            pool.push_back(static_cast<std::int64_t>(slot));
        }
    }
    const std::vector<std::int32_t> drawn =
        drawWithoutReplacement(static_cast<std::int32_t>(pool.size()),
                               keptCount(view) - static_cast<std::int32_t>(slots.size()),
                               view.settings.seed);
    for (const std::int32_t place : drawn) {
        slots.push_back(pool[toSize(place)]);
    }
    std::sort(slots.begin(), slots.end());
    return plainSelection(view, slots, {}, watch);
}

}  // namespace prunescope
