#pragma once

#include "core/image/patch_grid.h"

#include <cstdint>
#include <vector>

#include <QPoint>
#include <QPolygonF>
#include <QRectF>
#include <QVector>

namespace prunescope {

/// A closed outline through grid corners (col, row); the area lies to the right of each edge, so
/// an outer outline runs clockwise on screen and a hole counter-clockwise.
using CornerLoop = std::vector<QPoint>;

/// Outlines of the union of the cells whose `label` equals `wanted`; no two points in a row lie on
/// one line. Areas that touch at a corner only get outlines of their own.
std::vector<CornerLoop> boundaryLoops(const PatchGrid& grid,
                                      const std::vector<std::int32_t>& label,
                                      std::int32_t wanted);

/// Rectangles that cover, once each, what lies between two depths (0 <= `from` < `to`) inside an
/// outline of horizontal and vertical edges with its area to their right. An area narrower than
/// 2 * `to` has less.
QVector<QRectF> innerStrip(const QPolygonF& outline, double from, double to);

}  // namespace prunescope
