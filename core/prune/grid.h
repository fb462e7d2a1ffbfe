#pragma once

#include "core/prune/prune_method.h"

#include <cstdint>
#include <vector>

namespace prunescope {

/// Slots of an even g_r x g_c grid of samples, thinned to k. 1 <= k <= grid.count(). methods.md 1
/// and 4.4.
std::vector<std::int64_t> gridSlots(const PatchGrid& grid, int k);

/// Evenly spaced patches, blind to the picture. methods.md 1.
class GridKeep final : public PruneMethod {
public:
    Selection select(const SelectView& view) const override;
};

}  // namespace prunescope
