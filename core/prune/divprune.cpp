#include "core/prune/divprune.h"

#include "core/prune/cosine_rows.h"
#include "core/prune/row_plan.h"
#include "core/prune/select.h"

#include <algorithm>

namespace prunescope {

std::vector<int> farthestRows(const at::Tensor& z, int k) {
    const CosineRows cosines(z);
    std::vector<int> picks{cosines.loneliest()};
    std::vector<char> open(toSize(cosines.count()), 1);
    std::vector<double> distance(open.size(), 2.0);  // to the nearest pick; 2 is the largest
    while (static_cast<int>(picks.size()) < k) {
        const std::vector<double> row = cosines.row(picks.back());
        open[toSize(picks.back())] = 0;
        for (std::size_t i = 0; i < distance.size(); ++i) {
            distance[i] = std::min(distance[i], cosineDistance(row[i]));
        }
        picks.push_back(bestSlot(distance, open, {}));
    }
    return picks;
}

Selection DivPrune::select(const SelectView& view) const {
    const Stopwatch watch;
    const std::vector<int> picks = farthestRows(view.projected(), keptCount(view));
    std::vector<std::int64_t> slots(picks.begin(), picks.end());
    std::sort(slots.begin(), slots.end());
    return plainSelection(view, slots, {}, watch);
}

}  // namespace prunescope
