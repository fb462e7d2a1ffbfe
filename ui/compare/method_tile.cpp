#include "ui/compare/method_tile.h"

#include "core/metric/agreement.h"
#include "core/metric/coverage.h"
#include "core/metric/outcome.h"

#include <cmath>

#include <QCoreApplication>
#include <QEvent>
#include <QKeyEvent>
#include <QLocale>
#include <QMouseEvent>
#include <QPainter>

namespace prunescope {

namespace {

constexpr double kPad = 8;
constexpr int kLines = 5;

QString number(double value) {
    return QLocale().toString(value, 'g', 3);
}

QString percent(double share) {
    return MethodTile::tr("%1 %").arg(QLocale().toString(share * 100, 'f', 0));
}

QString shiftLine(const RunTrace& trace) {
    const auto outcome = shiftOutcome(trace);
    if (!outcome) {
        return MethodTile::tr("D not measured");
    }
    QString said = MethodTile::tr("D %1").arg(number(outcome->value));
    if (const auto relative = outcome->relative()) {
        said += MethodTile::tr(" · %1 × random").arg(number(*relative));
    }
    return outcome->fired ? said + MethodTile::tr(" · fired") : said;
}

/// Where the count falls inside the language model, equal budgets are not equal work.
QString tokensLine(const TokenCounts& tokens) {
    const QString said =
        MethodTile::tr("%1 of %2 tokens").arg(tokens.visual_kept).arg(tokens.visual_full);
    return tokens.layer_mean_in > tokens.visual_kept
               ? said + MethodTile::tr(" (%1 per layer)")
                            .arg(QLocale().toString(tokens.layer_mean_in, 'f', 0))
               : said;
}

QString objectLine(const ObjectCoverage& coverage) {
    const auto of_kept = coverage.shareOfKept();
    const auto of_object = coverage.shareOfObject();
    return MethodTile::tr("%1 on object (%2 of it)")
        .arg(of_kept ? percent(*of_kept) : "–", of_object ? percent(*of_object) : "–");
}

QString answerLine(const RunTrace& trace, const TracePtr& unpruned) {
    const QString text = QString::fromStdString(trace.answer.text).simplified();
    if (!unpruned || !unpruned->answer.complete || trace.settings.method == "none") {
        return text;
    }
    return firstDifference(trace.answer, unpruned->answer) ? QStringLiteral("≠ ") + text
                                                           : QStringLiteral("= ") + text;
}

}  // namespace

QStringList tileLines(const MethodGrid::Tile& tile,
                      const TracePtr& unpruned,
                      const std::vector<RectF>& boxes) {
    if (tile.status == MethodGrid::Status::Failed) {
        return {tile.error};
    }
    if (!tile.trace) {
        return {MethodTile::tr("waiting")};
    }
    QStringList lines{tokensLine(tile.trace->tokens)};
    lines << shiftLine(*tile.trace);
    if (const auto coverage = objectCoverage(*tile.trace, boxes)) {
        lines << objectLine(*coverage);
    }
    if (tile.status == MethodGrid::Status::Done) {
        lines << answerLine(*tile.trace, unpruned)
              << MethodTile::tr("%1 ms").arg(QLocale().toString(standaloneMs(*tile.trace), 'f', 0));
    }
    return lines;
}

MethodTile::MethodTile(QWidget* parent) : QAbstractButton(parent) {
    setFocusPolicy(Qt::StrongFocus);
    setAttribute(Qt::WA_Hover);
    setToolTip(tr("Click: make it the current method. Ctrl+click: make it B."));
}

void MethodTile::present(const MethodGrid::Tile& tile,
                         const TracePtr& unpruned,
                         const std::vector<RectF>& boxes) {
    is_stale_ = is_stale_ || tile.trace != tile_.trace;
    tile_ = tile;
    lines_ = tileLines(tile, unpruned, boxes);
    differs_ = tile.trace && unpruned && tile.status == MethodGrid::Status::Done &&
               unpruned->answer.complete &&
               firstDifference(tile.trace->answer, unpruned->answer).has_value();
    setText(tile.title);
    setAccessibleName(tile.title);
    setAccessibleDescription(lines_.join(QStringLiteral(", ")));
    update();
}

void MethodTile::setPicture(const Picture* picture) {
    picture_ = picture;
    is_stale_ = true;
    update();
}

void MethodTile::setOptions(const OverlayOptions& options) {
    options_ = options;
    options_.clusters = false;  // too small to be read
    is_stale_ = true;
    update();
}

void MethodTile::setSides(bool is_a, bool is_b) {
    if (is_a != is_a_ || is_b != is_b_) {
        is_a_ = is_a;
        is_b_ = is_b;
        update();
    }
}

int MethodTile::heightFor(int width) const {
    return width + (kLines + 1) * fontMetrics().lineSpacing() + 10;
}

QRectF MethodTile::pictureArea() const {
    const double text = (kLines + 1) * fontMetrics().lineSpacing() + 10;
    return {kPad, kPad, width() - 2 * kPad, std::max(20.0, height() - 2 * kPad - text)};
}

void MethodTile::refreshPicture() {
    const QSize size = pictureArea().size().toSize();
    const double ratio = devicePixelRatioF();
    if (!is_stale_ && rendered_.size() == size * ratio) {
        return;
    }
    rendered_ = {};
    is_stale_ = false;
    if (picture_ == nullptr || picture_->isNull() || !tile_.trace || tile_.trace->views.empty()) {
        return;
    }
    const ViewTrace& view = tile_.trace->views.front();
    const OverlayScene scene = makeScene(view, static_cast<int>(view.stages.size()) - 1);
    OverlayInput input;
    input.picture = picture_;
    input.scene = &scene;
    input.options = options_;
    input.theme = &themeFor(palette());
    input.transform.grid = view.grid;
    input.transform.source = toQRectF(view.source);
    input.transform.fit(input.transform.source, QSizeF(size), 0);
    rendered_ = QPixmap::fromImage(renderStatic(input, size, ratio));
}

void MethodTile::paintBadge(QPainter& painter,
                            const QString& letter,
                            QColor color,
                            double at) const {
    const QRectF badge(at, kPad + 4, 20, 20);
    painter.setRenderHint(QPainter::Antialiasing, true);
    painter.setPen(QPen(Qt::white, 1.5));
    painter.setBrush(color);
    painter.drawRoundedRect(badge, 4, 4);
    painter.setBrush(Qt::NoBrush);
    painter.setPen(Qt::white);
    painter.drawText(badge, Qt::AlignCenter, letter);
}

void MethodTile::paintEvent(QPaintEvent* /*event*/) {
    refreshPicture();
    QPainter painter(this);
    const Theme& theme = themeFor(palette());
    const QColor frame = is_a_                        ? QColor(okabe::kBlue)
                         : is_b_                      ? QColor(okabe::kVermillion)
                         : hasFocus() || underMouse() ? palette().color(QPalette::Highlight)
                                                      : theme.faint;
    painter.setRenderHint(QPainter::Antialiasing, true);
    painter.setBrush(palette().color(QPalette::Base));
    painter.setPen(
        QPen(frame, is_a_ || is_b_ ? 2.5 : 1, is_b_ && !is_a_ ? Qt::DashLine : Qt::SolidLine));
    painter.drawRoundedRect(QRectF(rect()).adjusted(1.5, 1.5, -1.5, -1.5), 5, 5);
    painter.setBrush(Qt::NoBrush);
    const QRectF area = pictureArea();
    if (!rendered_.isNull()) {
        painter.drawPixmap(area.topLeft(), rendered_);
    } else {
        painter.setPen(QPen(theme.faint, 1, Qt::DashLine));
        painter.drawRect(area.adjusted(0.5, 0.5, -0.5, -0.5));
    }
    if (is_a_) {
        paintBadge(painter, QStringLiteral("A"), QColor(okabe::kBlue), kPad + 4);
    }
    if (is_b_) {
        paintBadge(painter, QStringLiteral("B"), QColor(0xa84300), is_a_ ? kPad + 28 : kPad + 4);
    }
    const QFontMetrics metrics(font());
    QFont bold = font();
    bold.setBold(true);
    double y = area.bottom() + 5;
    const auto line = [&](const QString& text, const QFont& with, const QColor& ink) {
        painter.setFont(with);
        painter.setPen(ink);
        const QRectF row(kPad, y, width() - 2 * kPad, metrics.lineSpacing());
        painter.drawText(
            row,
            Qt::AlignLeft | Qt::AlignVCenter,
            QFontMetrics(with).elidedText(text, Qt::ElideRight, static_cast<int>(row.width())));
        y += metrics.lineSpacing();
    };
    line(text(), bold, palette().color(QPalette::Text));
    for (const QString& text : lines_) {
        const bool is_other = differs_ && text.startsWith(QStringLiteral("≠"));
        line(text, is_other ? bold : font(), palette().color(QPalette::Text));
    }
    if (hasFocus()) {
        painter.setPen(QPen(palette().color(QPalette::Highlight), 1, Qt::DotLine));
        painter.drawRect(QRectF(rect()).adjusted(4.5, 4.5, -4.5, -4.5));
    }
}

bool MethodTile::event(QEvent* event) {
    if (event->type() == QEvent::PaletteChange || event->type() == QEvent::Resize) {
        is_stale_ = true;
    }
    return QAbstractButton::event(event);
}

void MethodTile::mouseReleaseEvent(QMouseEvent* event) {
    const bool is_click = isDown() && hitButton(event->pos());
    const bool as_reference = event->modifiers().testFlag(Qt::ControlModifier);
    QAbstractButton::mouseReleaseEvent(event);
    if (is_click && event->button() == Qt::LeftButton) {
        Q_EMIT chosen(as_reference);
    }
}

void MethodTile::keyPressEvent(QKeyEvent* event) {
    const int key = event->key();
    if (key == Qt::Key_Return || key == Qt::Key_Enter || key == Qt::Key_Space) {
        Q_EMIT chosen(event->modifiers().testFlag(Qt::ControlModifier));
        return;
    }
    QAbstractButton::keyPressEvent(event);
}

}  // namespace prunescope
