#include "ui/geometry/view_transform.h"

#include <algorithm>
#include <cmath>

namespace prunescope {

QRectF toQRectF(const RectF& rect) {
    return {rect.x, rect.y, rect.width, rect.height};
}

QRectF ViewTransform::widgetFromPicture(const QRectF& rect) const {
    return {widgetFromPicture(rect.topLeft()), rect.size() * scale};
}

QPointF ViewTransform::modelFromPicture(QPointF point) const {
    const double px = grid.patch_px;
    return {(point.x() - source.x()) / source.width() * grid.cols * px,
            (point.y() - source.y()) / source.height() * grid.rows * px};
}

QPointF ViewTransform::pictureFromModel(QPointF point) const {
    const double px = grid.patch_px;
    return {source.x() + point.x() / (grid.cols * px) * source.width(),
            source.y() + point.y() / (grid.rows * px) * source.height()};
}

int ViewTransform::patchAtWidget(QPointF point) const {
    if (!hasGrid()) {
        return -1;
    }
    const QPointF model = modelFromPicture(pictureFromWidget(point));
    return grid.patchAt(model.x(), model.y());
}

QRectF ViewTransform::pictureRectOf(int patch) const {
    const double width = source.width() / grid.cols;
    const double height = source.height() / grid.rows;
    return {source.x() + grid.colOf(patch) * width,
            source.y() + grid.rowOf(patch) * height,
            width,
            height};
}

QRectF ViewTransform::widgetRectOf(int patch) const {
    return widgetFromPicture(pictureRectOf(patch));
}

// Of corners that neighbours share: sums of position and size would round now up, now down.
QRect ViewTransform::pixelRectOf(int patch) const {
    const int row = grid.rowOf(patch);
    const int col = grid.colOf(patch);
    return {pixelFromCorner(col, row), pixelFromCorner(col + 1, row + 1) - QPoint(1, 1)};
}

QPointF ViewTransform::widgetFromCorner(double col, double row) const {
    return widgetFromPicture({source.x() + col / grid.cols * source.width(),
                              source.y() + row / grid.rows * source.height()});
}

QPoint ViewTransform::pixelFromCorner(int col, int row) const {
    return widgetFromCorner(col, row).toPoint();
}

double ViewTransform::cellSize() const {
    if (!hasGrid()) {
        return 0;
    }
    return scale * std::min(source.width() / grid.cols, source.height() / grid.rows);
}

void ViewTransform::zoomAt(QPointF anchor, double factor) {
    const QPointF fixed = pictureFromWidget(anchor);
    scale = std::clamp(scale * factor, kMinScale, kMaxScale);
    offset = anchor - fixed * scale;
}

void ViewTransform::fit(const QRectF& area, QSizeF widget, double margin) {
    if (area.isEmpty()) {
        return;
    }
    const double width = std::max(1.0, widget.width() - 2 * margin);
    const double height = std::max(1.0, widget.height() - 2 * margin);
    scale =
        std::clamp(std::min(width / area.width(), height / area.height()), kMinScale, kMaxScale);
    offset = QPointF(widget.width() / 2, widget.height() / 2) - area.center() * scale;
}

}  // namespace prunescope
