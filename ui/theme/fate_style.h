#pragma once

#include "core/trace/run_trace.h"

#include <array>

#include <QColor>
#include <QString>

namespace prunescope {

enum class Outline { None, Solid, SolidByMass, Dashed, Double, Dotted };
enum class FillTreatment { Full, FullWithBar, DarkerHatched, GreyDark, Darker };
enum class Glyph { None, Bar, Arrow, Triangle, Cross };

/// How a fate looks. Outline, fill and glyph say it without colour; colour is the fourth channel.
struct FateStyle {
    PatchFate fate;
    Outline outline;
    FillTreatment fill;
    Glyph glyph;
    QRgb color;
    double darken;  ///< share of brightness taken away
};

inline constexpr int kFateCount = 6;

/// All fates in the order of PatchFate, which is the order of the legend.
const std::array<FateStyle, kFateCount>& fateStyles();
const FateStyle& styleOf(PatchFate fate);

QString fateLabel(PatchFate fate);

/// One sentence for tooltips.
QString fateHelp(PatchFate fate);

/// In how many of outline, fill and glyph two styles differ.
int nonColourDifference(const FateStyle& a, const FateStyle& b);

}  // namespace prunescope
