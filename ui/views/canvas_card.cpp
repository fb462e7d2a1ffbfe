#include "ui/views/canvas_card.h"

#include <algorithm>

namespace prunescope {

void paintCard(QPainter& painter,
               const Theme& theme,
               const QString& text,
               QPointF at,
               Qt::Corner corner,
               double widest) {
    if (text.isEmpty()) {
        return;
    }
    const QFontMetricsF metrics(painter.font());
    const QRectF bounds = metrics.boundingRect(
        QRectF(0, 0, std::max(40.0, widest - 14), 1000), Qt::AlignLeft | Qt::TextWordWrap, text);
    QRectF card(at, bounds.size() + QSizeF(14, 8));
    if (corner == Qt::TopRightCorner || corner == Qt::BottomRightCorner) {
        card.translate(-card.width(), 0);
    }
    if (corner == Qt::BottomLeftCorner || corner == Qt::BottomRightCorner) {
        card.translate(0, -card.height());
    }
    painter.save();
    painter.setRenderHint(QPainter::Antialiasing);
    painter.setPen(QPen(theme.faint, 1));
    painter.setBrush(theme.card);
    painter.drawRoundedRect(card, 4, 4);
    painter.setPen(theme.ink);
    painter.drawText(card.adjusted(7, 4, -7, -4), Qt::AlignLeft | Qt::TextWordWrap, text);
    painter.restore();
}

}  // namespace prunescope
