#include "core/prune/divprune.h"

#include "core/prune/cosine_rows.h"
#include "core/prune/row_plan.h"
#include "core/prune/select.h"

#include <algorithm>
#include <limits>

namespace prunescope {

namespace {

// Distances to the nearest pick: roughly for all tokens, exactly for those who could be farthest.
class Farthest {
public:
    Farthest(const at::Tensor& z, const SlotRules& rules)
        : cosines_(z),
          rough_(toHost(cosines_.allRoughly())),
          rough_distance_(toSize(rough_.rows), 2.0F),  // the largest there is
          exact_distance_(rough_distance_.size(), 2.0),
          seen_(rough_distance_.size(), 0),
          open_(rules.open(rough_distance_.size())) {}

    // Whose nearest other token is farthest.
    int loneliest() const {
        const std::size_t n = open_.size();
        std::vector<float> nearest(n, -1.0F);  // cosine
        std::vector<float> distance(n);
        for (std::size_t i = 0; i < n; ++i) {
            const std::span<const float> row = rough_.row(static_cast<int>(i));
            for (std::size_t j = 0; j < n; ++j) {
                nearest[i] = i != j && row[j] > nearest[i] ? row[j] : nearest[i];
            }
            distance[i] = 1.0F - nearest[i];
        }
        const std::vector<char> close = contenders(distance);
        std::vector<double> exact(n, 2.0);
        for (std::size_t i = 0; i < n; ++i) {
            const std::span<const float> row = rough_.row(static_cast<int>(i));
            for (std::size_t j = 0; close[i] != 0 && j < n; ++j) {
                if (i != j && double{row[j]} >= double{nearest[i]} - kMargin) {
                    exact[i] = std::min(exact[i], distanceTo(i, static_cast<int>(j)));
                }
            }
        }
        return bestSlot(exact, close, {});
    }

    void pick(int slot) {
        open_[toSize(slot)] = 0;
        picks_.push_back(slot);
        const std::span<const float> row = rough_.row(slot);
        for (std::size_t i = 0; i < row.size(); ++i) {
            rough_distance_[i] = std::min(rough_distance_[i], 1.0F - row[i]);
        }
    }

    int next() {
        const std::vector<char> close = contenders(rough_distance_);
        if (std::ranges::count(close, 1) > 1) {
            for (std::size_t i = 0; i < close.size(); ++i) {
                while (close[i] != 0 && seen_[i] < picks_.size()) {
                    exact_distance_[i] =
                        std::min(exact_distance_[i], distanceTo(i, picks_[seen_[i]++]));
                }
            }
        }
        return bestSlot(exact_distance_, close, {});
    }

    const std::vector<int>& picks() const { return picks_; }

private:
    // Rough cosines are off by some 1e-6: who is further than this from the best is not its tie.
    static constexpr double kMargin = 1e-5;

    std::vector<char> contenders(std::span<const float> distance) const {
        double best = -std::numeric_limits<double>::infinity();
        for (std::size_t i = 0; i < distance.size(); ++i) {
            best = open_[i] != 0 ? std::max(best, double{distance[i]}) : best;
        }
        std::vector<char> out(distance.size(), 0);
        for (std::size_t i = 0; i < distance.size(); ++i) {
            out[i] = open_[i] != 0 && !(double{distance[i]} < best - kMargin) ? 1 : 0;
        }
        return out;
    }

    double distanceTo(std::size_t i, int other) const {
        return cosineDistance(cosines_.at(static_cast<int>(i), other));
    }

    CosineRows cosines_;
    HostMatrix rough_;                    // cosines
    std::vector<float> rough_distance_;   // to all picks
    std::vector<double> exact_distance_;  // to the picks seen
    std::vector<std::size_t> seen_;
    std::vector<char> open_;
    std::vector<int> picks_;
};

}  // namespace

std::vector<int> farthestRows(const at::Tensor& z, int k, const SlotRules& rules) {
    Farthest farthest(z, rules);
    for (const std::int64_t slot : rules.pinnedSlots()) {
        farthest.pick(static_cast<int>(slot));
    }
    if (farthest.picks().empty()) {
        farthest.pick(farthest.loneliest());
    }
    while (static_cast<int>(farthest.picks().size()) < k) {
        farthest.pick(farthest.next());
    }
    return farthest.picks();
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
