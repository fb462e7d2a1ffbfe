#include "core/trace/run_trace.h"

#include <algorithm>

namespace prunescope {

namespace {

bool contains(const std::vector<std::int32_t>& ascending, std::int32_t patch) {
    return std::binary_search(ascending.begin(), ascending.end(), patch);
}

}  // namespace

std::string nameOf(RowKind kind) {
    switch (kind) {
        case RowKind::Patch:
            return "patch";
        case RowKind::Merged:
            return "merged";
        case RowKind::Cls:
            return "cls";
        case RowKind::Extra:
            return "extra";
        case RowKind::Padding:
            return "padding";
    }
    return "patch";
}

std::vector<PatchFate> patchFates(const ViewTrace& view, int stage) {
    const auto n = static_cast<std::size_t>(view.grid.count());
    std::vector<PatchFate> fates(n, PatchFate::Kept);
    std::vector<bool> sent(n, false);
    const int last = std::min(stage, static_cast<int>(view.stages.size()) - 1);
    for (int s = 0; s <= last; ++s) {
        const StageTrace& now = view.stages[static_cast<std::size_t>(s)];
        for (const Transfer& transfer : now.transfers) {
            sent[static_cast<std::size_t>(transfer.from_patch)] = true;
        }
        const bool reselects = !now.chosen.empty();
        for (std::size_t patch = 0; patch < n; ++patch) {
            const bool here = now.slot_from_patch[patch] >= 0;
            const bool was_in_baseline =
                reselects && contains(now.baseline, static_cast<std::int32_t>(patch));
            if (here && reselects && !was_in_baseline) {
                fates[patch] = PatchFate::Reselected;
            } else if (here) {
                const auto slot = static_cast<std::size_t>(now.slot_from_patch[patch]);
                const bool rich = slot < now.mass.size() && now.mass[slot] > 1.0F;
                fates[patch] = rich ? PatchFate::Enriched : PatchFate::Kept;
            } else if (was_in_baseline) {
                fates[patch] = PatchFate::Evicted;
            } else {
                fates[patch] = sent[patch] ? PatchFate::Merged : PatchFate::Dropped;
            }
        }
    }
    return fates;
}

std::vector<float> patchMass(const ViewTrace& view, int stage) {
    std::vector<float> mass(static_cast<std::size_t>(view.grid.count()), 1.0F);
    const int last = std::min(stage, static_cast<int>(view.stages.size()) - 1);
    if (last < 0) {
        return mass;
    }
    const StageTrace& now = view.stages[static_cast<std::size_t>(last)];
    for (std::size_t patch = 0; patch < mass.size(); ++patch) {
        const int slot = now.slot_from_patch[patch];
        if (slot < 0) {
            mass[patch] = 0.0F;
        } else if (static_cast<std::size_t>(slot) < now.mass.size()) {
            mass[patch] = now.mass[static_cast<std::size_t>(slot)];
        }
    }
    return mass;
}

}  // namespace prunescope
