#pragma once

#include "core/trace/settings.h"

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace prunescope {

/// Pins and bans as a choice among rows sees them. Pins that do not fit are left out before
/// (patch_rules.h, fitting), so that a method can take every one.
struct SlotRules {
    std::vector<char> pinned = {};  ///< [n], or empty: none is
    std::vector<char> banned = {};  ///< [n], or empty: none is

    bool any() const { return !pinned.empty() || !banned.empty(); }

    bool isPinned(std::size_t slot) const { return !pinned.empty() && pinned[slot] != 0; }

    bool isBanned(std::size_t slot) const { return !banned.empty() && banned[slot] != 0; }

    bool isFree(std::size_t slot) const { return !isPinned(slot) && !isBanned(slot); }

    int pins() const;
    int bans() const;

    /// Slots that are pinned, ascending.
    std::vector<std::int64_t> pinnedSlots() const;

    /// [n] 1 where a slot may be chosen, as masks of `bestSlot` have it.
    std::vector<char> open(std::size_t n) const;

    /// The rules of some of the slots, in their order.
    SlotRules of(std::span<const std::int64_t> slots) const;
};

/// Rules of patches in terms of slots. Lists are empty where they name none of these patches.
SlotRules slotRules(const PatchRules& rules, std::span<const std::int32_t> patches);

/// Raises every share to what it has to hold and takes as much back from those that hold the most
/// beyond that, ties from the lower one; the sum stays. The sum of `least` is at most that of
/// `quota`.
void raiseTo(const std::vector<int>& least, std::vector<int>& quota);

}  // namespace prunescope
