#include "ui/views/effect_marks.h"

#include "ui/theme/palette.h"
#include "ui/views/effect_words.h"

#include <algorithm>
#include <cmath>

namespace prunescope {

namespace {

double barHeight(const QRectF& cell) {
    return std::clamp(cell.height() * 0.24, 3.0, 10.0);
}

bool isDrawn(const ViewTransform& transform, int patch) {
    return patch >= 0 && patch < transform.grid.count();
}

void paintAttentionOf(QPainter& painter,
                      const ViewTransform& transform,
                      const Attribution& attribution,
                      int view,
                      int answer_token) {
    double largest = 0;
    const auto paidTo = [&](std::size_t row) {
        const double paid = attentionTo(attribution, static_cast<int>(row), answer_token);
        return std::isfinite(paid) ? paid : 0.0;
    };
    for (std::size_t row = 0; row < attribution.rows.size(); ++row) {
        largest = std::max(largest, paidTo(row));
    }
    for (std::size_t row = 0; row < attribution.rows.size(); ++row) {
        const PlacedRow& placed = attribution.rows[row];
        if (placed.view == view && isDrawn(transform, placed.row.patch) && largest > 0) {
            paintAttention(
                painter, transform.widgetRectOf(placed.row.patch), paidTo(row) / largest);
        }
    }
}

}  // namespace

double supportOf(const TokenEffect& effect, int answer_token) {
    const double delta = deltaOf(effect, answer_token);
    return effect.added ? delta : -delta;
}

double largestSupport(const Attribution& attribution, int answer_token) {
    double largest = 0;
    for (const TokenEffect& effect : attribution.effects) {
        const double size = std::abs(supportOf(effect, answer_token));
        largest = std::isfinite(size) ? std::max(largest, size) : largest;
    }
    return largest;
}

double supportShare(const TokenEffect& effect, double largest, int answer_token) {
    const double support = supportOf(effect, answer_token);
    if (std::isinf(support)) {
        return support > 0 ? 1 : -1;
    }
    return std::isnan(support) || largest == 0 ? 0 : support / largest;
}

void paintEffect(QPainter& painter, const QRectF& cell, double share, bool flips_answer) {
    const double height = barHeight(cell);
    const double half = cell.width() / 2 - 2;
    const QRectF ground(cell.left() + 1, cell.bottom() - height - 1, cell.width() - 2, height);
    painter.save();
    painter.setRenderHint(QPainter::Antialiasing, false);
    painter.fillRect(ground, QColor(0, 0, 0, 200));
    const double length = std::max(1.0, std::abs(share) * half);
    const double middle = ground.center().x();
    const QRectF bar(
        share >= 0 ? middle : middle - length, ground.top() + 1, length, std::max(1.0, height - 2));
    painter.fillRect(bar, QColor(share >= 0 ? okabe::kSkyBlue : okabe::kVermillion));
    painter.fillRect(QRectF(middle - 0.5, ground.top(), 1, height), Qt::white);
    if (flips_answer) {
        painter.setRenderHint(QPainter::Antialiasing, true);
        const double radius = std::clamp(cell.width() * 0.22, 3.5, 9.0);
        const QPointF at(cell.left() + radius, cell.top() + radius);  // the star has the other one
        painter.setPen(QPen(Qt::black, 1.25));
        painter.setBrush(Qt::white);
        painter.drawPolygon(QPolygonF{at - QPointF(0, radius),
                                      at + QPointF(radius, 0),
                                      at + QPointF(0, radius),
                                      at - QPointF(radius, 0)});
    }
    painter.restore();
}

void paintAttention(QPainter& painter, const QRectF& cell, double share) {
    const double room = std::min(cell.width(), cell.height() - barHeight(cell)) - 3;
    const double side = std::max(2.0, std::sqrt(std::clamp(share, 0.0, 1.0)) * room);
    const QPointF middle(cell.center().x(), cell.top() + (cell.height() - barHeight(cell)) / 2);
    painter.save();
    painter.setRenderHint(QPainter::Antialiasing, true);
    painter.setPen(QPen(Qt::black, 1.25));
    painter.setBrush(QColor(okabe::kYellow));
    painter.drawRect(QRectF(middle.x() - side / 2, middle.y() - side / 2, side, side));
    painter.restore();
}

void paintEffects(QPainter& painter,
                  const ViewTransform& transform,
                  const Attribution& attribution,
                  int view,
                  const EffectLayers& layers) {
    if (layers.attention && layers.answer_token >= 0) {
        paintAttentionOf(painter, transform, attribution, view, layers.answer_token);
    }
    if (!layers.effects) {
        return;
    }
    const double largest = largestSupport(attribution, layers.answer_token);
    for (const TokenEffect& effect : attribution.effects) {
        if (effect.view == view && isDrawn(transform, effect.token.patch) &&
            !std::isnan(supportOf(effect, layers.answer_token))) {
            paintEffect(painter,
                        transform.widgetRectOf(effect.token.patch),
                        supportShare(effect, largest, layers.answer_token),
                        flips(effect, layers.answer_token));
        }
    }
}

}  // namespace prunescope
