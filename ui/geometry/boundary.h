#pragma once

#include "core/image/patch_grid.h"

#include <cstdint>
#include <vector>

#include <QPoint>

namespace prunescope {

/// A closed outline through grid corners (col, row); the area lies to the right of each edge, so
/// an outer outline runs clockwise on screen and a hole counter-clockwise.
using CornerLoop = std::vector<QPoint>;

/// Outlines of the union of the cells whose `label` equals `wanted`; no two points in a row lie on
/// one line. Areas that touch at a corner only get outlines of their own.
std::vector<CornerLoop> boundaryLoops(const PatchGrid& grid,
                                      const std::vector<std::int32_t>& label,
                                      std::int32_t wanted);

}  // namespace prunescope
