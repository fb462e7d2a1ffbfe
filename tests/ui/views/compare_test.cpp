#include "tests/support/synthetic_trace.h"
#include "ui/compare/difference.h"
#include "ui/compare/linked_views.h"
#include "ui/views/shift_chart.h"

#include <algorithm>

#include <QImage>

#include <gtest/gtest.h>

namespace prunescope {
namespace {

ViewTrace viewWithStages(const std::vector<Site>& sites) {
    ViewTrace view;
    view.grid = {2, 2, 14};
    view.source = {0, 0, 28, 28};
    for (const Site& site : sites) {
        StageTrace stage;
        stage.site = site;
        stage.slot_from_patch = {0, -1, 1, -1};
        view.stages.push_back(stage);
    }
    return view;
}

constexpr Site layer(int at) {
    return {Site::Kind::EncoderLayer, at};
}

constexpr Site kAfter{Site::Kind::AfterEncoder, 8};

TEST(LinkedStage, IsTheLastAtOrBeforeTheSamePlace) {
    const ViewTrace a = viewWithStages({layer(1), layer(3), layer(5), kAfter});
    const ViewTrace b = viewWithStages({layer(2), layer(3), kAfter, {Site::Kind::DecoderLayer, 2}});
    EXPECT_EQ(linkedStage(a, -1, b), -1);
    EXPECT_EQ(linkedStage(a, 0, b), -1) << "b has not begun at layer 1";
    EXPECT_EQ(linkedStage(a, 1, b), 1);
    EXPECT_EQ(linkedStage(a, 2, b), 1);
    EXPECT_EQ(linkedStage(a, 3, b), 3) << "the result shows the result";
    EXPECT_EQ(linkedStage(b, 2, a), 3);
    EXPECT_EQ(linkedStage(a, 99, viewWithStages({kAfter})), 0);
    EXPECT_EQ(linkedStage(a, 1, ViewTrace{}), -1);
}

TEST(LinkedPatch, LiesUnderTheSamePointOfThePicture) {
    ViewTrace fine = viewWithStages({});
    fine.grid = {4, 4, 14};
    fine.source = {0, 0, 40, 40};
    ViewTrace coarse = fine;
    coarse.grid = {2, 2, 28};
    EXPECT_EQ(linkedPatch(fine, 6, fine), 6);
    EXPECT_EQ(linkedPatch(fine, 0, coarse), 0);
    EXPECT_EQ(linkedPatch(fine, 6, coarse), 1);
    EXPECT_EQ(linkedPatch(fine, 15, coarse), 3);
    EXPECT_EQ(linkedPatch(coarse, 3, fine), 15);
    ViewTrace shifted = fine;
    shifted.source = {20, 0, 40, 40};
    EXPECT_EQ(linkedPatch(fine, 0, shifted), -1) << "left of the other's crop";
    EXPECT_EQ(linkedPatch(fine, 2, shifted), 0);
    EXPECT_EQ(linkedPatch(fine, -1, coarse), -1);
    EXPECT_EQ(linkedPatch(fine, 16, coarse), -1);
}

TEST(Presence, EveryPairDiffersInTwoChannelsBesidesColour) {
    for (const PresenceStyle& a : presenceStyles()) {
        for (const PresenceStyle& b : presenceStyles()) {
            if (a.presence == b.presence) {
                continue;
            }
            const bool same_corner =
                a.has_corner == b.has_corner && (!a.has_corner || a.corner == b.corner);
            const int channels = static_cast<int>(a.outline != b.outline) +
                                 static_cast<int>(a.darken != b.darken) +
                                 static_cast<int>(!same_corner);
            EXPECT_GE(channels, 2) << presenceLabel(a.presence).toStdString() << " and "
                                   << presenceLabel(b.presence).toStdString();
        }
    }
}

TEST(Presence, ComparesWhatBothKeep) {
    ViewTrace a = viewWithStages({kAfter});
    ViewTrace b = a;
    b.stages[0].slot_from_patch = {-1, 0, 1, -1};
    EXPECT_EQ(presenceOf(a, 0, b, 0),
              (std::vector<Presence>{
                  Presence::OnlyA, Presence::OnlyB, Presence::Both, Presence::Neither}));
    EXPECT_EQ(
        presenceOf(a, -1, b, 0),
        (std::vector<Presence>{Presence::OnlyA, Presence::Both, Presence::Both, Presence::OnlyA}))
        << "before the first stage all are there";
}

TEST(Presence, EachIsPaintedDifferentlyAlsoInGrey) {
    const Picture picture(toQImage(syntheticPicture(240, 240)));
    OverlayInput input;
    input.picture = &picture;
    input.transform = {1, {0, 0}, {0, 0, 240, 240}, {10, 10, 14}};
    std::vector<QImage> grey;
    for (const PresenceStyle& style : presenceStyles()) {
        const std::vector<Presence> all(100, style.presence);
        grey.push_back(
            renderDifference(input, all, {240, 240}, 1).convertToFormat(QImage::Format_Grayscale8));
        for (std::size_t other = 0; other + 1 < grey.size(); ++other) {
            EXPECT_NE(grey[other], grey.back()) << other;
        }
    }
}

TEST(ReferenceCurve, APlaceThatOnlyBHasLiesBetweenItsNeighbours) {
    std::vector<ShiftPoint> points(3);
    points[0].site = layer(1);
    points[1].site = layer(5);
    points[2].site = kAfter;
    EXPECT_DOUBLE_EQ(placeOf(layer(1), points), 0);
    EXPECT_DOUBLE_EQ(placeOf(layer(2), points), 0.25);
    EXPECT_DOUBLE_EQ(placeOf(layer(7), points), 1.5);
    EXPECT_DOUBLE_EQ(placeOf({Site::Kind::AfterEncoder, 3}, points), 2);
    EXPECT_LT(placeOf(layer(0), points), 0);
    EXPECT_GT(placeOf({Site::Kind::DecoderLayer, 2}, points), 2);
}

}  // namespace
}  // namespace prunescope
