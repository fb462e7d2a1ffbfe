#include "ui/views/rule_marks.h"

#include <algorithm>
#include <utility>

#include <QPainterPath>

namespace prunescope {

namespace {

/// Small cells have it all for themselves: whom a person has ruled on is shown at every zoom.
QRectF placeIn(const QRectF& cell) {
    const double side = std::min(cell.width(), cell.height());
    const double size = std::clamp(side * 0.5, 8.0, 22.0);
    const double inset = side > 20 ? side * 0.08 : 0;
    return {cell.right() - inset - size, cell.bottom() - inset - size, size, size};
}

void stroke(QPainter& painter, const QPainterPath& path, double width) {
    painter.setBrush(Qt::NoBrush);
    painter.setPen(QPen(Qt::white, width + 2.4, Qt::SolidLine, Qt::RoundCap, Qt::RoundJoin));
    painter.drawPath(path);
    painter.setPen(QPen(Qt::black, width, Qt::SolidLine, Qt::RoundCap, Qt::RoundJoin));
    painter.drawPath(path);
}

}  // namespace

void paintPin(QPainter& painter, const QRectF& cell) {
    const QRectF place = placeIn(cell);
    const double unit = place.width() / 10;
    painter.save();
    painter.setRenderHint(QPainter::Antialiasing, true);
    // Slanted, as it sticks in a board: head at the upper right, point at the lower left.
    painter.translate(place.center());
    painter.rotate(40);
    QPainterPath needle;
    needle.moveTo(0, 0.2 * unit);
    needle.lineTo(0, 4.6 * unit);
    QPainterPath head;
    head.addRoundedRect(QRectF(-1.7 * unit, -4.4 * unit, 3.4 * unit, 3.0 * unit), unit, unit);
    head.addRect(QRectF(-2.8 * unit, -1.5 * unit, 5.6 * unit, 1.4 * unit));
    head.setFillRule(Qt::WindingFill);
    stroke(painter, needle, std::max(1.0, unit * 0.9));
    painter.setPen(QPen(Qt::white, 2.4, Qt::SolidLine, Qt::RoundCap, Qt::RoundJoin));
    painter.drawPath(head);
    painter.fillPath(head, Qt::black);
    painter.restore();
}

void paintBan(QPainter& painter, const QRectF& cell) {
    const QRectF place = placeIn(cell);
    const double unit = place.width() / 10;
    painter.save();
    painter.setRenderHint(QPainter::Antialiasing, true);
    const double radius = 3.6 * unit;
    QPainterPath sign;
    sign.addEllipse(place.center(), radius, radius);
    const double reach = radius * 0.7071;
    sign.moveTo(place.center() + QPointF(-reach, -reach));
    sign.lineTo(place.center() + QPointF(reach, reach));
    stroke(painter, sign, std::max(1.3, unit * 1.2));
    painter.restore();
}

void paintRules(QPainter& painter,
                const PatchRules& rules,
                const ViewTransform& transform,
                const QRectF& visible) {
    for (const auto& [patches, paint] :
         {std::pair(&rules.pinned, &paintPin), std::pair(&rules.banned, &paintBan)}) {
        for (const std::int32_t patch : *patches) {
            if (patch < transform.grid.count() &&
                transform.widgetRectOf(patch).intersects(visible)) {
                paint(painter, transform.widgetRectOf(patch));
            }
        }
    }
}

}  // namespace prunescope
