#include "ui/views/overlay_marks.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <memory>

#include <QCache>
#include <QImage>
#include <QPaintEngine>
#include <QPainterPath>
#include <QPen>

namespace prunescope {

namespace {

constexpr double kHatchSpacing = 7;

QPen flatPen(const QColor& color, double width, Qt::PenStyle style = Qt::SolidLine) {
    QPen pen(color, width, style, Qt::FlatCap, Qt::MiterJoin);
    return pen;
}

/// Collects frames of the same pen, so that each pen is set once.
class FrameBatch {
public:
    void add(const QRectF& cell, double from_edge, double width) {
        const double inset = from_edge + width / 2;
        if (cell.width() > 2 * inset && cell.height() > 2 * inset) {
            frames_.append(cell.adjusted(inset, inset, -inset, -inset));
        }
    }

    void draw(QPainter& painter, const QPen& pen) {
        painter.setPen(pen);
        painter.drawRects(frames_);
    }

private:
    QVector<QRectF> frames_;
};

/// A coloured frame between a white halo (outside) and a dark hairline (inside).
void drawFrames(QPainter& painter,
                const std::vector<CellMark>& cells,
                const QColor& color,
                const DetailLevel& detail,
                bool width_by_mass) {
    std::map<int, std::pair<FrameBatch, FrameBatch>> by_width;  // key: quarter pixels
    FrameBatch halo;
    const double edge = detail.texture ? 1 : detail.stroke * 0.75;
    for (const CellMark& cell : cells) {
        const double grown = width_by_mass ? 2 + 2 * static_cast<double>(cell.mass_share) : 2;
        const int quarters = std::max(4, static_cast<int>(std::lround(grown * detail.stroke * 4)));
        const double width = quarters / 4.0;
        auto& [line, hairline] = by_width[quarters];
        halo.add(cell.rect, 0, edge);
        line.add(cell.rect, edge, width);
        if (detail.glyphs) {
            hairline.add(cell.rect, edge + width, edge);
        }
    }
    if (detail.glyphs) {
        halo.draw(painter, flatPen(Qt::white, edge));
    }
    for (auto& [quarters, batches] : by_width) {
        batches.first.draw(painter, flatPen(color, quarters / 4.0));
        batches.second.draw(painter, flatPen(Qt::black, edge));
    }
}

void drawDouble(QPainter& painter,
                const std::vector<CellMark>& cells,
                const QColor& color,
                const DetailLevel& detail) {
    FrameBatch outer;
    FrameBatch gap;
    FrameBatch inner;
    FrameBatch hairline;
    const double line = 2 * detail.stroke;
    for (const CellMark& cell : cells) {
        outer.add(cell.rect, 0, line);
        gap.add(cell.rect, line, line * 0.75);
        inner.add(cell.rect, line * 1.75, line);
        hairline.add(cell.rect, line * 2.75, 1);
    }
    outer.draw(painter, flatPen(color, line));
    if (detail.glyphs) {
        gap.draw(painter, flatPen(Qt::white, line * 0.75));
        inner.draw(painter, flatPen(color, line));
    }
    if (detail.texture) {
        hairline.draw(painter, flatPen(Qt::black, 1));
    }
}

void drawBroken(QPainter& painter,
                const std::vector<CellMark>& cells,
                const QColor& color,
                double width,
                const QVector<qreal>& pattern,
                const DetailLevel& detail) {
    FrameBatch ground;
    FrameBatch line;
    for (const CellMark& cell : cells) {
        ground.add(cell.rect, 0, width + 1);
        line.add(cell.rect, 0.5, width);
    }
    if (detail.glyphs) {
        ground.draw(painter, flatPen(QColor(0, 0, 0, 190), width + 1));
    }
    QPen pen = flatPen(color, width);
    pen.setDashPattern(pattern);
    line.draw(painter, pen);
}

void drawOutlines(QPainter& painter,
                  const FateStyle& style,
                  const std::vector<CellMark>& cells,
                  const DetailLevel& detail) {
    const QColor color(style.color);
    switch (style.outline) {
        case Outline::None:
            break;
        case Outline::Solid:
            drawFrames(painter, cells, color, detail, false);
            break;
        case Outline::SolidByMass:
            drawFrames(painter, cells, color, detail, true);
            break;
        case Outline::Double:
            drawDouble(painter, cells, color, detail);
            break;
        case Outline::Dashed:
            if (detail.glyphs) {
                drawBroken(painter, cells, color, 1, {4, 3}, detail);
            }
            break;
        case Outline::Dotted:
            drawBroken(painter, cells, color, 2, {1, 1.2}, detail);
            break;
    }
}

void drawHatch(QPainter& painter, const std::vector<CellMark>& cells, const QColor& color) {
    QVector<QLineF> lines;
    for (const CellMark& cell : cells) {
        appendDiagonals(cell.rect.adjusted(2, 2, -2, -2), kHatchSpacing, lines);
    }
    QColor faint = color;
    faint.setAlpha(165);
    painter.setRenderHint(QPainter::Antialiasing, true);
    painter.setPen(flatPen(faint, 1));
    painter.drawLines(lines);
    painter.setRenderHint(QPainter::Antialiasing, false);
}

/// A filled bar at the lower left whose height is the mass.
void drawBars(QPainter& painter, const std::vector<CellMark>& cells, const QColor& color) {
    for (const CellMark& cell : cells) {
        const double inset = 4 + 2 * static_cast<double>(cell.mass_share);
        const double room = cell.rect.height() - 2 * inset - 1;
        const double width = std::clamp(cell.rect.width() * 0.16, 3.0, 8.0);
        const double height = std::max(2.0, room * static_cast<double>(cell.mass_share));
        const QRectF bar(
            cell.rect.left() + inset + 1, cell.rect.bottom() - inset - 1 - height, width, height);
        painter.fillRect(bar.adjusted(-1, -1, 1, 1), Qt::white);
        painter.fillRect(bar, color);
    }
}

void appendArrow(QVector<QLineF>& lines, QPointF centre, double size, QPointF toward) {
    const double angle = toward.isNull() ? -M_PI / 4 : std::atan2(toward.y(), toward.x());
    const QTransform place = QTransform::fromTranslate(centre.x(), centre.y()).rotateRadians(angle);
    const QPointF tip = place.map(QPointF(size / 2, 0));
    lines << QLineF(place.map(QPointF(-size / 2, 0)), tip)
          << QLineF(place.map(QPointF(size * 0.12, -size * 0.34)), tip)
          << QLineF(place.map(QPointF(size * 0.12, size * 0.34)), tip);
}

void appendCross(QVector<QLineF>& lines, QPointF centre, double size) {
    const double r = size * 0.4;
    lines << QLineF(centre - QPointF(r, r), centre + QPointF(r, r))
          << QLineF(centre - QPointF(r, -r), centre + QPointF(r, -r));
}

QPainterPath trianglePath(double size) {
    const double r = size / 2;
    QPainterPath path;
    path.moveTo(0, -r);
    path.lineTo(r, r * 0.75);
    path.lineTo(-r, r * 0.75);
    path.closeSubpath();
    return path;
}

double smallerSide(const CellMark& cell) {
    return std::min(cell.rect.width(), cell.rect.height());
}

QPen roundPen(const QColor& color, double width) {
    return {color, width, Qt::SolidLine, Qt::RoundCap, Qt::RoundJoin};
}

/// Arrows and crosses. As plain lines: a path of several hundred glyphs takes ten times as long.
void drawLineGlyphs(QPainter& painter, const FateStyle& style, const std::vector<CellMark>& cells) {
    QVector<QLineF> lines;
    for (const CellMark& cell : cells) {
        const double size = std::clamp(smallerSide(cell) * 0.44, 4.0, 16.0);
        if (style.glyph == Glyph::Arrow) {
            appendArrow(lines, cell.rect.center(), size, cell.toward);
        } else {
            appendCross(lines, cell.rect.center(), size);
        }
    }
    const double width = smallerSide(cells.front()) < 14 ? 1.0 : 1.75;
    // Square caps: Qt draws such lines without stroking a path first.
    painter.setPen(QPen(QColor(0, 0, 0, 210), width + 2, Qt::SolidLine, Qt::SquareCap));
    painter.drawLines(lines);
    painter.setPen(QPen(QColor(style.color), width, Qt::SolidLine, Qt::SquareCap));
    painter.drawLines(lines);
}

/// At the upper left: star and number of a cluster have the rest of the cell.
void drawTriangles(QPainter& painter, const FateStyle& style, const std::vector<CellMark>& cells) {
    for (const CellMark& cell : cells) {
        const double side = smallerSide(cell);
        const double size = std::clamp(side * 0.34, 4.0, 16.0);
        const QPointF at(cell.rect.left() + side * 0.34, cell.rect.top() + side * 0.36);
        const QPainterPath triangle = trianglePath(size).translated(at);
        painter.setPen(roundPen(Qt::white, side < 14 ? 2.0 : 3.0));
        painter.drawPath(triangle);
        painter.fillPath(triangle, QColor(style.color));
    }
}

void drawGlyphs(QPainter& painter, const FateStyle& style, const std::vector<CellMark>& cells) {
    painter.setRenderHint(QPainter::Antialiasing, true);
    painter.setBrush(Qt::NoBrush);
    if (style.glyph == Glyph::Triangle) {
        drawTriangles(painter, style, cells);
    } else {
        drawLineGlyphs(painter, style, cells);
    }
    painter.setRenderHint(QPainter::Antialiasing, false);
}

constexpr double kHalo_px = 3;  // of the pen: half of it lies outside the letters

void drawHaloPath(QPainter& painter, QPointF centre, const QString& text, const QColor& ink) {
    QPainterPath path;
    const QFontMetricsF metrics(painter.font());
    const QRectF bounds = metrics.tightBoundingRect(text);
    path.addText(centre - bounds.center(), painter.font(), text);
    painter.save();
    painter.setRenderHint(QPainter::Antialiasing, true);
    const QColor halo = ink.lightness() > 127 ? QColor(0, 0, 0, 220) : QColor(255, 255, 255, 230);
    painter.setPen(QPen(halo, kHalo_px, Qt::SolidLine, Qt::RoundCap, Qt::RoundJoin));
    painter.setBrush(Qt::NoBrush);
    painter.drawPath(path);
    painter.setPen(Qt::NoPen);
    painter.setBrush(ink);
    painter.drawPath(path);
    painter.restore();
}

/// The same few numbers come back with every repaint, and stroking letters takes longer than all
/// else on a patch.
const QImage& haloLabel(const QString& text, const QFont& font, const QColor& ink, double ratio) {
    constexpr int kMostLabels = 1024;
    thread_local QCache<QString, QImage> labels(kMostLabels);
    const QString key =
        QStringLiteral("%1/%2/%3/%4")
            .arg(font.key(), QString::number(ink.rgba()), QString::number(ratio), text);
    if (const QImage* known = labels.object(key)) {
        return *known;
    }
    const QSizeF bounds = QFontMetricsF(font).tightBoundingRect(text).size();
    const QSizeF size = (bounds + QSizeF(kHalo_px + 2, kHalo_px + 2)) * ratio;
    auto label = std::make_unique<QImage>(size.toSize(), QImage::Format_ARGB32_Premultiplied);
    label->setDevicePixelRatio(ratio);
    label->fill(Qt::transparent);
    QPainter painter(label.get());
    painter.setFont(font);
    drawHaloPath(painter, QRectF({}, label->deviceIndependentSize()).center(), text, ink);
    painter.end();
    labels.insert(key, label.release());
    return *labels.object(key);
}

}  // namespace

DetailLevel detailFor(double cell_size) {
    DetailLevel detail;
    // At a fitted 24 x 24 grid most cells are merged: their arrows would hide the picture.
    detail.glyphs = cell_size >= 18;
    detail.texture = cell_size > 20;
    detail.near = cell_size > 36;
    detail.stroke = cell_size > 20 ? 1 : (cell_size >= 12 ? 0.75 : 0.5);
    return detail;
}

void appendDiagonals(const QRectF& area, double spacing, QVector<QLineF>& lines) {
    if (area.isEmpty()) {
        return;
    }
    const double step = spacing * std::sqrt(2.0);  // distance of x + y between two lines
    const double first = std::ceil((area.left() + area.top()) / step) * step;
    for (double sum = first; sum < area.right() + area.bottom(); sum += step) {
        const double x_from = std::max(area.left(), sum - area.bottom());
        const double x_to = std::min(area.right(), sum - area.top());
        if (x_to > x_from) {
            lines.append(QLineF(x_from, sum - x_from, x_to, sum - x_to));
        }
    }
}

void paintCellMarks(QPainter& painter,
                    const FateStyle& style,
                    const std::vector<CellMark>& cells,
                    const DetailLevel& detail) {
    if (cells.empty()) {
        return;
    }
    painter.save();
    painter.setRenderHint(QPainter::Antialiasing, false);
    painter.setBrush(Qt::NoBrush);
    if (style.fill == FillTreatment::DarkerHatched) {
        if (detail.near) {
            drawHatch(painter, cells, QColor(style.color));
        } else {
            // Most patches of a picture are merged: what is left of it must stay ahead of them.
            painter.setOpacity(painter.opacity() * 0.5);
        }
    }
    drawOutlines(painter, style, cells, detail);
    if (detail.texture && style.glyph == Glyph::Bar) {
        drawBars(painter, cells, QColor(style.color));
    } else if (detail.glyphs && style.glyph != Glyph::None && style.glyph != Glyph::Bar) {
        drawGlyphs(painter, style, cells);
    }
    painter.restore();
}

void paintFocusFrame(QPainter& painter, const QRectF& cell, bool hovered) {
    painter.save();
    painter.setRenderHint(QPainter::Antialiasing, false);
    painter.setBrush(Qt::NoBrush);
    const double width = hovered ? 2 : 3;
    const double out = width / 2;
    painter.setPen(flatPen(Qt::black, width + 2));
    painter.drawRect(cell.adjusted(-out, -out, out, out));
    painter.setPen(flatPen(QColor(0xf0e442), width, hovered ? Qt::DashLine : Qt::SolidLine));
    painter.drawRect(cell.adjusted(-out, -out, out, out));
    painter.restore();
}

void paintSparseDiagonals(QPainter& painter, const QRectF& area, const QColor& color) {
    QVector<QLineF> lines;
    appendDiagonals(area, 14, lines);
    painter.save();
    painter.setRenderHint(QPainter::Antialiasing, true);
    painter.setPen(flatPen(color, 1));
    painter.drawLines(lines);
    painter.restore();
}

void paintHaloText(QPainter& painter, const QRectF& area, const QString& text, const QColor& ink) {
    // Vectors stay vectors, and what is scaled stays sharp.
    if (painter.paintEngine()->type() != QPaintEngine::Raster ||
        painter.transform().type() > QTransform::TxTranslate) {
        drawHaloPath(painter, area.center(), text, ink);
        return;
    }
    const double ratio = painter.device()->devicePixelRatioF();
    const QImage& label = haloLabel(text, painter.font(), ink, ratio);
    const QPointF corner = area.center() - QRectF({}, label.deviceIndependentSize()).center();
    painter.drawImage(
        QPointF(std::round(corner.x() * ratio), std::round(corner.y() * ratio)) / ratio, label);
}

}  // namespace prunescope
