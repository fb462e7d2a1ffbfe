#include "ui/panels/mark_strip.h"

#include <algorithm>

#include <QPainter>

namespace prunescope {

MarkStrip::MarkStrip(std::function<double(double)> place, QWidget* parent)
    : QWidget(parent), place_(std::move(place)) {
    setFixedHeight(kHeight_px);
    setFocusPolicy(Qt::NoFocus);
}

void MarkStrip::setMarks(const std::vector<AheadMark>& marks, const QString& said) {
    marks_ = marks;
    std::ranges::stable_sort(marks_, {}, &AheadMark::ready);  // filled ones lie on top
    setToolTip(said);
    setAccessibleDescription(said);
    update();
}

void MarkStrip::paintEvent(QPaintEvent* /*event*/) {
    QPainter painter(this);
    painter.setRenderHint(QPainter::Antialiasing);
    const QColor ink = palette().color(QPalette::WindowText);
    painter.setPen(QPen(ink, 1));
    const double middle = kHeight_px / 2.0;
    for (const AheadMark& mark : marks_) {
        painter.setBrush(mark.ready ? QBrush(ink) : QBrush(Qt::NoBrush));
        if (mark.from == mark.to) {
            painter.drawEllipse(QPointF(place_(mark.from), middle), 2.0, 2.0);
            continue;
        }
        // A gap at either end, so that neighbours are told apart.
        const double left = place_(mark.from) + 1.5;
        const double right = place_(mark.to) - 1.5;
        painter.drawRect(QRectF(left, middle - 1.5, std::max(1.0, right - left), 3.0));
    }
}

}  // namespace prunescope
