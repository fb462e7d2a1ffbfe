#include "ui/views/swatch.h"

#include <QPainterPath>

namespace prunescope {

QPixmap swatchOf(double ratio, const std::function<void(QPainter&, const QRectF&)>& paint) {
    constexpr int kSide = 26;
    QPixmap pixmap(QSize(kSide, kSide) * ratio);
    pixmap.setDevicePixelRatio(ratio);
    pixmap.fill(Qt::transparent);
    QPainter painter(&pixmap);
    paint(painter, QRectF(0, 0, kSide, kSide));
    return pixmap;
}

QIcon eyeIcon(const QPalette& palette, double ratio) {
    const auto draw = [&](bool is_open) {
        return swatchOf(ratio, [&](QPainter& painter, const QRectF& area) {
            painter.setRenderHint(QPainter::Antialiasing);
            QColor ink = palette.color(QPalette::WindowText);
            ink.setAlphaF(is_open ? 1.0F : 0.45F);
            painter.setPen(QPen(ink, 1.8));
            QPainterPath lid(QPointF(area.left() + 3, area.center().y()));
            lid.quadTo(area.center().x(), area.top() + 1, area.right() - 3, area.center().y());
            lid.quadTo(area.center().x(), area.bottom() - 1, area.left() + 3, area.center().y());
            painter.drawPath(lid);
            if (is_open) {
                painter.setBrush(ink);
                painter.drawEllipse(area.center(), 3, 3);
            } else {
                painter.drawLine(QPointF(5, 21), QPointF(21, 5));
            }
        });
    };
    QIcon icon;
    icon.addPixmap(draw(true), QIcon::Normal, QIcon::On);
    icon.addPixmap(draw(false), QIcon::Normal, QIcon::Off);
    return icon;
}

}  // namespace prunescope
