#pragma once

#include <cstdint>

namespace prunescope {

/// An axis-aligned rectangle; the unit is said where it is used.
struct RectF {
    double x = 0;
    double y = 0;
    double width = 0;
    double height = 0;

    bool operator==(const RectF&) const = default;
};

/// The patches of one view: patch index = row * cols + col (raster order).
struct PatchGrid {
    int rows = 0;
    int cols = 0;
    int patch_px = 0;  ///< side of a patch in model pixels

    int count() const { return rows * cols; }

    int rowOf(int patch) const { return patch / cols; }

    int colOf(int patch) const { return patch % cols; }

    /// Rectangle of a patch in model pixels.
    RectF rectOf(int patch) const;

    /// Patch at a point in model pixels, or -1 outside the grid.
    int patchAt(double x, double y) const;

    bool operator==(const PatchGrid&) const = default;
};

}  // namespace prunescope
