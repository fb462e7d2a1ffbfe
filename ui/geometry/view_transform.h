#pragma once

#include "core/image/patch_grid.h"

#include <QPoint>
#include <QPointF>
#include <QRect>
#include <QRectF>
#include <QSizeF>

namespace prunescope {

/// Maps between four spaces: widget (device-independent pixels), picture (pixels of the file),
/// model (pixels of the view's square, patch_px a patch) and patch. A plain value.
struct ViewTransform {
    double scale = 1;  ///< widget pixels per picture pixel
    QPointF offset;    ///< widget position of the picture's origin
    QRectF source;     ///< the view's square in picture pixels; may reach beyond the picture
    PatchGrid grid;    ///< no rows: no view to map to

    bool hasGrid() const { return grid.rows > 0 && grid.cols > 0 && source.isValid(); }

    QPointF widgetFromPicture(QPointF point) const { return point * scale + offset; }

    QPointF pictureFromWidget(QPointF point) const { return (point - offset) / scale; }

    QRectF widgetFromPicture(const QRectF& rect) const;
    QPointF modelFromPicture(QPointF point) const;
    QPointF pictureFromModel(QPointF point) const;

    /// -1 outside the grid.
    int patchAtWidget(QPointF point) const;
    QRectF pictureRectOf(int patch) const;
    QRectF widgetRectOf(int patch) const;

    /// The same on whole pixels: neighbours neither overlap nor leave a seam.
    QRect pixelRectOf(int patch) const;

    /// Widget position of a grid corner, 0..cols by 0..rows.
    QPointF widgetFromCorner(double col, double row) const;

    /// The same on whole pixels.
    QPoint pixelFromCorner(int col, int row) const;

    /// The smaller side of a patch in widget pixels.
    double cellSize() const;

    /// The same point of the picture stays under `anchor` (widget).
    void zoomAt(QPointF anchor, double factor);

    void pan(QPointF delta) { offset += delta; }

    /// Shows `area` (picture pixels) centred in a widget of that size.
    void fit(const QRectF& area, QSizeF widget, double margin);

    bool operator==(const ViewTransform&) const = default;
};

inline constexpr double kMinScale = 0.02;
inline constexpr double kMaxScale = 64;

QRectF toQRectF(const RectF& rect);

}  // namespace prunescope
