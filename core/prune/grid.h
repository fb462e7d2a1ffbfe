#pragma once

#include "core/prune/prune_method.h"

#include <cstdint>
#include <vector>

namespace prunescope {

/// Rows and columns of samples.
struct SampleShape {
    int rows = 1;
    int cols = 1;
};

/// Among g_r <= g_c <= 2 g_r that fit the grid and hold k the one with the least surplus, then the
/// largest g_r (methods.md 4.4). A narrow grid may allow none; then any shape that fits.
/// 1 <= k <= grid.count().
SampleShape sampleShape(const PatchGrid& grid, int k);

/// The patch in the middle of cell `cell` (raster order) of that shape.
std::int64_t sampleSlot(const PatchGrid& grid, const SampleShape& shape, int cell);

/// The k of the shape's cells that stay, at even strides over the list.
std::vector<int> thinnedCells(const SampleShape& shape, int k);

/// Slots of an even g_r x g_c grid of samples, thinned to k. 1 <= k <= grid.count(). methods.md 1
/// and 4.4.
std::vector<std::int64_t> gridSlots(const PatchGrid& grid, int k);

/// The open slot nearest to one of the grid, by distance in cells, ties to the lower one.
/// @param open  [grid.count()] not all 0
std::int64_t nearestOpen(const PatchGrid& grid, std::int64_t slot, std::span<const char> open);

/// Evenly spaced patches, blind to the picture. methods.md 1.
class GridKeep final : public PruneMethod {
public:
    Selection select(const SelectView& view) const override;
};

}  // namespace prunescope
