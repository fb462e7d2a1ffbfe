#include "core/metric/agreement.h"
#include "core/metric/coverage.h"
#include "core/metric/outcome.h"

#include <gtest/gtest.h>

namespace prunescope {
namespace {

TEST(FirstDifference, IsTheFirstTokenThatOnlyOneAnswerHas) {
    AnswerTrace a;
    a.ids = {1, 2, 3};
    AnswerTrace b = a;
    EXPECT_EQ(firstDifference(a, b), std::nullopt);
    b.ids = {1, 2};
    EXPECT_EQ(firstDifference(a, b), 2U);
    EXPECT_EQ(firstDifference(b, a), 2U);
    b.ids = {1, 9, 3};
    EXPECT_EQ(firstDifference(a, b), 1U);
    EXPECT_EQ(firstDifference({}, a), 0U);
}

TEST(DifferingTokens, AreComparedByIndex) {
    AnswerTrace a;
    a.ids = {1, 2, 3, 4};
    AnswerTrace b;
    b.ids = {1, 9, 3};
    EXPECT_EQ(differingTokens(a, b), (std::vector<bool>{false, true, false, true}));
    EXPECT_EQ(differingTokens(b, a), differingTokens(a, b));
    EXPECT_EQ(differingTokens(a, a), (std::vector<bool>(4, false)));
}

/// 4 x 4 patches of 10 x 10 picture pixels whose first lies at (100, 50).
ViewTrace fourByFour() {
    ViewTrace view;
    view.grid = {4, 4, 14};
    view.source = {100, 50, 40, 40};
    return view;
}

TEST(ObjectPatches, AreThoseWhoseCentreLiesInABox) {
    const ViewTrace view = fourByFour();
    EXPECT_EQ(objectPatches(view, {{100, 50, 20, 10}}), (std::vector<std::int32_t>{0, 1}));
    EXPECT_EQ(objectPatches(view, {{106, 50, 20, 10}}), (std::vector<std::int32_t>{1, 2}))
        << "the first centre is at 105";
    EXPECT_EQ(objectPatches(view, {{105, 55, 10, 10}}), (std::vector<std::int32_t>{0}))
        << "a left or top edge belongs to a box, a right or bottom edge does not";
    EXPECT_EQ(objectPatches(view, {{130, 80, 100, 100}, {100, 50, 10, 10}}),
              (std::vector<std::int32_t>{0, 15}));
    EXPECT_EQ(objectPatches(view, {{100, 50, 20, 20}, {110, 60, 10, 10}}),
              (std::vector<std::int32_t>{0, 1, 4, 5}))
        << "boxes that overlap count a patch once";
}

TEST(ObjectPatches, ATinyBoxHasThePatchUnderIt) {
    EXPECT_EQ(objectPatches(fourByFour(), {{121, 61, 2, 2}}), (std::vector<std::int32_t>{6}));
}

TEST(ObjectPatches, OutsideTheViewThereAreNone) {
    EXPECT_TRUE(objectPatches(fourByFour(), {{0, 0, 50, 50}}).empty());
    EXPECT_TRUE(objectPatches(fourByFour(), {{98, 51, 1, 1}}).empty());
}

TEST(ObjectCoverage, SharesAreOfTheKeptAndOfTheObject) {
    RunTrace trace;
    trace.views.push_back(fourByFour());
    trace.views[0].kept = {0, 2, 5, 15};
    const std::vector<RectF> boxes{{100, 50, 20, 20}};
    const auto coverage = objectCoverage(trace, boxes);
    ASSERT_TRUE(coverage.has_value());
    EXPECT_EQ(*coverage, (ObjectCoverage{4, 4, 2}));
    EXPECT_DOUBLE_EQ(*coverage->shareOfKept(), 0.5);
    EXPECT_DOUBLE_EQ(*coverage->shareOfObject(), 0.5);
    trace.views.push_back(fourByFour());
    trace.views[1].kept = {1};
    EXPECT_EQ(objectCoverage(trace, boxes), (ObjectCoverage{8, 5, 3}));
    EXPECT_EQ(objectCoverage(trace, {}), std::nullopt);
    EXPECT_EQ(objectCoverage(trace, {{0, 0, 5, 5}})->shareOfObject(), std::nullopt);
}

TEST(ShiftOutcome, IsTheMeanOverTheViewsOfWhatIsKeptInTheEnd) {
    RunTrace trace;
    EXPECT_EQ(shiftOutcome(trace), std::nullopt);
    ViewTrace view;
    view.shift.kappa = 0.5;
    view.shift.kappa_after = 0.25;
    view.shift.fired = true;
    view.shift.null_band = {0.1, 0.2, 0.3, 200};
    trace.views = {view, view};
    trace.views[1].shift.accepted = true;
    const auto outcome = shiftOutcome(trace);
    ASSERT_TRUE(outcome.has_value());
    EXPECT_EQ(*outcome, (ShiftOutcome{0.5, 0.375, 0.2, true, true}));
    EXPECT_DOUBLE_EQ(*outcome->relative(), 1.875);
    trace.views[0].shift.null_band = trace.views[1].shift.null_band = {};
    EXPECT_EQ(shiftOutcome(trace)->relative(), std::nullopt);
}

}  // namespace
}  // namespace prunescope
