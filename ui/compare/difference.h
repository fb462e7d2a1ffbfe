#pragma once

#include "core/trace/run_trace.h"
#include "ui/views/overlay_painter.h"

#include <array>
#include <vector>

#include <QPainter>
#include <QString>

namespace prunescope {

/// Which of two runs keeps a patch.
enum class Presence { OnlyA, OnlyB, Both, Neither };

inline constexpr int kPresenceCount = 4;

/// How a presence looks. As with fates, outline, fill and glyph say it without colour.
struct PresenceStyle {
    Presence presence;
    Outline outline;
    QRgb color;
    double darken;      ///< share of brightness taken away
    Qt::Corner corner;  ///< of the filled triangle, where has_corner
    bool has_corner;
};

const std::array<PresenceStyle, kPresenceCount>& presenceStyles();
QString presenceLabel(Presence presence);

/// One sentence for tooltips.
QString presenceHelp(Presence presence);

/// Per patch of `a`, after stage `stage_a` of it and stage `stage_b` of `b`.
std::vector<Presence> presenceOf(const ViewTrace& a, int stage_a, const ViewTrace& b, int stage_b);

/// The picture with the patches that neither keeps darkened, and the marks of the others.
/// @param input  of A; its scene is not read
QImage renderDifference(const OverlayInput& input,
                        const std::vector<Presence>& presence,
                        QSize size,
                        double device_pixel_ratio);

/// The legend's sample, by the same code.
void paintPresenceSwatch(QPainter& painter, const QRectF& cell, Presence presence);

}  // namespace prunescope
