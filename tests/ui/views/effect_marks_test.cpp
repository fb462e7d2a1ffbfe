// The marks of what tokens did say it by place, length and shape, not by colour alone.
#include "ui/views/effect_marks.h"

#include <cmath>
#include <functional>
#include <limits>

#include <QImage>

#include <gtest/gtest.h>

namespace prunescope {
namespace {

constexpr int kCell = 24;

QImage drawn(const std::function<void(QPainter&, const QRectF&)>& paint) {
    QImage image(kCell, kCell, QImage::Format_RGB32);
    image.fill(Qt::gray);
    QPainter painter(&image);
    paint(painter, QRectF(0, 0, kCell, kCell));
    painter.end();
    return image.convertToFormat(QImage::Format_Grayscale8);
}

QImage effect(double share, bool flips_answer) {
    return drawn([=](QPainter& painter, const QRectF& cell) {
        paintEffect(painter, cell, share, flips_answer);
    });
}

/// Pixels of the mark's upper part in a colour lighter than the ground.
int lightPixels(const QImage& image, int from_y, int to_y, int from_x, int to_x) {
    int n = 0;
    for (int y = from_y; y < to_y; ++y) {
        for (int x = from_x; x < to_x; ++x) {
            n += qGray(image.pixel(x, y)) > 180 ? 1 : 0;
        }
    }
    return n;
}

TEST(EffectMarks, SideAndLengthTellEffectsApartInGrey) {
    const int bar = kCell - 4;  // a line within the bar
    const auto length = [&](double share, int from_x, int to_x) {
        const QImage image = effect(share, false);
        int n = 0;
        for (int x = from_x; x < to_x; ++x) {
            n += qGray(image.pixel(x, bar)) > 90 ? 1 : 0;  // the ground is nearly black
        }
        return n;
    };
    const int middle = kCell / 2;
    EXPECT_GT(length(0.9, middle + 1, kCell - 1), 6);
    EXPECT_EQ(length(0.9, 1, middle - 1), 0);
    EXPECT_GT(length(-0.9, 1, middle - 1), 6);
    EXPECT_EQ(length(-0.9, middle + 1, kCell - 1), 0);
    EXPECT_LT(length(0.3, middle + 1, kCell - 1), length(0.9, middle + 1, kCell - 1));
}

TEST(EffectMarks, ADiamondStandsInTheCornerWhereTheAnswerFlips) {
    EXPECT_GT(lightPixels(effect(0.5, true), 0, kCell / 2, 0, kCell / 2), 10);
    EXPECT_EQ(lightPixels(effect(0.5, false), 0, kCell / 2, 0, kCell / 2), 0);
}

TEST(EffectMarks, TheSquareGrowsWithTheAttention) {
    const auto size = [](double share) {
        return lightPixels(drawn([=](QPainter& painter, const QRectF& cell) {
                               paintAttention(painter, cell, share);
                           }),
                           0,
                           kCell,
                           0,
                           kCell);
    };
    const int quarter = size(0.25);
    const int whole = size(1);
    EXPECT_LT(size(0), quarter);
    EXPECT_NEAR(whole / static_cast<double>(quarter), 4, 1.5);
}

TEST(EffectMarks, SharesAreOfTheLargestFiniteEffect) {
    Attribution found;
    for (const double delta : {-2.0, 1.0, -std::numeric_limits<double>::infinity()}) {
        TokenEffect effect;
        effect.delta = delta;
        effect.delta_of = {delta / 2, delta / 2};
        found.effects.push_back(effect);
    }
    found.effects.push_back(found.effects[0]);
    found.effects[3].added = true;
    found.effects.push_back(found.effects[0]);
    found.effects[4].delta = std::nan("");
    EXPECT_EQ(largestSupport(found, -1), 2);
    EXPECT_EQ(largestSupport({}, -1), 0);
    EXPECT_EQ(supportShare(found.effects[0], 2, -1), 1);
    EXPECT_EQ(supportShare(found.effects[1], 2, -1), -0.5);
    EXPECT_EQ(supportShare(found.effects[2], 2, -1), 1);
    EXPECT_EQ(supportShare(found.effects[3], 2, -1), -1) << "put back it makes it less likely";
    EXPECT_EQ(supportShare(found.effects[4], 2, -1), 0);
    EXPECT_EQ(supportOf(found.effects[0], 1), 1);
    EXPECT_TRUE(std::isnan(supportOf(found.effects[0], 2))) << "no such answer token";
}

}  // namespace
}  // namespace prunescope
