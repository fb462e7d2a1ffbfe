// What is computed ahead in the real window with the real engine: a move of tau over a breakpoint,
// or of the budget to a filled mark, runs nothing again and shows what a run of its own would.
#include "tests/ui/parity/real_window.h"
#include "ui/views/qcp.h"
#include "ui/views/shift_plot.h"

#include <algorithm>
#include <iostream>
#include <map>

#include <QElapsedTimer>
#include <QSlider>
#include <QTest>

namespace prunescope {
namespace {

constexpr int kPatience_ms = 120'000;

class Scrub : public RealWindow {
protected:
    Scrub() {
        preferences_.setComputeAhead(true);
        window_.resize(1280, 800);
        window_.show();
        session_.controller.loadModel(QString::fromStdString(bundledModel().string()));
        const ModelSample sample = bundledSample();
        session_.controller.openPicture(QString::fromStdString(sample.image.string()),
                                        QString::fromStdString(sample.prompt));
        EXPECT_TRUE(
            QTest::qWaitFor([&] { return document().unpruned() != nullptr; }, kPatience_ms));
        EXPECT_TRUE(rest());
    }

    Document& document() { return session_.document; }

    /// Until nothing is left to compute ahead. What a slow machine does not finish in the time that
    /// it is given per rest, it goes on with when asked again.
    bool rest() {
        constexpr int kCutOff_ms = 15'000;
        QElapsedTimer since;
        do {
            since.start();
            session_.ahead.setOn(true);
            if (!QTest::qWaitFor([&] { return session_.ahead.isComplete(); }, kPatience_ms)) {
                return false;
            }
        } while (since.elapsed() > kCutOff_ms);
        return true;
    }

    void set(int budget, double tau) {
        RunSettings settings = document().settings();
        settings.budget = budget;
        settings.tau = tau;
        document().changeSettings(settings, "scrub");
    }

    /// Milliseconds until the answer to the inputs is on show.
    double answered() {
        QElapsedTimer since;
        since.start();
        EXPECT_TRUE(QTest::qWaitFor(
            [&] { return document().resultMatchesInputs() && document().trace()->answer.complete; },
            kPatience_ms));
        return static_cast<double>(since.nsecsElapsed()) / 1e6;
    }

    /// Misses of the stages that take time, as the run on show counted them.
    std::map<std::string, std::int64_t> work() {
        std::map<std::string, std::int64_t> misses;
        for (const StageCounter& counter : document().trace()->cache) {
            if (counter.stage != "curve_point") {
                misses[counter.stage] = counter.misses;
            }
        }
        return misses;
    }
};

TEST_F(Scrub, ADragOfTauOverItsBreakpointRunsNothingAgain) {
    const int budget = document().settings().budget;
    const std::vector<double> edges = tauEdges(*document().trace());
    ASSERT_EQ(edges.size(), 1U);
    EXPECT_TRUE(std::ranges::all_of(session_.ahead.marks().tau, &AheadMark::ready));
    auto* plot = window_.findChild<ShiftPlot*>("shiftPlot");
    auto* area = window_.findChild<QCustomPlot*>("shiftPlotArea");
    const auto pixel = [&](double tau) {
        return QPoint(area->axisRect()->center().x(), qRound(area->yAxis->coordToPixel(tau)));
    };
    set(budget, edges[0] / 2);
    answered();
    ASSERT_TRUE(rest());
    const auto before = work();
    const RunTrace fired = *document().trace();
    std::vector<double> ms;
    QTest::mousePress(area,
                      Qt::LeftButton,
                      Qt::NoModifier,
                      {area->width() / 2, qRound(plot->chart().tauPixel())});
    for (int i = 0; i < 20; ++i) {
        const double tau = edges[0] * (i % 2 == 0 ? 1.15 : 0.6) + 0.001 * i;
        QTest::mouseMove(area, pixel(tau));
        ms.push_back(answered());
        const bool fires = document().trace()->views[0].shift.fired;
        EXPECT_EQ(fires, edges[0] > document().settings().tau);
        EXPECT_EQ(document().trace()->views[0].shift.tau, document().settings().tau);
        EXPECT_EQ(document().trace()->views[0].kept == fired.views[0].kept, fires);
        if (i % 4 == 3) {
            ASSERT_TRUE(QTest::qWaitFor([&] { return document().state() == RunState::Ready; },
                                        kPatience_ms))
                << "the curve as well";
        }
    }
    QTest::mouseRelease(area, Qt::LeftButton, Qt::NoModifier, pixel(edges[0] * 1.15));
    set(budget, edges[0] / 3);
    answered();
    EXPECT_EQ(work(), before) << "no encoder pass, selection, prefill, answer or null band";
    std::ranges::sort(ms);
    std::cout << "tau over the breakpoint to the answer: p50 " << ms[10] << " ms, most "
              << ms.back() << " ms\n";
}

TEST_F(Scrub, FilledBudgetsAreAtHandAndEqualRunsOfTheirOwn) {
    const AheadMarks marks = session_.ahead.marks();
    ASSERT_GE(marks.budget.size(), 10U);
    EXPECT_TRUE(std::ranges::all_of(marks.budget, &AheadMark::ready));
    const double tau = document().settings().tau + 1e-6;  // a run that counts all work ahead of it
    set(document().settings().budget, tau);
    answered();
    const auto before = work();
    std::map<int, RunTrace> seen;
    for (const AheadMark& mark : marks.budget) {
        const int budget = static_cast<int>(mark.from);
        set(budget, tau);
        answered();
        EXPECT_EQ(work(), before) << budget;
        seen[budget] = *document().trace();
    }
    // Another model loaded: the engine forgets everything.
    session_.controller.loadModel(QString::fromStdString(bundledModel().string()));
    EXPECT_TRUE(session_.ahead.marks().budget.empty());
    preferences_.setComputeAhead(false);
    for (const auto& [budget, held] : seen) {
        set(budget, tau);
        ASSERT_TRUE(QTest::qWaitFor(
            [&] {
                return document().state() == RunState::Ready && document().resultMatchesInputs() &&
                       document().trace()->answer.complete;
            },
            kPatience_ms));
        EXPECT_EQ(document().trace()->answer, held.answer) << budget;
        EXPECT_EQ(document().trace()->views[0].kept, held.views[0].kept) << budget;
        EXPECT_EQ(document().trace()->views[0].shift, held.views[0].shift) << budget;
    }
}

}  // namespace
}  // namespace prunescope
