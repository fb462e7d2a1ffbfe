#include "tests/support/synthetic_trace.h"
#include "ui/geometry/boundary.h"
#include "ui/geometry/view_transform.h"
#include "ui/theme/cluster_colors.h"
#include "ui/theme/fate_style.h"

#include <algorithm>

#include <gtest/gtest.h>

namespace prunescope {
namespace {

ViewTransform sample() {
    ViewTransform transform;
    transform.grid = {24, 24, 14};
    transform.source = {84, 0, 504, 504};
    transform.scale = 1.7;
    transform.offset = {-31, 12.5};
    return transform;
}

double area(const std::vector<CornerLoop>& loops) {
    double twice = 0;
    for (const CornerLoop& loop : loops) {
        for (std::size_t i = 0; i < loop.size(); ++i) {
            const QPoint a = loop[i];
            const QPoint b = loop[(i + 1) % loop.size()];
            twice += a.x() * b.y() - b.x() * a.y();
        }
    }
    return twice / 2;
}

TEST(ViewTransform, RoundTripsBetweenItsSpaces) {
    const ViewTransform transform = sample();
    const QPointF point(123.25, 77.5);
    const QPointF back = transform.pictureFromWidget(transform.widgetFromPicture(point));
    EXPECT_NEAR(back.x(), point.x(), 1e-9);
    EXPECT_NEAR(back.y(), point.y(), 1e-9);
    const QPointF again = transform.pictureFromModel(transform.modelFromPicture(point));
    EXPECT_NEAR(again.x(), point.x(), 1e-9);
    EXPECT_NEAR(again.y(), point.y(), 1e-9);
}

TEST(ViewTransform, EveryPatchIsFoundAtItsCentre) {
    const ViewTransform transform = sample();
    for (int patch = 0; patch < transform.grid.count(); ++patch) {
        EXPECT_EQ(transform.patchAtWidget(transform.widgetRectOf(patch).center()), patch);
    }
}

// At scales at which edges of cells fall on half pixels, too.
TEST(ViewTransform, PixelsOfNeighboursTouchAndDoNotOverlap) {
    for (int side = 150; side < 700; ++side) {
        ViewTransform transform;
        transform.grid = {24, 24, 14};
        transform.source = {0, 0, 336, 336};
        transform.scale = side / 336.0;
        transform.offset = {side % 7 - 3.0, 0.5};
        for (int patch = 0; patch + 24 < transform.grid.count(); ++patch) {
            const QRect cell = transform.pixelRectOf(patch);
            if (transform.grid.colOf(patch) < 23) {
                ASSERT_EQ(transform.pixelRectOf(patch + 1).left(), cell.right() + 1) << side;
            }
            ASSERT_EQ(transform.pixelRectOf(patch + 24).top(), cell.bottom() + 1) << side;
        }
    }
}

TEST(ViewTransform, KnownPixelOfACroppedPictureGivesKnownPatch) {
    // 672 x 504, centre crop of 504: pixel (84, 0) is the crop's corner, a patch is 21 pixels.
    const ViewTransform transform = sample();
    const auto at = [&](double x, double y) {
        return transform.patchAtWidget(transform.widgetFromPicture(QPointF(x, y)));
    };
    EXPECT_EQ(at(84.5, 0.5), 0);
    EXPECT_EQ(at(587.5, 0.5), 23);
    EXPECT_EQ(at(84 + 21 * 3 + 1, 21 * 2 + 1), 2 * 24 + 3);
    EXPECT_EQ(at(83, 100), -1);
    EXPECT_EQ(at(589, 100), -1);
}

TEST(ViewTransform, PaddedPictureMapsBeyondItsEdges) {
    ViewTransform transform = sample();
    transform.source = {0, -84, 672, 672};
    const auto at = [&](double x, double y) {
        return transform.patchAtWidget(transform.widgetFromPicture(QPointF(x, y)));
    };
    EXPECT_EQ(at(1, -83), 0);
    EXPECT_EQ(at(1, 1), 3 * 24);
}

TEST(ViewTransform, ZoomKeepsThePointUnderTheCursor) {
    ViewTransform transform = sample();
    const QPointF cursor(200, 140);
    const QPointF before = transform.pictureFromWidget(cursor);
    transform.zoomAt(cursor, 2.5);
    EXPECT_NEAR(transform.pictureFromWidget(cursor).x(), before.x(), 1e-9);
    EXPECT_NEAR(transform.scale, 1.7 * 2.5, 1e-12);
    transform.zoomAt(cursor, 1e9);
    EXPECT_EQ(transform.scale, kMaxScale);
}

TEST(ViewTransform, FitShowsTheWholeAreaCentred) {
    ViewTransform transform = sample();
    transform.fit({0, 0, 672, 504}, {800, 600}, 10);
    const QRectF shown = transform.widgetFromPicture(QRectF(0, 0, 672, 504));
    EXPECT_TRUE(QRectF(0, 0, 800, 600).contains(shown));
    EXPECT_NEAR(shown.center().x(), 400, 1e-9);
}

TEST(Boundary, SingleCellIsASquareAndTouchingCornersStaySeparate) {
    const PatchGrid grid{2, 2, 14};
    const auto loops = boundaryLoops(grid, {1, 0, 0, 1}, 1);
    ASSERT_EQ(loops.size(), 2U);
    EXPECT_EQ(loops[0].size(), 4U);
    EXPECT_EQ(loops[1].size(), 4U);
    EXPECT_DOUBLE_EQ(area(loops), 2);
}

TEST(Boundary, HoleRunsTheOtherWay) {
    const PatchGrid grid{3, 3, 14};
    const auto loops = boundaryLoops(grid, {1, 1, 1, 1, 0, 1, 1, 1, 1}, 1);
    ASSERT_EQ(loops.size(), 2U);
    EXPECT_DOUBLE_EQ(area(loops), 8);
    EXPECT_TRUE(boundaryLoops(grid, {0, 0, 0, 0, 0, 0, 0, 0, 0}, 1).empty());
}

TEST(BoundaryProperty, OutlinesEncloseAsManyCellsAsTheyName) {
    const RunTrace trace = syntheticTrace();
    const ViewTrace& view = trace.views[0];
    const auto& labels = view.stages.back().cluster_of;
    ASSERT_FALSE(labels.empty());
    for (std::int32_t cluster = 0; cluster < 16; ++cluster) {
        const auto n = std::count(labels.begin(), labels.end(), cluster);
        EXPECT_DOUBLE_EQ(area(boundaryLoops(view.grid, labels, cluster)), static_cast<double>(n));
    }
}

// Against the distance of every pixel to the nearest one that is not of the cluster.
TEST(BoundaryProperty, StripsCoverEveryPixelOfTheirDepthOnce) {
    constexpr int kCell = 9;
    constexpr int kSide = 24 * kCell;
    const RunTrace trace = syntheticTrace();
    const auto& labels = trace.views[0].stages.back().cluster_of;
    const auto isInside = [&](int x, int y, std::int32_t cluster) {
        return x >= 0 && y >= 0 && x < kSide && y < kSide &&
               labels[static_cast<std::size_t>(y / kCell * 24 + x / kCell)] == cluster;
    };
    const auto depthOf = [&](int x, int y, std::int32_t cluster) {
        for (int depth = 0; depth < 4; ++depth) {
            for (int dy = -depth; dy <= depth; ++dy) {
                for (int dx = -depth; dx <= depth; ++dx) {
                    if (!isInside(x + dx, y + dy, cluster)) {
                        return depth;
                    }
                }
            }
        }
        return 4;
    };
    for (std::int32_t cluster = 0; cluster < 4; ++cluster) {
        std::vector<int> covered(kSide * kSide);
        for (const CornerLoop& loop : boundaryLoops(trace.views[0].grid, labels, cluster)) {
            QPolygonF outline;
            for (const QPoint& corner : loop) {
                outline << QPointF(corner * kCell);
            }
            for (const QRectF& rect : innerStrip(outline, 1, 3)) {
                for (int y = static_cast<int>(rect.top()); y < rect.bottom(); ++y) {
                    for (int x = static_cast<int>(rect.left()); x < rect.right(); ++x) {
                        ++covered[static_cast<std::size_t>(y * kSide + x)];
                    }
                }
            }
        }
        for (int y = 0; y < kSide; ++y) {
            for (int x = 0; x < kSide; ++x) {
                const int depth = depthOf(x, y, cluster);  // 1: the outermost pixel
                ASSERT_EQ(covered[static_cast<std::size_t>(y * kSide + x)],
                          depth == 2 || depth == 3 ? 1 : 0)
                    << cluster << ": " << x << ", " << y;
            }
        }
    }
}

TEST(ClusterColors, NeighboursDiffer) {
    const RunTrace trace = syntheticTrace();
    const ViewTrace& view = trace.views[0];
    const auto& labels = view.stages.back().cluster_of;
    const std::vector<int> hue = clusterHues(view.grid, labels);
    for (int row = 0; row < 24; ++row) {
        for (int col = 0; col + 1 < 24; ++col) {
            const auto a = labels[static_cast<std::size_t>(row * 24 + col)];
            const auto b = labels[static_cast<std::size_t>(row * 24 + col + 1)];
            if (a >= 0 && b >= 0 && a != b) {
                EXPECT_NE(hue[static_cast<std::size_t>(a)], hue[static_cast<std::size_t>(b)]);
            }
        }
    }
}

TEST(FateStyle, PairsDifferInTwoChannelsBesidesColour) {
    for (const FateStyle& a : fateStyles()) {
        EXPECT_EQ(styleOf(a.fate).fate, a.fate);
        EXPECT_FALSE(fateLabel(a.fate).isEmpty());
        EXPECT_FALSE(fateHelp(a.fate).isEmpty());
        for (const FateStyle& b : fateStyles()) {
            if (a.fate < b.fate) {
                EXPECT_GE(nonColourDifference(a, b), 2)
                    << fateLabel(a.fate).toStdString() << " / " << fateLabel(b.fate).toStdString();
            }
        }
    }
}

}  // namespace
}  // namespace prunescope
