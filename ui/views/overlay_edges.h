#pragma once

#include "ui/geometry/view_transform.h"
#include "ui/views/overlay_scene.h"
#include "ui/views/overlay_settings.h"

#include <vector>

#include <QPainter>

namespace prunescope {

inline constexpr int kEdgesPerAnchor = 3;
inline constexpr int kMostEdges = 64;  ///< of the hovered or selected tokens

/// The transfers to draw and what is left out, which the view must say.
struct EdgeSelection {
    std::vector<Transfer> edges;  ///< lightest first, so that heavy ones lie on top
    int total = 0;
    double mass_share = 1;  ///< weight shown / weight of all
};

EdgeSelection selectEdges(const OverlayScene& scene,
                          EdgeMode mode,
                          const std::vector<int>& selected,
                          int hovered);

/// "showing 48 of 560 edges (68 % of mass)"; empty when there are none.
QString edgeStatement(const EdgeSelection& selection);

/// Curves with an arrowhead at the anchor, width by the root of the weight; they stop at the
/// borders of their cells, so that none covers the hovered patch's centre.
void paintEdges(QPainter& painter, const EdgeSelection& selection, const ViewTransform& transform);

}  // namespace prunescope
