#pragma once

#include "core/prune/prune_method.h"
#include "core/prune/slot_rules.h"

#include <cstdint>
#include <span>
#include <vector>

namespace prunescope {

/// PruneSID: patches are grouped by the principal direction of the features they load on most;
/// inside a group similar ones suppress each other, and groups share the budget by how many
/// survive. Output: CLS, then group by group. CLS counts as one of the k. methods.md 2.4
/// (arXiv 2603.09480); exact eigenvectors instead of a randomised decomposition.
class PruneSid final : public PruneMethod {
public:
    Selection select(const SelectView& view) const override;
};

/// Step 1: per row the direction, of the `n_groups` leading ones, with the largest loading.
/// @param rows  float32 [N, D], 1 <= n_groups <= N
std::vector<int> principalGroups(const at::Tensor& rows, int n_groups);

/// Steps 2 and 3: per group its slots, survivors first; both parts by falling score.
struct RankedGroups {
    std::vector<std::vector<std::int64_t>> slots;
    std::vector<int> survivors;  ///< K_g
    std::vector<int> pins;       ///< pinned slots, the first of the group
};

/// Pinned slots come first in their group and nobody suppresses them; banned ones are in none.
/// @param threshold  of mean pairwise cosines: theta = threshold * mean
RankedGroups suppressInGroups(const at::Tensor& rows,
                              std::span<const float> score,
                              const std::vector<int>& group_of,
                              int n_groups,
                              double threshold,
                              const SlotRules& rules = {});

/// Step 4: t_g, whose sum is T - 1.
std::vector<int> groupQuotas(const RankedGroups& groups, int budget);

}  // namespace prunescope
