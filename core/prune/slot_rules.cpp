#include "core/prune/slot_rules.h"

#include <algorithm>

namespace prunescope {

namespace {

int marked(const std::vector<char>& flags) {
    return static_cast<int>(flags.size() - static_cast<std::size_t>(std::ranges::count(flags, 0)));
}

std::vector<char> flagsOf(const std::vector<std::int32_t>& named,
                          std::span<const std::int32_t> patches) {
    std::vector<char> flags;
    if (named.empty()) {
        return flags;
    }
    for (const std::int32_t patch : patches) {
        flags.push_back(std::ranges::binary_search(named, patch) ? 1 : 0);
    }
    return marked(flags) > 0 ? flags : std::vector<char>();
}

std::vector<char> taken(const std::vector<char>& flags, std::span<const std::int64_t> slots) {
    std::vector<char> out;
    for (const std::int64_t slot : slots) {
        if (!flags.empty()) {
            out.push_back(flags[static_cast<std::size_t>(slot)]);
        }
    }
    return out;
}

}  // namespace

int SlotRules::pins() const {
    return marked(pinned);
}

int SlotRules::bans() const {
    return marked(banned);
}

std::vector<std::int64_t> SlotRules::pinnedSlots() const {
    std::vector<std::int64_t> slots;
    for (std::size_t slot = 0; slot < pinned.size(); ++slot) {
        if (pinned[slot] != 0) {
            slots.push_back(static_cast<std::int64_t>(slot));
        }
    }
    return slots;
}

std::vector<char> SlotRules::open(std::size_t n) const {
    std::vector<char> out(n, 1);
    for (std::size_t slot = 0; slot < banned.size(); ++slot) {
        out[slot] = banned[slot] != 0 ? 0 : 1;
    }
    return out;
}

SlotRules SlotRules::of(std::span<const std::int64_t> slots) const {
    return {taken(pinned, slots), taken(banned, slots)};
}

SlotRules slotRules(const PatchRules& rules, std::span<const std::int32_t> patches) {
    return {flagsOf(rules.pinned, patches), flagsOf(rules.banned, patches)};
}

void raiseTo(const std::vector<int>& least, std::vector<int>& quota) {
    int more = 0;
    for (std::size_t i = 0; i < quota.size(); ++i) {
        more += std::max(0, least[i] - quota[i]);
        quota[i] = std::max(quota[i], least[i]);
    }
    for (; more > 0; --more) {
        std::size_t most = 0;
        for (std::size_t i = 1; i < quota.size(); ++i) {
            most = quota[i] - least[i] > quota[most] - least[most] ? i : most;
        }
        --quota[most];
    }
}

}  // namespace prunescope
