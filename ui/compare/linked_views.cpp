#include "ui/compare/linked_views.h"

#include <cmath>
#include <utility>

namespace prunescope {

namespace {

/// Sorts sites in the order the model runs through them.
std::pair<int, int> orderOf(const Site& site) {
    switch (site.kind) {
        case Site::Kind::EncoderLayer:
            return {0, site.layer};
        case Site::Kind::AfterEncoder:
            return {1, 0};
        case Site::Kind::DecoderLayer:
            break;
    }
    return {2, site.layer};
}

}  // namespace

int linkedStage(const ViewTrace& from, int stage, const ViewTrace& to) {
    const int last_from = static_cast<int>(from.stages.size()) - 1;
    const int last_to = static_cast<int>(to.stages.size()) - 1;
    if (stage < 0) {
        return -1;
    }
    if (stage >= last_from) {
        return last_to;
    }
    const auto place = orderOf(from.stages[static_cast<std::size_t>(stage)].site);
    int linked = -1;
    for (int s = 0; s <= last_to; ++s) {
        if (orderOf(to.stages[static_cast<std::size_t>(s)].site) <= place) {
            linked = s;
        }
    }
    return linked;
}

int linkedPatch(const ViewTrace& from, int patch, const ViewTrace& to) {
    if (patch < 0 || patch >= from.grid.count()) {
        return -1;
    }
    if (from.grid == to.grid && from.source == to.source) {
        return patch;
    }
    const double x =
        from.source.x + (from.grid.colOf(patch) + 0.5) * from.source.width / from.grid.cols;
    const double y =
        from.source.y + (from.grid.rowOf(patch) + 0.5) * from.source.height / from.grid.rows;
    const double px = to.grid.patch_px;
    return to.grid.patchAt((x - to.source.x) / to.source.width * to.grid.cols * px,
                           (y - to.source.y) / to.source.height * to.grid.rows * px);
}

}  // namespace prunescope
