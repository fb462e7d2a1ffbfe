#include "core/prune/tome.h"

#include "core/prune/cover.h"
#include "core/prune/row_plan.h"
#include "core/prune/select.h"

#include <algorithm>
#include <limits>
#include <numeric>
#include <utility>

#include <ATen/ops/zeros.h>

namespace prunescope {

namespace {

void sortByPatch(std::vector<std::int64_t>& slots, std::span<const std::int32_t> patches) {
    std::ranges::sort(slots, {}, [&](std::int64_t slot) { return patches[toSize(slot)]; });
}

// Every token of the first set beside the one of the second that is most like it.
struct Pairs {
    std::vector<std::int64_t> first;    // slots, by patch
    std::vector<std::int64_t> partner;  // slots of the second set
    std::vector<float> likeness;
};

// Ties go to the lower patch. Writes down what every token is like at best.
Pairs pairsOf(const at::Tensor& rows,
              std::vector<std::int64_t> first,
              std::vector<std::int64_t> second,
              std::span<const std::int32_t> patches,
              std::vector<float>& likeness) {
    sortByPatch(first, patches);
    sortByPatch(second, patches);
    const CosineMatrix cosine = cosineMatrix(gatherRows(rows, first), gatherRows(rows, second));
    std::vector<float> best(second.size(), -std::numeric_limits<float>::infinity());
    Pairs out;
    for (std::size_t a = 0; a < first.size(); ++a) {
        const std::span<const float> row = cosine.row(static_cast<int>(a));
        for (std::size_t b = 0; b < row.size(); ++b) {
            best[b] = row[b] > best[b] ? row[b] : best[b];
        }
        const std::size_t nearest = toSize(bestSlot(row, {}, {}));
        out.partner.push_back(second[nearest]);
        out.likeness.push_back(row[nearest]);
        likeness[toSize(first[a])] = row[nearest];
    }
    for (std::size_t b = 0; b < second.size(); ++b) {
        likeness[toSize(second[b])] = best[b];
    }
    out.first = std::move(first);
    return out;
}

// The two sets of a layer. CLS is before the first slot and in the first set, never merged.
struct Sides {
    std::vector<std::int64_t> first;
    std::vector<std::int64_t> second;
};

Sides sidesOf(std::size_t n, int n_gone, const SlotRules& rules) {
    std::vector<char> is_first(n);
    std::size_t n_first = 0;
    for (std::size_t slot = 0; slot < n; ++slot) {
        is_first[slot] = rules.isBanned(slot) || (slot % 2 == 1 && !rules.isPinned(slot)) ? 1 : 0;
        n_first += is_first[slot] != 0 ? 1 : 0;
    }
    // Rules may leave too few to merge, or nothing to merge into.
    for (std::size_t slot = 0; slot < n; ++slot) {
        if (is_first[slot] == 0 && rules.isFree(slot) && n_first < toSize(n_gone)) {
            is_first[slot] = 1;
            ++n_first;
        } else if (is_first[slot] != 0 && !rules.isBanned(slot) && n_first == n) {
            is_first[slot] = 0;
            --n_first;
        }
    }
    Sides sides;
    for (std::size_t slot = 0; slot < n; ++slot) {
        (is_first[slot] != 0 ? sides.first : sides.second)
            .push_back(static_cast<std::int64_t>(slot));
    }
    return sides;
}

// Which member's patch a group stands for: the pinned one, else the lowest that is not banned.
std::int64_t speakerOf(const LayerView& view,
                       const std::vector<std::int64_t>& members,
                       const SlotRules& rules) {
    const auto rank = [&](std::int64_t slot) {
        const int last = rules.isPinned(toSize(slot)) ? 0 : rules.isBanned(toSize(slot)) ? 2 : 1;
        return std::pair(last, view.patches[toSize(slot)]);
    };
    return *std::ranges::min_element(
        members, [&](std::int64_t a, std::int64_t b) { return rank(a) < rank(b); });
}

// The mix, masses and transfers of a merge.
Reduction reductionOf(const LayerView& view, const Merge& merge, const SlotRules& rules) {
    const std::vector<float>& mass = view.mass;
    const std::size_t n = mass.size();
    const std::size_t n_out = merge.groups.size();
    const at::Tensor mix =
        at::zeros({static_cast<std::int64_t>(n_out), static_cast<std::int64_t>(n)},
                  at::TensorOptions().dtype(at::kFloat));
    float* weights = mix.mutable_data_ptr<float>();
    Reduction out;
    out.name = "merge";
    out.mass.assign(n_out, 0.0F);
    for (std::size_t g = 0; g < n_out; ++g) {
        const std::vector<std::int64_t>& members = merge.groups[g];
        const std::int64_t speaker = speakerOf(view, members, rules);
        for (const std::int64_t slot : members) {
            out.mass[g] += mass[toSize(slot)];
        }
        for (const std::int64_t slot : members) {
            weights[g * n + toSize(slot)] = mass[toSize(slot)] / out.mass[g];
            if (slot != speaker) {
                out.transfers.push_back(
                    {view.patches[toSize(slot)], view.patches[toSize(speaker)], 1.0F});
            }
        }
        out.keep.push_back(speaker);
    }
    out.mix = mix;
    out.deciding_score = merge.likeness;
    return out;
}

}  // namespace

int mergedCount(int n_patches, int k, int n, int layer, int last_layer) {
    const std::int64_t layers = last_layer + 1;
    const std::int64_t gone =
        (2 * std::int64_t{layer + 1} * (n_patches - k) + layers) / (2 * layers);  // rounded half up
    // What k becomes when every later layer halves; beyond 2^20 it is more than any n.
    const std::int64_t reach = std::int64_t{k} << std::min(20, last_layer - layer);
    const std::int64_t wanted = std::min(n_patches - gone, reach);
    return std::min(n, static_cast<int>(std::max<std::int64_t>((n + 1) / 2, wanted)));
}

Merge mergeAlike(const at::Tensor& keys,
                 std::span<const std::int32_t> patches,
                 int n_gone,
                 const SlotRules& rules) {
    const auto [first, second] = sidesOf(patches.size(), n_gone, rules);
    Merge out;
    out.likeness.assign(patches.size(), -std::numeric_limits<float>::infinity());
    Pairs pairs;
    if (!first.empty()) {
        pairs = pairsOf(keys.slice(0, 1), first, second, patches, out.likeness);
    }
    SlotRules urgent;  // banned ones go first
    for (const std::int64_t slot : pairs.first) {
        urgent.pinned.push_back(rules.isBanned(toSize(slot)) ? 1 : 0);
    }
    std::vector<std::int64_t> partner(patches.size(), -1);  // of those that merge
    for (const std::int64_t i : rankedSlots(pairs.likeness, n_gone, urgent)) {
        partner[toSize(pairs.first[toSize(i)])] = pairs.partner[toSize(i)];
    }
    for (const std::int64_t slot : first) {
        if (partner[toSize(slot)] < 0) {
            out.groups.push_back({slot});
        }
    }
    std::vector<std::size_t> group_of(patches.size());  // of the second set
    for (const std::int64_t slot : second) {
        group_of[toSize(slot)] = out.groups.size();
        out.groups.push_back({slot});
    }
    for (const std::int64_t slot : first) {
        if (partner[toSize(slot)] >= 0) {
            out.groups[group_of[toSize(partner[toSize(slot)])]].push_back(slot);
        }
    }
    return out;
}

LayerOutcome ToMe::afterLayer(const LayerView& view) const {
    const int n = static_cast<int>(view.patches.size());
    const int n_next = mergedCount(view.grid.count(), view.budget, n, view.layer, view.last_layer);
    LayerOutcome out;
    if (n_next < n) {
        const SlotRules rules = slotRules(view.rules, view.patches);
        const Merge merge = mergeAlike(view.keys.mean(0), view.patches, n - n_next, rules);
        out.reduction = reductionOf(view, merge, rules);
        out.reduction->proportional_attention = MethodParams(view.settings).isOn("proportional");
    }
    return out;
}

Selection ToMe::select(const SelectView& view) const {
    const Stopwatch watch;
    std::vector<std::int64_t> slots(view.patches.size());
    std::iota(slots.begin(), slots.end(), 0);
    // Layers that halve at most may not have merged every banned one.
    const SlotRules rules = slotRules(view.rules, view.patches);
    std::erase_if(slots, [&](std::int64_t slot) { return rules.isBanned(toSize(slot)); });
    return plainSelection(view, slots, {}, watch);
}

}  // namespace prunescope
