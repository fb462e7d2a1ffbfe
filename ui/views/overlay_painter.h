#pragma once

#include "ui/theme/palette.h"
#include "ui/views/overlay_edges.h"
#include "ui/views/overlay_marks.h"
#include "ui/views/picture.h"

#include <vector>

namespace prunescope {

/// Everything the overlay is painted from. Not owned; nothing is changed.
struct OverlayInput {
    const Picture* picture = nullptr;
    const OverlayScene* scene = nullptr;
    ViewTransform transform;
    OverlayOptions options;
    const Theme* theme = &lightTheme();
};

/// The layer that changes only with trace, stage, options or transform: treated picture, area
/// beyond the model's view, padding, outlines, hatches, glyphs, clusters.
/// @param size  in device-independent pixels
QImage renderStatic(const OverlayInput& input, QSize size, double device_pixel_ratio);

/// The marks of the static layer alone, as vectors, on any painter.
/// @param visible  what needs painting, in the transform's widget space
void paintMarks(QPainter& painter, const OverlayInput& input, const QRectF& visible);

/// What follows the pointer: edges and the frames of selected and hovered patches.
void paintFocus(QPainter& painter,
                const OverlayInput& input,
                const std::vector<int>& selected,
                int hovered);

/// One row's sample for the legend, by the same code as the overlay.
void paintSwatch(QPainter& painter, const QRectF& cell, PatchFate fate);
void paintClusterSwatch(QPainter& painter, const QRectF& cell, bool filled);

}  // namespace prunescope
