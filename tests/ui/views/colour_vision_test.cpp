// The states of patches can be told apart without colour, and by colour under every common kind of
// colour vision.
#include "ui/theme/cluster_colors.h"
#include "ui/theme/fate_style.h"
#include "ui/theme/palette.h"
#include "ui/views/overlay_painter.h"

#include <algorithm>
#include <array>
#include <cmath>

#include <QImage>
#include <QPainter>

#include <gtest/gtest.h>

namespace prunescope {
namespace {

using Rgb = std::array<double, 3>;
using Matrix = std::array<Rgb, 3>;

struct Vision {
    const char* name;
    Matrix matrix;  ///< on linear RGB
};

/// Machado, Oliveira and Fernandes 2009, "A Physiologically-based Model for Simulation of Color
/// Vision Deficiency", severity 1.0; grey is luminance (Rec. 709).
constexpr std::array<Vision, 5> kVisions{{
    {"normal", {{{1, 0, 0}, {0, 1, 0}, {0, 0, 1}}}},
    {"protanopia",
     {{{0.152286, 1.052583, -0.204868},
       {0.114503, 0.786281, 0.099216},
       {-0.003882, -0.048116, 1.051998}}}},
    {"deuteranopia",
     {{{0.367322, 0.860646, -0.227968},
       {0.280085, 0.672501, 0.047413},
       {-0.011820, 0.042940, 0.968881}}}},
    {"tritanopia",
     {{{1.255528, -0.076749, -0.178779},
       {-0.078411, 0.930809, 0.147602},
       {0.004733, 0.691367, 0.303900}}}},
    {"greyscale", {{{0.2126, 0.7152, 0.0722}, {0.2126, 0.7152, 0.0722}, {0.2126, 0.7152, 0.0722}}}},
}};

double linear(double channel) {
    return channel <= 0.04045 ? channel / 12.92 : std::pow((channel + 0.055) / 1.055, 2.4);
}

/// CIE L*a*b* (D65) of a colour as it is seen.
Rgb labOf(const QColor& color, const Vision& vision) {
    const Rgb in{linear(color.redF()), linear(color.greenF()), linear(color.blueF())};
    Rgb seen{};
    for (std::size_t i = 0; i < 3; ++i) {
        for (std::size_t j = 0; j < 3; ++j) {
            seen[i] += vision.matrix[i][j] * in[j];
        }
        seen[i] = std::clamp(seen[i], 0.0, 1.0);
    }
    const Rgb xyz{(0.4124 * seen[0] + 0.3576 * seen[1] + 0.1805 * seen[2]) / 0.95047,
                  0.2126 * seen[0] + 0.7152 * seen[1] + 0.0722 * seen[2],
                  (0.0193 * seen[0] + 0.1192 * seen[1] + 0.9505 * seen[2]) / 1.08883};
    const auto f = [](double t) { return t > 0.008856 ? std::cbrt(t) : 7.787 * t + 16.0 / 116; };
    return {116 * f(xyz[1]) - 16, 500 * (f(xyz[0]) - f(xyz[1])), 200 * (f(xyz[1]) - f(xyz[2]))};
}

double distance(const QColor& a, const QColor& b, const Vision& vision) {
    const Rgb p = labOf(a, vision);
    const Rgb q = labOf(b, vision);
    return std::hypot(p[0] - q[0], p[1] - q[1], p[2] - q[2]);
}

QImage swatch(PatchFate fate, int side) {
    QImage image(side, side, QImage::Format_RGB32);
    image.fill(Qt::white);
    QPainter painter(&image);
    paintSwatch(painter, QRectF(0, 0, side, side), fate);
    return image;
}

/// Mean distance over the pixels of two pictures, as they are seen.
double distance(const QImage& a, const QImage& b, const Vision& vision) {
    double sum = 0;
    for (int y = 0; y < a.height(); ++y) {
        for (int x = 0; x < a.width(); ++x) {
            sum += distance(a.pixelColor(x, y), b.pixelColor(x, y), vision);
        }
    }
    return sum / (a.width() * a.height());
}

template <typename Check>
void forPairs(Check check) {
    for (const FateStyle& a : fateStyles()) {
        for (const FateStyle& b : fateStyles()) {
            if (a.fate < b.fate) {
                check(a, b);
            }
        }
    }
}

TEST(ColourVision, SimulationKnowsItsExtremes) {
    EXPECT_NEAR(distance(Qt::white, Qt::black, kVisions[0]), 100, 0.5);
    EXPECT_GT(distance(QColor(200, 0, 0), QColor(90, 100, 0), kVisions[0]), 60);
    EXPECT_LT(distance(QColor(200, 0, 0), QColor(90, 100, 0), kVisions[1]), 40) << "red and green";
    EXPECT_LT(std::abs(labOf(okabe::kOrange, kVisions[4])[1]), 0.5) << "grey has no hue";
}

TEST(ColourVision, EveryPairOfStatesDiffersInTwoChannelsBesidesColour) {
    forPairs([](const FateStyle& a, const FateStyle& b) {
        EXPECT_GE(nonColourDifference(a, b), 2)
            << fateLabel(a.fate).toStdString() << " / " << fateLabel(b.fate).toStdString();
    });
}

TEST(ColourVision, ColoursOfStatesStayApart) {
    for (const Vision& vision : kVisions) {
        const bool is_grey = std::string_view(vision.name) == "greyscale";
        forPairs([&](const FateStyle& a, const FateStyle& b) {
            if (a.color != b.color) {
                EXPECT_GT(distance(QColor(a.color), QColor(b.color), vision), is_grey ? 5 : 15)
                    << vision.name << ": " << fateLabel(a.fate).toStdString() << " / "
                    << fateLabel(b.fate).toStdString();
            }
        });
    }
}

TEST(ColourVision, PaintedStatesStayApart) {
    for (const Vision& vision : kVisions) {
        forPairs([&](const FateStyle& a, const FateStyle& b) {
            for (const int side : {24, 48}) {
                EXPECT_GT(distance(swatch(a.fate, side), swatch(b.fate, side), vision), 2.5)
                    << vision.name << " at " << side << ": " << fateLabel(a.fate).toStdString()
                    << " / " << fateLabel(b.fate).toStdString();
            }
        });
    }
}

TEST(ColourVision, CurveThresholdAndMarkersStayApart) {
    for (const Theme* theme : {&lightTheme(), &darkTheme()}) {
        for (const Vision& vision : kVisions) {
            const double most = std::string_view(vision.name) == "greyscale" ? 4 : 12;
            EXPECT_GT(distance(theme->series, theme->fired, vision), most) << vision.name;
            EXPECT_GT(distance(theme->series, theme->background, vision), 25) << vision.name;
            EXPECT_GT(distance(theme->fired, theme->background, vision), 25) << vision.name;
            EXPECT_GT(distance(theme->threshold, theme->background, vision), 25) << vision.name;
        }
    }
}

}  // namespace
}  // namespace prunescope
