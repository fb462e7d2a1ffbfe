#include "core/prune/grid.h"

#include "core/prune/row_plan.h"

#include <algorithm>
#include <cmath>

namespace prunescope {

namespace {

struct Shape {
    int rows = 1;
    int cols = 1;
};

// Among g_r <= g_c <= 2 g_r that fit the grid and hold k, least surplus, then largest g_r
// (methods.md 4.4). A narrow grid may allow none; then any shape that fits.
Shape sampleShape(const PatchGrid& grid, int k) {
    Shape best{grid.rows, grid.cols};
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

// Centre of sample i of n along a side of `length` patches.
int sampleAt(int i, int n, int length) {
    return (2 * i + 1) * length / (2 * n);
}

}  // namespace

std::vector<std::int64_t> gridSlots(const PatchGrid& grid, int k) {
    const Shape shape = sampleShape(grid, k);
    std::vector<std::int64_t> list;
    for (int i = 0; i < shape.rows; ++i) {
        for (int j = 0; j < shape.cols; ++j) {
            list.push_back(sampleAt(i, shape.rows, grid.rows) * grid.cols +
                           sampleAt(j, shape.cols, grid.cols));
        }
    }
    std::vector<std::int64_t> slots;
    const auto length = static_cast<std::int64_t>(list.size());
    for (std::int64_t i = 0; i < k; ++i) {
        slots.push_back(list[toSize((2 * i + 1) * length / (2 * k))]);
    }
    return slots;
}

Selection GridKeep::select(const SelectView& view) const {
    const Stopwatch watch;
    return plainSelection(view, gridSlots(view.grid, keptCount(view)), {}, watch);
}

}  // namespace prunescope
