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

std::int64_t nearestOpen(const PatchGrid& grid, std::int64_t slot, std::span<const char> open) {
    std::int64_t best = -1;
    int least = 0;
    for (int other = 0; other < grid.count(); ++other) {
        const int rows = grid.rowOf(other) - grid.rowOf(static_cast<int>(slot));
        const int cols = grid.colOf(other) - grid.colOf(static_cast<int>(slot));
        const int squared = rows * rows + cols * cols;
        if (open[toSize(other)] != 0 && (best < 0 || squared < least)) {
            best = other;
            least = squared;
        }
    }
    return best;
}

Selection GridKeep::select(const SelectView& view) const {
    const Stopwatch watch;
    const SlotRules rules = slotRules(view.rules, view.patches);
    std::vector<std::int64_t> slots = rules.pinnedSlots();
    std::vector<char> open = rules.open(view.patches.size());
    for (const std::int64_t pinned : slots) {
        open[toSize(pinned)] = 0;
    }
    const int left = keptCount(view) - static_cast<int>(slots.size());
    if (left > 0) {
        for (const std::int64_t sample : gridSlots(view.grid, left)) {
            slots.push_back(nearestOpen(view.grid, sample, open));
            open[toSize(slots.back())] = 0;
        }
    }
    std::sort(slots.begin(), slots.end());
    return plainSelection(view, slots, {}, watch);
}

}  // namespace prunescope
