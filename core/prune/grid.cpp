#include "core/prune/grid.h"

#include "core/prune/row_plan.h"

#include <algorithm>
#include <cmath>

namespace prunescope {

namespace {

// Centre of sample i of n along a side of `length` patches.
int sampleAt(int i, int n, int length) {
    return (2 * i + 1) * length / (2 * n);
}

}  // namespace

SampleShape sampleShape(const PatchGrid& grid, int k) {
    SampleShape best{grid.rows, grid.cols};
    int least = grid.count() - k + 1;
    for (const bool square_enough : {true, false}) {
        for (int rows = grid.rows; rows >= 1; --rows) {
            const int cols = std::max(square_enough ? rows : 1, (k + rows - 1) / rows);
            if (cols > grid.cols || (square_enough && cols > 2 * rows)) {
                continue;
            }
            if (rows * cols - k < least) {
                least = rows * cols - k;
                best = {rows, cols};
            }
        }
        if (least <= grid.count() - k) {
            break;
        }
    }
    return best;
}

std::int64_t sampleSlot(const PatchGrid& grid, const SampleShape& shape, int cell) {
    return sampleAt(cell / shape.cols, shape.rows, grid.rows) * grid.cols +
           sampleAt(cell % shape.cols, shape.cols, grid.cols);
}

std::vector<int> thinnedCells(const SampleShape& shape, int k) {
    std::vector<int> cells;
    const auto length = static_cast<std::int64_t>(shape.rows) * shape.cols;
    for (std::int64_t i = 0; i < k; ++i) {
        cells.push_back(static_cast<int>((2 * i + 1) * length / (2 * k)));
    }
    return cells;
}

std::vector<std::int64_t> gridSlots(const PatchGrid& grid, int k) {
    const SampleShape shape = sampleShape(grid, k);
    std::vector<std::int64_t> slots;
    for (const int cell : thinnedCells(shape, k)) {
        slots.push_back(sampleSlot(grid, shape, cell));
    }
    return slots;
}

Selection GridKeep::select(const SelectView& view) const {
    const Stopwatch watch;
    return plainSelection(view, gridSlots(view.grid, keptCount(view)), {}, watch);
}

}  // namespace prunescope
