#pragma once

#include "core/prune/prune_method.h"

#include <cstdint>
#include <span>
#include <vector>

namespace prunescope {

/// VisionZip: CLS and the patches it attends to most stay as they are; the rest is merged into a
/// few contextual tokens by the similarity of keys. Output: CLS, dominant in raster order,
/// contextual. CLS counts as one of the k. methods.md 2.1 (arXiv 2412.04467).
class VisionZip final : public PruneMethod {
public:
    Selection select(const SelectView& view) const override;
};

/// k = dominant (CLS among them) + contextual; at least CLS.
struct VisionZipSplit {
    int dominant = 0;
    int contextual = 0;
};

/// @param contextual  asked for; 0: round(10 k / 64), the ratio of the published settings
VisionZipSplit visionZipSplit(int k, int contextual);

/// Steps 3 and 4 on the rows that are left, numbered 0..R-1.
struct ContextGroups {
    std::vector<int> target;  ///< per group: its target row, ascending
    std::vector<int> group;   ///< per row: the group it joins; a target joins its own
};

/// @param keys    float32 [R, dh] head-mean keys of the rows left. 1 <= n_groups <= R
/// @param banned  [R] rows that are no target; empty: none. n_groups others are left
ContextGroups contextGroups(const at::Tensor& keys,
                            int n_groups,
                            std::span<const char> banned = {});

}  // namespace prunescope
