#include "ui/theme/fate_style.h"

#include "ui/theme/palette.h"

#include <QCoreApplication>

namespace prunescope {

const std::array<FateStyle, kFateCount>& fateStyles() {
    static constexpr std::array<FateStyle, kFateCount> kStyles{{
        {PatchFate::Kept, Outline::Solid, FillTreatment::Full, Glyph::None, okabe::kBlue, 0},
        {PatchFate::Enriched,
         Outline::SolidByMass,
         FillTreatment::FullWithBar,
         Glyph::Bar,
         okabe::kBlue,
         0},
        {PatchFate::Reselected,
         Outline::Double,
         FillTreatment::Full,
         Glyph::Triangle,
         okabe::kVermillion,
         0},
        {PatchFate::Evicted,
         Outline::Dotted,
         FillTreatment::Darker,
         Glyph::Cross,
         okabe::kPurple,
         0.45},
        {PatchFate::Merged,
         Outline::Dashed,
         FillTreatment::DarkerHatched,
         Glyph::Arrow,
         okabe::kOrange,
         0.45},
        {PatchFate::Dropped,
         Outline::None,
         FillTreatment::GreyDark,
         Glyph::None,
         okabe::kBlack,
         0.70},
    }};
    return kStyles;
}

const FateStyle& styleOf(PatchFate fate) {
    return fateStyles()[static_cast<std::size_t>(fate)];
}

QString fateLabel(PatchFate fate) {
    const auto text = [](const char* source) {
        return QCoreApplication::translate("FateStyle", source);
    };
    switch (fate) {
        case PatchFate::Kept:
            return text(QT_TRANSLATE_NOOP("FateStyle", "Kept"));
        case PatchFate::Enriched:
            return text(QT_TRANSLATE_NOOP("FateStyle", "Kept, enriched"));
        case PatchFate::Reselected:
            return text(QT_TRANSLATE_NOOP("FateStyle", "Re-selected"));
        case PatchFate::Evicted:
            return text(QT_TRANSLATE_NOOP("FateStyle", "Evicted"));
        case PatchFate::Merged:
            return text(QT_TRANSLATE_NOOP("FateStyle", "Merged"));
        case PatchFate::Dropped:
            return text(QT_TRANSLATE_NOOP("FateStyle", "Dropped"));
    }
    return {};
}

QString fateHelp(PatchFate fate) {
    const auto text = [](const char* source) {
        return QCoreApplication::translate("FateStyle", source);
    };
    switch (fate) {
        case PatchFate::Kept:
            return text(QT_TRANSLATE_NOOP("FateStyle", "Still a token after this stage."));
        case PatchFate::Enriched:
            return text(QT_TRANSLATE_NOOP(
                "FateStyle",
                "Still a token, and it received the context of others. The bar is its mass."));
        case PatchFate::Reselected:
            return text(QT_TRANSLATE_NOOP(
                "FateStyle", "Chosen by the re-selection; the baseline had not kept it."));
        case PatchFate::Evicted:
            return text(QT_TRANSLATE_NOOP(
                "FateStyle", "The baseline had kept it; the re-selection chose another."));
        case PatchFate::Merged:
            return text(QT_TRANSLATE_NOOP(
                "FateStyle",
                "Handed its context on, then removed. The arrow points to its main anchor."));
        case PatchFate::Dropped:
            return text(QT_TRANSLATE_NOOP("FateStyle", "Removed without handing anything on."));
    }
    return {};
}

int nonColourDifference(const FateStyle& a, const FateStyle& b) {
    return static_cast<int>(a.outline != b.outline) + static_cast<int>(a.fill != b.fill) +
           static_cast<int>(a.glyph != b.glyph);
}

}  // namespace prunescope
