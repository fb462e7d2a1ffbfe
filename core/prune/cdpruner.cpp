#include "core/prune/cdpruner.h"

#include "core/prune/cosine_rows.h"
#include "core/prune/row_plan.h"
#include "core/prune/select.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <utility>

namespace prunescope {

namespace {

// Gains d_i of a determinantal point process. They only fall, so an old one is an upper bound; it
// is brought up to date where it could still win.
class DppGains {
public:
    DppGains(const CosineRows& cosines, std::span<const double> relevance)
        : cosines_(cosines), relevance_(relevance), share_(relevance.size()), gain_(cosines.own()) {
        for (std::size_t i = 0; i < gain_.size(); ++i) {
            gain_[i] *= relevance[i] * relevance[i];
        }
    }

    // All that was taken so far is taken into account; share_[i][t] is c_t of token i.
    void refresh(int slot) {
        const auto i = toSize(slot);
        std::vector<double>& own = share_[i];
        while (own.size() < taken_.size()) {
            const int pick = taken_[own.size()];
            const std::vector<double>& theirs = share_[toSize(pick)];
            const double kernel =
                relevance_[i] * relevance_[toSize(pick)] * cosines_.at(slot, pick);
            const double left =
                kernel - std::inner_product(own.begin(), own.end(), theirs.begin(), 0.0);
            own.push_back(left / std::sqrt(gain_[toSize(pick)]));
            gain_[i] -= own.back() * own.back();
        }
    }

    // A token that is up to date and gains.
    void take(int slot) { taken_.push_back(slot); }

    std::span<const double> values() const { return gain_; }

private:
    const CosineRows& cosines_;
    std::span<const double> relevance_;
    std::vector<std::vector<double>> share_;
    std::vector<double> gain_;
    std::vector<int> taken_;
};

}  // namespace

std::vector<double> relevanceOf(const CosineRows& z, const at::Tensor& text, double sign) {
    std::vector<double> r(toSize(z.count()), 1.0);
    if (!text.defined() || text.size(0) == 0) {
        return r;
    }
    const std::vector<float> question = toHostVector(unitRows(text.to(at::kDouble)).mean(0));
    std::vector<double> cosine;
    for (int i = 0; i < z.count(); ++i) {
        cosine.push_back(z.along(i, question));
    }
    const auto [least, most] = std::ranges::minmax(cosine);
    const double low = sign < 0 ? -most : least;
    const double range = most - least;
    if (!(range > 1e-6 * std::max(std::fabs(least), std::fabs(most)))) {
        return r;
    }
    for (std::size_t i = 0; i < r.size(); ++i) {
        r[i] = (sign * cosine[i] - low + 1e-6) / range;
    }
    return r;
}

std::vector<int> greedyDpp(const CosineRows& z,
                           std::span<const double> relevance,
                           int k,
                           const SlotRules& rules) {
    constexpr double kNoGain = 1e-10;
    DppGains gains(z, relevance);
    const std::vector<std::int64_t> pinned = rules.pinnedSlots();
    std::vector<char> open = rules.open(relevance.size());
    std::vector<char> unpinned = open;
    std::ranges::for_each(pinned, [&](std::int64_t slot) { unpinned[toSize(slot)] = 0; });
    LazyGreedy greedy(gains.values(), std::move(unpinned));
    const auto refresh = [&](int slot) { gains.refresh(slot); };
    const auto no_slack = [](int) { return 0.0; };
    std::vector<int> picks;
    while (static_cast<int>(picks.size()) < k) {
        const std::size_t next = picks.size();
        const bool is_pinned = next < pinned.size();
        const int best =
            is_pinned ? static_cast<int>(pinned[next]) : greedy.take(refresh, no_slack, {});
        gains.refresh(best);
        const bool gains_much = gains.values()[toSize(best)] > kNoGain;
        if (!gains_much && !is_pinned) {
            break;
        }
        open[toSize(best)] = 0;
        picks.push_back(best);
        if (gains_much) {  // else it lies in the span of the pins before it: nothing changes
            gains.take(best);
        }
    }
    while (static_cast<int>(picks.size()) < k) {
        const int best = bestSlot(relevance, open, {});
        open[toSize(best)] = 0;
        picks.push_back(best);
    }
    return picks;
}

namespace {

bool hasText(const SelectView& view) {
    return view.text.defined() && view.text.size(0) > 0;
}

}  // namespace

Selection CdPruner::select(const SelectView& view) const {
    const Stopwatch watch;
    const MethodParams params(view.settings);
    const CosineRows z(view.projected());
    const double sign = params.choice("sign") == "minus" ? -1.0 : 1.0;
    const bool in_clip = hasText(view) && view.clip && params.choice("relevance") == "auto";
    std::vector<double> relevance;
    if (in_clip) {
        const ClipSpace clip = view.clip();
        relevance = relevanceOf(CosineRows(clip.patches), clip.question, sign);
    } else {
        relevance = relevanceOf(z, view.text, sign);
    }
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
    if (hasText(view)) {
        out.note = in_clip     ? "CDPruner: relevance by CLIP's text tower."
                   : view.clip ? "CDPruner: relevance in projector space, as asked for."
                               : "CDPruner: relevance in projector space; no CLIP text tower is at "
                                 "hand.";
        std::vector<float> shown = score;  // at most 1, which r passes by its 1e-6
        std::ranges::transform(shown, shown.begin(), [](float r) { return std::min(r, 1.0F); });
        out.stages.back().text_relevance = perPatch(view.grid.count(), view.patches, shown);
    }
    return out;
}

}  // namespace prunescope
