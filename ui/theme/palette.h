#pragma once

#include <array>

#include <QColor>
#include <QPalette>

namespace prunescope {

/// The eight colours of Okabe and Ito's colour-blind-safe palette.
namespace okabe {
inline constexpr QRgb kBlack = 0xff000000;
inline constexpr QRgb kOrange = 0xffe69f00;
inline constexpr QRgb kSkyBlue = 0xff56b4e9;
inline constexpr QRgb kGreen = 0xff009e73;
inline constexpr QRgb kYellow = 0xfff0e442;
inline constexpr QRgb kBlue = 0xff0072b2;
inline constexpr QRgb kVermillion = 0xffd55e00;
inline constexpr QRgb kPurple = 0xffcc79a7;
}  // namespace okabe

/// Colours of canvas and plots that depend on a light or dark window.
struct Theme {
    bool dark = false;
    QColor background;  ///< behind the picture and the plots
    QColor ink;         ///< text and axes
    QColor faint;       ///< grid lines, secondary text
    QColor card;        ///< behind text that lies over a picture or plot
    QColor series;      ///< the measured curve
    QColor fired;       ///< markers of a re-selection
    QColor threshold;   ///< tau
    QColor band;        ///< null band
    QColor interval;    ///< validity interval

    bool operator==(const Theme&) const = default;
};

const Theme& lightTheme();
const Theme& darkTheme();

/// Without shades: ink on pure white or black.
const Theme& highContrastTheme(bool dark);

/// The theme that fits a widget's palette; high contrast where its window is pure white or black.
const Theme& themeFor(const QPalette& palette);

}  // namespace prunescope
