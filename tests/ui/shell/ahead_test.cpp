// What is computed before it is asked for: when, how it ends, how it is shown and turned off.
#include "tests/ui/shell/window_fixture.h"
#include "ui/panels/mark_strip.h"

#include <iostream>

#include <QElapsedTimer>
#include <QLabel>
#include <QSlider>

namespace prunescope {
namespace {

class AheadTest : public test::WindowTest {
protected:
    AheadTest() { preferences_.setComputeAhead(true); }

    void begin() {
        openEverything();
        setBudget(4);
        ASSERT_TRUE(isDone());
    }

    void setBudget(int budget) {
        RunSettings settings = session_.document.settings();
        settings.budget = budget;
        session_.document.changeSettings(settings, "budget");
    }

    bool isDone() {
        return QTest::qWaitFor([&] { return session_.ahead.isComplete(); }, 5000);
    }

    const AheadMarks& marks() { return session_.ahead.marks(); }

    static int ready(const std::vector<AheadMark>& marks) {
        return static_cast<int>(std::ranges::count(marks, true, &AheadMark::ready));
    }
};

TEST_F(AheadTest, OtherSidesAndNearBudgetsAreComputedWhileNothingElseIs) {
    begin();
    EXPECT_EQ(marks().tau.size(), 2U);
    EXPECT_EQ(ready(marks().tau), 2);
    EXPECT_EQ(marks().budget.size(), 7U);  // 2 3 4 5 6 8 12 of 16
    EXPECT_EQ(ready(marks().budget), 7);
    EXPECT_EQ(session_.document.state(), RunState::Ready);
    const int runs = script_->runs;
    QTest::qWait(300);
    EXPECT_EQ(script_->runs, runs) << "at rest nothing is computed twice";
    setBudget(5);
    EXPECT_TRUE(marks().budget[3].ready) << "known before the run";
    ASSERT_TRUE(reaches(RunState::Ready));
    ASSERT_TRUE(isDone());
    EXPECT_EQ(ready(marks().budget), static_cast<int>(marks().budget.size()));
}

TEST_F(AheadTest, AChangeGoesBeforeIt) {
    openEverything();
    script_->hold = true;
    std::vector<double> waited;
    for (int i = 0; i < 20; ++i) {
        setBudget(1 + i % 8);
        QTest::qWait(i % 2 == 0 ? 200 : 5);  // beside a batch that runs, and before it starts
        script_->hold = false;
        ASSERT_TRUE(reaches(RunState::Ready));
        script_->hold = true;
        QTest::qWait(200);  // now a batch holds the engine
        QElapsedTimer since;
        since.start();
        setBudget(9 + i % 4);
        ASSERT_TRUE(QTest::qWaitFor([&] { return session_.document.resultMatchesInputs(); }, 5000));
        waited.push_back(static_cast<double>(since.nsecsElapsed()) / 1e6);
        script_->hold = false;
        ASSERT_TRUE(reaches(RunState::Ready));
        script_->hold = true;
    }
    script_->hold = false;
    std::ranges::sort(waited);
    std::cout << "a change beside work ahead shows after p50 " << waited[10] << " ms, most "
              << waited.back() << " ms\n";
    EXPECT_LT(waited[10], 200);
    EXPECT_TRUE(isDone());
}

TEST_F(AheadTest, MarksLieUnderTheirSlidersAndSayTheSameInWords) {
    window_.show();
    begin();
    auto* of_tau = child<MarkStrip>("tauMarks");
    auto* of_budget = child<MarkStrip>("budgetMarks");
    EXPECT_TRUE(of_tau->isVisible() && of_budget->isVisible());
    EXPECT_EQ(of_tau->mapTo(&window_, QPoint()).x(),
              child<QSlider>("tauSlider")->mapTo(&window_, QPoint()).x());
    EXPECT_EQ(of_tau->width(), child<QSlider>("tauSlider")->width());
    EXPECT_TRUE(of_tau->toolTip().contains("τ 2 of 2"));
    EXPECT_TRUE(of_budget->accessibleDescription().contains("budgets 7 of 7"));
    EXPECT_TRUE(child<QLabel>("aheadLegend")->text().contains("○ not computed"));
    const auto ink = [](QWidget* widget) {
        const QImage image = widget->grab().toImage();
        int dark = 0;
        for (int y = 0; y < image.height(); ++y) {
            for (int x = 0; x < image.width(); ++x) {
                dark += image.pixelColor(x, y) != image.pixelColor(0, 0) ? 1 : 0;
            }
        }
        return dark;
    };
    const int filled = ink(of_tau);
    of_tau->setMarks({{0, 0.35, false}, {0.35, 9, false}}, "none");
    EXPECT_LT(ink(of_tau), filled) << "hollow is told from filled";
    EXPECT_GT(ink(of_tau), 0);
}

TEST_F(AheadTest, TurnsOffWithItsCommandAndWithLive) {
    begin();
    QAction* action = window_.action("computeAhead");
    EXPECT_TRUE(action->isChecked());
    action->trigger();
    EXPECT_EQ(preferences_.computeAhead(), false);
    EXPECT_FALSE(marks().on);
    EXPECT_TRUE(child<QLabel>("aheadLegend")->isHidden());
    const int runs = script_->runs;
    setBudget(7);
    ASSERT_TRUE(reaches(RunState::Ready));
    QTest::qWait(300);
    EXPECT_EQ(script_->runs, runs + 1);
    action->trigger();
    EXPECT_TRUE(marks().on);
    ASSERT_TRUE(isDone());
    EXPECT_GT(script_->runs, runs + 1);
    window_.action("live")->trigger();
    EXPECT_FALSE(action->isEnabled());
    EXPECT_FALSE(session_.ahead.isOn());
    EXPECT_FALSE(marks().on);
    EXPECT_EQ(preferences_.computeAhead(), true) << "what was asked for stays";
    window_.action("live")->trigger();
    EXPECT_TRUE(action->isEnabled() && action->isChecked());
}

TEST_F(AheadTest, WhereNobodySaidItIsOnForQuickRunsOnly) {
    Preferences fresh(scratch_.filePath("fresh.ini"));
    EXPECT_EQ(fresh.computeAhead(), std::nullopt);
    Session session(test::fakeBackend(script_), &fresh);
    const auto runOnce = [&](double cost_ms) {
        script_->cost_ms = cost_ms;
        session.controller.loadModel("fake");
        session.document.setImage(
            std::make_shared<const Image>(Image{2, 1, {1, 2, 3, 4, 5, 6}}), "two.png", "");
        session.document.setPrompt("What is it?");
        return QTest::qWaitFor(
            [&] {
                return session.document.state() == RunState::Ready &&
                       session.document.unpruned() != nullptr;
            },
            5000);
    };
    EXPECT_FALSE(session.ahead.isOn());
    ASSERT_TRUE(runOnce(500));
    EXPECT_TRUE(session.ahead.isOn());
    ASSERT_TRUE(runOnce(60'000));
    EXPECT_FALSE(session.ahead.isOn());
    fresh.setComputeAhead(true);
    EXPECT_TRUE(session.ahead.isOn());
}

TEST_F(AheadTest, OtherInputsForgetWhatWasReady) {
    begin();
    session_.document.setPrompt("Who is it?");
    EXPECT_TRUE(marks().tau.empty()) << "nothing is known of the new prompt";
    ASSERT_TRUE(isDone());
    EXPECT_EQ(ready(marks().tau), 2);
    script_->code = ErrorCode::OutOfMemory;
    script_->variant_error = "Memory ran out.";
    setBudget(16);
    ASSERT_TRUE(QTest::qWaitFor([&] { return marks().budget.empty(); }, 5000))
        << "the engine emptied its cache";
    script_->variant_error.clear();
    const int runs = script_->runs;
    QTest::qWait(300);
    EXPECT_EQ(script_->runs, runs) << "not tried again with this model";
}

}  // namespace
}  // namespace prunescope
