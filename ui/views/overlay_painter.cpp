#include "ui/views/overlay_painter.h"

#include "ui/theme/cluster_colors.h"
#include "ui/views/rule_marks.h"

#include <algorithm>
#include <cmath>

#include <QPainterPath>

namespace prunescope {

namespace {

std::vector<CellMark> marksOf(const OverlayInput& input, PatchFate fate, const QRectF& visible) {
    const OverlayScene& scene = *input.scene;
    std::vector<CellMark> marks;
    for (int patch = 0; patch < scene.grid.count(); ++patch) {
        const auto i = static_cast<std::size_t>(patch);
        if (scene.fates[i] != fate) {
            continue;
        }
        const QRectF cell = input.transform.widgetRectOf(patch);
        if (!cell.intersects(visible)) {
            continue;
        }
        CellMark mark{QRectF(input.transform.pixelRectOf(patch)), scene.mass[i], 0, {}};
        if (scene.max_mass > 1) {
            mark.mass_share = std::clamp((scene.mass[i] - 1) / (scene.max_mass - 1), 0.0F, 1.0F);
        }
        if (const int anchor = scene.main_anchor[i]; anchor >= 0) {
            mark.toward = input.transform.widgetRectOf(anchor).center() - cell.center();
        }
        marks.push_back(mark);
    }
    return marks;
}

QVector<QRectF> stripOf(const std::vector<CornerLoop>& loops,
                        const ViewTransform& transform,
                        double from,
                        double to) {
    QVector<QRectF> strip;
    for (const CornerLoop& loop : loops) {
        QPolygonF outline;
        outline.reserve(static_cast<qsizetype>(loop.size()));
        for (const QPoint& corner : loop) {
            outline << QPointF(transform.pixelFromCorner(corner.x(), corner.y()));
        }
        strip += innerStrip(outline, from, to);
    }
    return strip;
}

void fillRects(QPainter& painter, const QVector<QRectF>& rects, const QColor& color) {
    painter.setPen(Qt::NoPen);
    painter.setBrush(color);
    painter.drawRects(rects);
}

/// The cells of every cluster, neighbours in a row as one.
std::vector<QVector<QRectF>> clusterAreas(const OverlayScene& scene,
                                          const ViewTransform& transform) {
    std::vector<QVector<QRectF>> areas(scene.clusters.size());
    const PatchGrid& grid = scene.grid;
    for (int row = 0; row < grid.rows; ++row) {
        for (int col = 0; col < grid.cols;) {
            const auto* label = &scene.cluster_of[static_cast<std::size_t>(row * grid.cols + col)];
            int length = 1;
            while (col + length < grid.cols && label[length] == label[0]) {
                ++length;
            }
            if (label[0] >= 0) {
                areas[static_cast<std::size_t>(label[0])]
                    << QRectF(QPointF(transform.pixelFromCorner(col, row)),
                              QPointF(transform.pixelFromCorner(col + length, row + 1)));
            }
            col += length;
        }
    }
    return areas;
}

QPainterPath starPath(double radius) {
    QPolygonF star;
    for (int i = 0; i < 10; ++i) {
        const double angle = -M_PI / 2 + i * M_PI / 5;
        const double r = i % 2 == 0 ? radius : radius * 0.42;
        star << QPointF(r * std::cos(angle), r * std::sin(angle));
    }
    QPainterPath path;
    path.addPolygon(star);
    path.closeSubpath();
    return path;
}

QColor meanColourOf(const OverlayInput& input, std::int32_t cluster) {
    qint64 red = 0;
    qint64 green = 0;
    qint64 blue = 0;
    qint64 n = 0;
    for (int patch = 0; patch < input.scene->grid.count(); ++patch) {
        if (input.scene->cluster_of[static_cast<std::size_t>(patch)] != cluster) {
            continue;
        }
        const QColor mean = input.picture->meanColor(input.transform.pictureRectOf(patch));
        if (mean.isValid()) {
            red += mean.red();
            green += mean.green();
            blue += mean.blue();
            ++n;
        }
    }
    if (n == 0) {
        return {};
    }
    return {static_cast<int>(red / n), static_cast<int>(green / n), static_cast<int>(blue / n)};
}

void paintClusterAreas(QPainter& painter, const OverlayInput& input) {
    painter.setRenderHint(QPainter::Antialiasing, false);
    const auto areas = clusterAreas(*input.scene, input.transform);
    for (std::size_t i = 0; i < areas.size(); ++i) {
        QColor tint(kClusterHues[static_cast<std::size_t>(input.scene->clusters[i].hue)]);
        tint.setAlphaF(0.15F);
        if (input.options.cluster_fill && input.picture != nullptr) {
            const QColor mean = meanColourOf(input, static_cast<std::int32_t>(i));
            tint = mean.isValid() ? mean : tint;
        }
        fillRects(painter, areas[i], tint);
    }
}

/// Inside its area, so that two clusters lie side by side; on whole pixels and as rectangles, since
/// stroked paths took longer than the rest of the overlay.
void paintClusterLines(QPainter& painter, const OverlayInput& input) {
    painter.setRenderHint(QPainter::Antialiasing, false);
    const bool small = input.transform.cellSize() < 8;
    const auto line = [&](const ClusterShape& shape, double from, double to, const QColor& color) {
        fillRects(painter, stripOf(shape.loops, input.transform, from, to), color);
    };
    for (const ClusterShape& shape : input.scene->clusters) {
        const QColor hue(kClusterHues[static_cast<std::size_t>(shape.hue)]);
        if (small) {
            line(shape, 0, 1, hue);
            continue;
        }
        line(shape, 0, 1, QColor(0, 0, 0, 200));
        line(shape, 1, 3, hue);
    }
}

void paintRepresentatives(QPainter& painter, const OverlayInput& input) {
    const double cell = input.transform.cellSize();
    if (cell < 12) {
        return;
    }
    QFont font = painter.font();
    font.setPixelSize(static_cast<int>(std::clamp(cell * 0.42, 9.0, 18.0)));
    font.setBold(true);
    painter.save();
    painter.setFont(font);
    painter.setRenderHint(QPainter::Antialiasing, true);
    const double radius = std::clamp(cell * 0.19, 3.0, 9.0);
    const QPainterPath star = starPath(radius);
    QPainterPathStroker around(QPen(Qt::black, 2.5, Qt::SolidLine, Qt::RoundCap, Qt::RoundJoin));
    const QPainterPath halo = around.createStroke(star);
    for (std::size_t i = 0; i < input.scene->clusters.size(); ++i) {
        const int patch = input.scene->clusters[i].representative;
        if (patch < 0) {
            continue;
        }
        const QRectF rect = input.transform.widgetRectOf(patch);
        const QPointF at(rect.right() - radius - cell * 0.14, rect.top() + radius + cell * 0.14);
        painter.fillPath(halo.translated(at), Qt::black);
        painter.fillPath(star.translated(at), QColor(0xf0e442));
        if (cell > 20) {
            const QRectF place(rect.left(), rect.center().y(), rect.width(), rect.height() / 2);
            paintHaloText(
                painter, place.translated(0, -cell * 0.06), QString::number(i), Qt::white);
        }
    }
    painter.restore();
}

/// The picture beyond the model's view, and padding that is part of the view but not the picture.
void paintBorders(QPainter& painter, const OverlayInput& input) {
    const QRectF picture = input.picture->rect();
    const QRectF source = input.transform.source;
    const auto cover = [&](const QRectF& whole, const QRectF& hole, const QColor& shade) {
        const QRectF inner = whole.intersected(hole);
        const QRectF parts[] = {
            {whole.topLeft(), QPointF(whole.right(), inner.top())},
            {QPointF(whole.left(), inner.bottom()), whole.bottomRight()},
            {QPointF(whole.left(), inner.top()), inner.bottomLeft()},
            {inner.topRight(), QPointF(whole.right(), inner.bottom())},
        };
        for (const QRectF& part : parts) {
            const QRectF area = input.transform.widgetFromPicture(part);
            if (area.width() > 0.5 && area.height() > 0.5) {
                painter.fillRect(area, shade);
                paintSparseDiagonals(painter, area, input.theme->faint);
            }
        }
    };
    QColor veil = input.theme->background;
    veil.setAlpha(170);
    cover(picture, source, veil);
    cover(source, picture, QColor(128, 128, 128, 60));
    painter.setRenderHint(QPainter::Antialiasing, false);
    painter.setBrush(Qt::NoBrush);
    painter.setPen(QPen(input.theme->faint, 1));
    painter.drawRect(input.transform.widgetFromPicture(source));
}

}  // namespace

void paintMarks(QPainter& painter, const OverlayInput& input, const QRectF& visible) {
    const ViewTransform& transform = input.transform;
    if (!transform.hasGrid()) {
        return;
    }
    painter.save();
    if (input.picture != nullptr && !input.picture->isNull()) {
        paintBorders(painter, input);
    }
    if (!input.options.on || input.scene == nullptr || input.scene->isEmpty()) {
        painter.restore();
        return;
    }
    const DetailLevel detail = detailFor(transform.cellSize());
    const bool clusters = input.options.clusters && !input.scene->clusters.empty();
    painter.setOpacity(input.options.opacity);
    if (clusters) {
        paintClusterAreas(painter, input);
    }
    for (const FateStyle& style : fateStyles()) {
        // Before the first stage all patches are alike: a frame on each would say nothing.
        if (input.options.shows(style.fate) && input.scene->stage >= 0) {
            paintCellMarks(painter, style, marksOf(input, style.fate, visible), detail);
        }
    }
    if (clusters) {
        if (!input.options.cluster_fill) {
            paintClusterLines(painter, input);
        }
        paintRepresentatives(painter, input);
    }
    paintRules(painter, input.scene->rules, transform, visible);
    painter.restore();
}

QImage renderStatic(const OverlayInput& input, QSize size, double device_pixel_ratio) {
    static const OverlayScene kNoScene;
    QImage layer = renderTreated(*input.picture,
                                 input.scene != nullptr ? *input.scene : kNoScene,
                                 input.transform,
                                 input.options,
                                 size,
                                 device_pixel_ratio,
                                 input.theme->background);
    QPainter painter(&layer);
    paintMarks(painter, input, QRectF(QPointF(0, 0), QSizeF(size)));
    return layer;
}

void paintFocus(QPainter& painter,
                const OverlayInput& input,
                const std::vector<int>& selected,
                int hovered) {
    if (!input.transform.hasGrid() || input.scene == nullptr || input.scene->isEmpty()) {
        return;
    }
    if (input.options.on) {
        const EdgeSelection edges =
            selectEdges(*input.scene, input.options.edges, selected, hovered);
        paintEdges(painter, edges, input.transform);
    }
    for (const int patch : selected) {
        if (patch >= 0 && patch < input.scene->grid.count()) {
            paintFocusFrame(painter, input.transform.widgetRectOf(patch), false);
        }
    }
    if (hovered >= 0 && hovered < input.scene->grid.count()) {
        paintFocusFrame(painter, input.transform.widgetRectOf(hovered), true);
    }
}

void paintSwatch(QPainter& painter, const QRectF& cell, PatchFate fate) {
    const FateStyle& style = styleOf(fate);
    painter.fillRect(cell,
                     style.fill == FillTreatment::GreyDark ? QColor(0x9a9a9a) : QColor(0xb9c8b0));
    painter.fillRect(cell, QColor::fromRgbF(0, 0, 0, static_cast<float>(style.darken)));
    CellMark mark{cell, 3, 0.6F, {}};
    paintCellMarks(painter, style, {mark}, detailFor(cell.width()));
}

void paintClusterSwatch(QPainter& painter, const QRectF& cell, bool filled) {
    OverlayScene scene;
    scene.grid = {1, 1, 1};
    scene.cluster_of = {0};
    scene.clusters = {{boundaryLoops(scene.grid, scene.cluster_of, 0), 0, 2}};
    OverlayInput input;
    input.scene = &scene;
    input.transform = {1, cell.topLeft(), QRectF(QPointF(0, 0), cell.size()), scene.grid};
    painter.save();
    painter.fillRect(cell, filled ? QColor(0x8fae84) : QColor(0xb9c8b0));
    if (!filled) {
        paintClusterAreas(painter, input);
        paintClusterLines(painter, input);
    }
    paintRepresentatives(painter, input);
    painter.restore();
}

}  // namespace prunescope
