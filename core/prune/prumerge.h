#pragma once

#include "core/prune/prune_method.h"
#include "core/prune/slot_rules.h"

#include <cstdint>
#include <span>
#include <vector>

namespace prunescope {

/// The tokens that CLS attends to most in the layer after the selected one; each takes in its 32
/// most alike tokens, weighted by attention, and one more token gathers all that are not kept.
/// LLaVA-PruMerge, 2024; methods.md 3.9 and 4.4. At budget k: k - 1 of them in raster order, the
/// extra token last.
///
/// As released, weights are not normalised, and the number of tokens follows from how many
/// attentions are outliers (parameter `count`), whatever the budget. The `plus` variant adds evenly
/// spaced tokens; how it fits a budget is our reading, see keptAtBudget().
class PruMerge final : public PruneMethod {
public:
    Selection select(const SelectView& view) const override;
};

/// How many attentions lie above Q3 + 1.5 (Q3 - Q1); quartiles by linear interpolation.
int outlierCount(std::span<const float> attention);

/// 0, s, 2 s, … below n with s = max(1, floor(floor(n / n_top) / 3)).
std::vector<std::int64_t> spacedSlots(int n, int n_top);

/// The n_top slots of largest attention, and the spaced ones with `plus`. Ascending.
/// Pinned slots are among the n_top, banned ones among neither.
/// @param n_top  at least the pinned slots
std::vector<std::int64_t> keptSlots(std::span<const float> attention,
                                    int n_top,
                                    bool plus,
                                    const SlotRules& rules = {});

/// The same for a given number of slots. With `plus`: the largest n_top whose union with its spaced
/// slots fits, filled up by attention.
std::vector<std::int64_t> keptAtBudget(std::span<const float> attention,
                                       int n_keep,
                                       bool plus,
                                       const SlotRules& rules = {});

}  // namespace prunescope
