#include "core/prune/avgpool.h"

#include "core/prune/grid.h"
#include "core/prune/row_plan.h"
#include "core/prune/select.h"

namespace prunescope {

namespace {

struct Span {
    int begin = 0;
    int end = 0;
};

// Cell i of n along a side of `length` patches.
Span cellSpan(int i, int n, int length) {
    return {i * length / n, ((i + 1) * length + n - 1) / n};
}

}  // namespace

Selection AveragePool::select(const SelectView& view) const {
    const Stopwatch watch;
    const int k = keptCount(view);
    const int n = static_cast<int>(view.patches.size());
    const SampleShape shape = sampleShape(view.grid, k);
    RowPlan plan;
    std::vector<float> mix(toSize(k) * toSize(n), 0.0F);
    bool is_mixed = false;
    for (const int cell : thinnedCells(shape, k)) {
        const Span rows = cellSpan(cell / shape.cols, shape.rows, view.grid.rows);
        const Span cols = cellSpan(cell % shape.cols, shape.cols, view.grid.cols);
        const int area = (rows.end - rows.begin) * (cols.end - cols.begin);
        const std::size_t first = plan.rows.size() * toSize(n);
        for (int row = rows.begin; row < rows.end; ++row) {
            for (int col = cols.begin; col < cols.end; ++col) {
                mix[first + toSize(row * view.grid.cols + col)] = 1.0F / static_cast<float>(area);
            }
        }
        plan.rows.push_back(
            {area == 1 ? RowKind::Patch : RowKind::Merged, sampleSlot(view.grid, shape, cell)});
        is_mixed = is_mixed || area > 1;
    }
    if (is_mixed) {
        plan.mix = toDevice(mix, k, n, view.tokens);
    }
    return planned(view, plan, watch);
}

}  // namespace prunescope
