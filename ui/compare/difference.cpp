#include "ui/compare/difference.h"

#include "ui/compare/linked_views.h"

#include <algorithm>
#include <cmath>

#include <QCoreApplication>
#include <QPainterPath>

namespace prunescope {

namespace {

constexpr double kSmallestCorner = 7;  // side of a cell in pixels

bool isKept(PatchFate fate) {
    return fate == PatchFate::Kept || fate == PatchFate::Enriched || fate == PatchFate::Reselected;
}

/// The triangle in a cell's corner with the side's letter where there is room.
void paintCorner(QPainter& painter, const QRectF& cell, const PresenceStyle& style) {
    const double side = std::clamp(std::min(cell.width(), cell.height()) * 0.6, 5.0, 24.0);
    const bool is_first = style.corner == Qt::TopLeftCorner;
    const QPointF at = is_first ? cell.topLeft() : cell.bottomRight();
    const double way = is_first ? side : -side;
    QPainterPath path(at);
    path.lineTo(at + QPointF(way, 0));
    path.lineTo(at + QPointF(0, way));
    path.closeSubpath();
    painter.setPen(QPen(Qt::white, 1));
    painter.setBrush(QColor(style.color));
    painter.drawPath(path);
    painter.setBrush(Qt::NoBrush);
    if (side < 12.5) {
        return;
    }
    QFont font = painter.font();
    font.setPixelSize(static_cast<int>(side * 0.58));
    font.setBold(true);
    painter.setFont(font);
    const double room = side * 0.6;
    const QPointF corner = is_first ? at + QPointF(1, 1) : at - QPointF(room + 1, room + 1);
    painter.drawText(QRectF(corner, QSizeF(room, room)),
                     Qt::AlignCenter,
                     is_first ? QStringLiteral("A") : QStringLiteral("B"));
}

void paintPresence(QPainter& painter,
                   const PresenceStyle& style,
                   const std::vector<CellMark>& cells,
                   const DetailLevel& detail) {
    // The frames are the fates' own; only what the frame means differs.
    const FateStyle frame{PatchFate::Kept,
                          style.outline,
                          FillTreatment::Full,
                          Glyph::None,
                          style.color,
                          style.darken};
    paintCellMarks(painter, frame, cells, detail);
    // Smaller cells need the corners too: there the frames differ in colour alone.
    if (!style.has_corner || cells.empty() || cells.front().rect.width() < kSmallestCorner) {
        return;
    }
    painter.save();
    painter.setRenderHint(QPainter::Antialiasing, true);
    for (const CellMark& cell : cells) {
        paintCorner(painter, cell.rect, style);
    }
    painter.restore();
}

/// Only the darkening is taken from it.
OverlayScene darkScene(const PatchGrid& grid, const std::vector<Presence>& presence) {
    OverlayScene scene;
    scene.grid = grid;
    for (const Presence one : presence) {
        scene.fates.push_back(one == Presence::Neither ? PatchFate::Dropped : PatchFate::Kept);
    }
    return scene;
}

}  // namespace

const std::array<PresenceStyle, kPresenceCount>& presenceStyles() {
    static constexpr std::array<PresenceStyle, kPresenceCount> kStyles{{
        {Presence::OnlyA, Outline::Solid, okabe::kBlue, 0, Qt::TopLeftCorner, true},
        {Presence::OnlyB, Outline::Dotted, okabe::kVermillion, 0, Qt::BottomRightCorner, true},
        {Presence::Both, Outline::Double, okabe::kGreen, 0, Qt::TopLeftCorner, false},
        {Presence::Neither, Outline::None, okabe::kBlack, 0.7, Qt::TopLeftCorner, false},
    }};
    return kStyles;
}

QString presenceLabel(Presence presence) {
    const auto text = [](const char* source) {
        return QCoreApplication::translate("Difference", source);
    };
    switch (presence) {
        case Presence::OnlyA:
            return text(QT_TRANSLATE_NOOP("Difference", "Only A"));
        case Presence::OnlyB:
            return text(QT_TRANSLATE_NOOP("Difference", "Only B"));
        case Presence::Both:
            return text(QT_TRANSLATE_NOOP("Difference", "Both"));
        case Presence::Neither:
            break;
    }
    return text(QT_TRANSLATE_NOOP("Difference", "Neither"));
}

QString presenceHelp(Presence presence) {
    const auto text = [](const char* source) {
        return QCoreApplication::translate("Difference", source);
    };
    switch (presence) {
        case Presence::OnlyA:
            return text(QT_TRANSLATE_NOOP("Difference", "A keeps this patch, B does not."));
        case Presence::OnlyB:
            return text(QT_TRANSLATE_NOOP("Difference", "B keeps this patch, A does not."));
        case Presence::Both:
            return text(QT_TRANSLATE_NOOP("Difference", "A and B keep this patch."));
        case Presence::Neither:
            break;
    }
    return text(QT_TRANSLATE_NOOP("Difference", "Neither A nor B keeps this patch."));
}

std::vector<Presence> presenceOf(const ViewTrace& a, int stage_a, const ViewTrace& b, int stage_b) {
    const std::vector<PatchFate> in_a = patchFates(a, stage_a);
    const std::vector<PatchFate> in_b = patchFates(b, stage_b);
    std::vector<Presence> presence;
    presence.reserve(in_a.size());
    for (std::size_t patch = 0; patch < in_a.size(); ++patch) {
        const int linked = linkedPatch(a, static_cast<int>(patch), b);
        const bool by_a = isKept(in_a[patch]);
        const bool by_b = linked >= 0 && isKept(in_b[static_cast<std::size_t>(linked)]);
        presence.push_back(by_a && by_b ? Presence::Both
                           : by_a       ? Presence::OnlyA
                           : by_b       ? Presence::OnlyB
                                        : Presence::Neither);
    }
    return presence;
}

QImage renderDifference(const OverlayInput& input,
                        const std::vector<Presence>& presence,
                        QSize size,
                        double device_pixel_ratio) {
    const OverlayScene scene = darkScene(input.transform.grid, presence);
    OverlayInput plain = input;
    plain.scene = nullptr;
    OverlayOptions treatment = input.options;
    treatment.show.fill(true);
    QImage layer = renderTreated(*input.picture,
                                 scene,
                                 input.transform,
                                 treatment,
                                 size,
                                 device_pixel_ratio,
                                 input.theme->background);
    QPainter painter(&layer);
    const QRectF visible(QPointF(0, 0), QSizeF(size));
    paintMarks(painter, plain, visible);  // the borders of the view
    if (!input.options.on) {
        return layer;
    }
    painter.setOpacity(input.options.opacity);
    const DetailLevel detail = detailFor(input.transform.cellSize());
    for (const PresenceStyle& style : presenceStyles()) {
        std::vector<CellMark> cells;
        for (std::size_t patch = 0; patch < presence.size(); ++patch) {
            const QRectF cell = input.transform.widgetRectOf(static_cast<int>(patch));
            if (presence[patch] != style.presence || !cell.intersects(visible)) {
                continue;
            }
            const QPointF from(std::round(cell.left()), std::round(cell.top()));
            const QPointF to(std::round(cell.right()), std::round(cell.bottom()));
            cells.push_back({QRectF(from, to), 1, 0, {}});
        }
        paintPresence(painter, style, cells, detail);
    }
    return layer;
}

void paintPresenceSwatch(QPainter& painter, const QRectF& cell, Presence presence) {
    const PresenceStyle& style = presenceStyles()[static_cast<std::size_t>(presence)];
    painter.fillRect(cell, presence == Presence::Neither ? QColor(0x9a9a9a) : QColor(0xb9c8b0));
    painter.fillRect(cell, QColor::fromRgbF(0, 0, 0, static_cast<float>(style.darken)));
    paintPresence(painter, style, {CellMark{cell, 1, 0, {}}}, detailFor(cell.width()));
}

}  // namespace prunescope
