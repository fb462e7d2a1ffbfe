#include "core/metric/coverage.h"

#include <algorithm>
#include <iterator>

namespace prunescope {

namespace {

/// `box` in units of patches: x in columns, y in rows.
RectF inPatches(const ViewTrace& view, const RectF& box) {
    const double col_px = view.source.width / view.grid.cols;
    const double row_px = view.source.height / view.grid.rows;
    return {(box.x - view.source.x) / col_px,
            (box.y - view.source.y) / row_px,
            box.width / col_px,
            box.height / row_px};
}

bool holds(const RectF& box, double x, double y) {
    return x >= box.x && x < box.x + box.width && y >= box.y && y < box.y + box.height;
}

void addPatchesOf(const RectF& box, const PatchGrid& grid, std::vector<std::int32_t>& patches) {
    const std::size_t before = patches.size();
    for (int patch = 0; patch < grid.count(); ++patch) {
        if (holds(box, grid.colOf(patch) + 0.5, grid.rowOf(patch) + 0.5)) {
            patches.push_back(patch);
        }
    }
    const double x = box.x + box.width / 2;
    const double y = box.y + box.height / 2;
    const RectF whole{0, 0, static_cast<double>(grid.cols), static_cast<double>(grid.rows)};
    if (patches.size() == before && holds(whole, x, y)) {
        patches.push_back(static_cast<int>(y) * grid.cols + static_cast<int>(x));
    }
}

}  // namespace

std::optional<double> ObjectCoverage::shareOfKept() const {
    return kept > 0 ? std::optional(static_cast<double>(kept_in_object) / kept) : std::nullopt;
}

std::optional<double> ObjectCoverage::shareOfObject() const {
    return object_patches > 0 ? std::optional(static_cast<double>(kept_in_object) / object_patches)
                              : std::nullopt;
}

std::vector<std::int32_t> objectPatches(const ViewTrace& view, const std::vector<RectF>& boxes) {
    std::vector<std::int32_t> patches;
    for (const RectF& box : boxes) {
        addPatchesOf(inPatches(view, box), view.grid, patches);
    }
    std::sort(patches.begin(), patches.end());
    patches.erase(std::unique(patches.begin(), patches.end()), patches.end());
    return patches;
}

std::optional<ObjectCoverage> objectCoverage(const RunTrace& trace,
                                             const std::vector<RectF>& boxes) {
    if (boxes.empty()) {
        return std::nullopt;
    }
    ObjectCoverage sum;
    for (const ViewTrace& view : trace.views) {
        const std::vector<std::int32_t> object = objectPatches(view, boxes);
        std::vector<std::int32_t> both;
        std::set_intersection(object.begin(),
                              object.end(),
                              view.kept.begin(),
                              view.kept.end(),
                              std::back_inserter(both));
        sum.object_patches += static_cast<int>(object.size());
        sum.kept += static_cast<int>(view.kept.size());
        sum.kept_in_object += static_cast<int>(both.size());
    }
    return sum;
}

}  // namespace prunescope
