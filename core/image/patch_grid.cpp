#include "core/image/patch_grid.h"

namespace prunescope {

RectF PatchGrid::rectOf(int patch) const {
    const double side = patch_px;
    return {colOf(patch) * side, rowOf(patch) * side, side, side};
}

int PatchGrid::patchAt(double x, double y) const {
    // Written so that NaN falls outside.
    if (!(x >= 0 && y >= 0 && x < static_cast<double>(cols) * patch_px &&
          y < static_cast<double>(rows) * patch_px)) {
        return -1;
    }
    return static_cast<int>(y / patch_px) * cols + static_cast<int>(x / patch_px);
}

}  // namespace prunescope
