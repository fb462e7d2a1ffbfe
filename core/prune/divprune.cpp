#include "core/prune/divprune.h"

#include "core/prune/cosine_rows.h"
#include "core/prune/row_plan.h"
#include "core/prune/select.h"

#include <algorithm>

namespace prunescope {

std::vector<int> farthestRows(const at::Tensor& z, int k, const SlotRules& rules) {
    const CosineRows cosines(z);
    std::vector<char> open = rules.open(toSize(cosines.count()));
    const std::vector<std::int64_t> pinned = rules.pinnedSlots();
    std::vector<int> picks{pinned.empty() ? cosines.loneliest(open)
                                          : static_cast<int>(pinned.front())};
    std::vector<double> distance(open.size(), 2.0);  // to the nearest pick; 2 is the largest
    while (static_cast<int>(picks.size()) < k) {
        const std::vector<double> row = cosines.row(picks.back());
        open[toSize(picks.back())] = 0;
        for (std::size_t i = 0; i < distance.size(); ++i) {
            distance[i] = std::min(distance[i], cosineDistance(row[i]));
        }
        const std::size_t next = picks.size();
        picks.push_back(next < pinned.size() ? static_cast<int>(pinned[next])
                                             : bestSlot(distance, open, {}));
    }
    return picks;
}

Selection DivPrune::select(const SelectView& view) const {
    const Stopwatch watch;
    const std::vector<int> picks =
        farthestRows(view.projected(), keptCount(view), slotRules(view.rules, view.patches));
    std::vector<std::int64_t> slots(picks.begin(), picks.end());
    std::sort(slots.begin(), slots.end());
    return plainSelection(view, slots, {}, watch);
}

}  // namespace prunescope
