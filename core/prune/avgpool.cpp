#include "core/prune/avgpool.h"

#include "core/prune/grid.h"
#include "core/prune/row_plan.h"
#include "core/prune/select.h"

#include <algorithm>
#include <utility>

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

// A row before it is made: the slot that it stands for, and those it is the mean of.
struct Window {
    std::int64_t slot = -1;
    std::vector<std::int64_t> members;
};

std::vector<std::int64_t> slotsOf(const PatchGrid& grid, const SampleShape& shape, int cell) {
    const Span rows = cellSpan(cell / shape.cols, shape.rows, grid.rows);
    const Span cols = cellSpan(cell % shape.cols, shape.cols, grid.cols);
    std::vector<std::int64_t> slots;
    for (int row = rows.begin; row < rows.end; ++row) {
        for (int col = cols.begin; col < cols.end; ++col) {
            slots.push_back(static_cast<std::int64_t>(row) * grid.cols + col);
        }
    }
    return slots;
}

// k windows, pinned patches among them as rows of their own. A window leaves pinned and banned
// patches out, and stands for its middle or, where that is taken, the nearest patch that is open:
// one of its own before others.
std::vector<Window> windowsOf(const PatchGrid& grid, int k, const SlotRules& rules) {
    std::vector<Window> out;
    std::vector<char> open = rules.open(toSize(grid.count()));
    for (const std::int64_t pinned : rules.pinnedSlots()) {
        out.push_back({pinned, {pinned}});
        open[toSize(pinned)] = 0;
    }
    const int left = k - static_cast<int>(out.size());
    const SampleShape shape = left > 0 ? sampleShape(grid, left) : SampleShape{};
    for (const int cell : left > 0 ? thinnedCells(shape, left) : std::vector<int>()) {
        Window window{-1, slotsOf(grid, shape, cell)};
        std::erase_if(window.members,
                      [&](std::int64_t slot) { return !rules.isFree(toSize(slot)); });
        std::vector<char> own(open.size(), 0);
        bool any = false;
        for (const std::int64_t slot : window.members) {
            own[toSize(slot)] = open[toSize(slot)];
            any = any || open[toSize(slot)] != 0;
        }
        window.slot = nearestOpen(grid, sampleSlot(grid, shape, cell), any ? own : open);
        open[toSize(window.slot)] = 0;
        if (window.members.empty()) {
            window.members.push_back(window.slot);
        }
        out.push_back(std::move(window));
    }
    if (rules.any()) {
        std::ranges::sort(out, {}, &Window::slot);
    }
    return out;
}

}  // namespace

Selection AveragePool::select(const SelectView& view) const {
    const Stopwatch watch;
    const int k = keptCount(view);
    const int n = static_cast<int>(view.patches.size());
    RowPlan plan;
    std::vector<float> mix(toSize(k) * toSize(n), 0.0F);
    bool is_mixed = false;
    for (const Window& window : windowsOf(view.grid, k, slotRules(view.rules, view.patches))) {
        const std::size_t first = plan.rows.size() * toSize(n);
        for (const std::int64_t slot : window.members) {
            mix[first + toSize(slot)] = 1.0F / static_cast<float>(window.members.size());
        }
        const bool alone = window.members == std::vector<std::int64_t>{window.slot};
        plan.rows.push_back({alone ? RowKind::Patch : RowKind::Merged, window.slot});
        is_mixed = is_mixed || !alone;
    }
    if (is_mixed) {
        plan.mix = toDevice(mix, k, n, view.tokens);
    }
    return planned(view, plan, watch);
}

}  // namespace prunescope
