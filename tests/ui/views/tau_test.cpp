// Breakpoints of tau as values, and tau on the shift plot: snapping, keys, menu, what is at hand.
#include "tests/support/synthetic_trace.h"
#include "ui/ahead/ahead_plan.h"
#include "ui/views/qcp.h"
#include "ui/views/shift_plot.h"

#include <algorithm>
#include <cmath>
#include <random>

#include <QContextMenuEvent>
#include <QMenu>
#include <QSignalSpy>
#include <QTest>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace prunescope {
namespace {

using testing::ElementsAre;

RunTrace traceWith(std::vector<std::optional<double>> kappas, double tau = 0.2) {
    SyntheticOptions options;
    options.views = static_cast<int>(kappas.size());
    options.tau = tau;
    RunTrace trace = syntheticTrace(options);
    for (std::size_t v = 0; v < kappas.size(); ++v) {
        trace.views[v].shift.kappa = kappas[v];
    }
    return trace;
}

TEST(TauEdges, AreThePositiveFiniteKappasOfAllViews) {
    const double none = std::nan("");
    const double endless = std::numeric_limits<double>::infinity();
    EXPECT_THAT(tauEdges(traceWith({0.3, 0.1, 0.3, {}, none, -0.5, 0.0, endless})),
                ElementsAre(0.1, 0.3));
    RunTrace trace = traceWith({0.3});
    trace.settings.params["ablation"] = "acgr-only";
    EXPECT_TRUE(tauEdges(trace).empty()) << "it never fires, whatever tau is";
    trace = traceWith({0.3});
    trace.settings.trigger = Trigger::Relative;
    EXPECT_TRUE(tauEdges(trace).empty());
}

TEST(TauEdges, NeighboursOfAnEdgeLieInTheRangesBesideIt) {
    std::mt19937 random(5);
    for (int i = 0; i < 2000; ++i) {
        std::vector<double> edges;
        const double scale = std::pow(10.0, -static_cast<double>(random() % 8));
        for (int v = 0; v < 1 + i % 5; ++v) {
            edges.push_back(scale * std::uniform_real_distribution<double>(0.001, 3)(random));
        }
        if (i % 7 == 0) {
            edges.push_back(std::nextafter(edges.front(), 9.0));
        }
        std::ranges::sort(edges);
        for (std::size_t e = 0; e < edges.size(); ++e) {
            const double below = tauBelow(edges, e);
            const double above = tauAbove(edges, e);
            EXPECT_EQ(rangeAt(edges, below), static_cast<int>(e)) << edges[e];
            EXPECT_EQ(rangeAt(edges, above), static_cast<int>(e) + 1) << edges[e];
            EXPECT_GE(below, 0);
        }
    }
    EXPECT_DOUBLE_EQ(tauBelow({0.3456}, 0), 0.345);
    EXPECT_DOUBLE_EQ(tauAbove({0.3456}, 0), 0.346);
    EXPECT_DOUBLE_EQ(tauBelow({0.345}, 0), 0.344);
}

TEST(ReadyResultsTest, KnowOneOutcomePerRange) {
    ReadyResults ready;
    ready.add(traceWith({0.1, 0.3}, 0.2));
    const int budget = syntheticTrace().settings.budget;
    EXPECT_EQ(ready.ranges(budget).size(), 3U);
    EXPECT_TRUE(ready.has(budget, 0.1));
    EXPECT_TRUE(ready.has(budget, 0.29));
    EXPECT_FALSE(ready.has(budget, 0.3));
    EXPECT_FALSE(ready.has(budget, 0.05));
    EXPECT_FALSE(ready.has(budget + 1, 0.2));
    ready.add(traceWith({0.1, 0.3}, 0.9));
    EXPECT_TRUE(ready.has(budget, 77));
    RunTrace other = traceWith({0.1, 0.3}, 0.2);
    other.settings.budget = 7;
    ready.add(other);
    EXPECT_THAT(ready.budgets(0.2), ElementsAre(7, budget));
    EXPECT_THAT(ready.budgets(0.9), ElementsAre(budget));
    other.prompt = "Something else?";
    ready.add(other);
    EXPECT_THAT(ready.budgets(0.2), ElementsAre(7)) << "the rest is of another prompt";
    for (int i = 0; i < 60; ++i) {
        other.settings.budget = i + 1;
        ready.add(other);
    }
    EXPECT_EQ(ready.budgets(0.2).size(), ReadyResults::kMost);
    EXPECT_TRUE(ready.has(60, 0.2));
    EXPECT_FALSE(ready.has(1, 0.2));
}

TEST(AheadPlan, AsksForTheOtherSidesThenForTheBudgetsAround) {
    const RunTrace trace = traceWith({0.1, 0.3, 0.5}, 0.2);
    RunRequest base;
    base.settings = trace.settings;
    base.want_all_curves = true;
    ReadyResults ready;
    ready.add(trace);
    const auto requests = aheadRequests(base, trace, ready, true);
    std::vector<double> taus;
    std::vector<int> budgets;
    for (const RunRequest& request : requests) {
        EXPECT_FALSE(request.want_unpruned);
        EXPECT_FALSE(request.want_all_curves);
        EXPECT_EQ(request.settle_ms, 0);
        (request.settings.budget == base.settings.budget
             ? taus.push_back(request.settings.tau)
             : budgets.push_back(request.settings.budget));
    }
    EXPECT_THAT(taus, ElementsAre(0.0, 0.3, 0.5, 0.0, 1e300));
    EXPECT_THAT(budgets, ElementsAre(17, 15, 18, 14, 20, 12, 24, 8, 32));
    EXPECT_TRUE(requests.back().want_curve && !requests.back().want_answer);
    for (const RunRequest& request : requests) {
        if (request.want_answer) {
            RunTrace done = trace;
            done.settings = request.settings;
            ready.add(done);
        }
    }
    EXPECT_TRUE(aheadRequests(base, trace, ready, false).empty());
    const AheadMarks marks = aheadMarks(trace.settings, 576, ready);
    EXPECT_EQ(tauMarksText(marks), "τ 4 of 4");
    EXPECT_EQ(budgetMarksText(marks), "budgets 10 of 10");
    RunSettings moved = trace.settings;
    moved.budget = 17;
    EXPECT_EQ(tauMarksText(aheadMarks(moved, 576, ready)), "τ 1 of 4");
    EXPECT_THAT(budgetsAround(1, 3), ElementsAre(2, 3));
}

class TauOnThePlot : public testing::Test {
protected:
    void SetUp() override {
        document.setImage(std::make_shared<Image>(syntheticPicture(672, 504)), "a.png", "a.png");
        show({0.30, 0.12, 0.21});
        plot.resize(560, 320);
        plot.show();
        QCoreApplication::processEvents();
    }

    void show(std::vector<std::optional<double>> kappas) {
        const RunTrace trace = traceWith(std::move(kappas), 0.2);
        document.changeSettings(trace.settings, "as the trace");
        document.showTrace(std::make_shared<RunTrace>(trace));
    }

    QCustomPlot* area() { return plot.findChild<QCustomPlot*>("shiftPlotArea"); }

    QPoint at(double tau) {
        return {area()->axisRect()->center().x(), qRound(area()->yAxis->coordToPixel(tau))};
    }

    /// Opens the menu and triggers an entry; "" gives what the entries say.
    QStringList choose(const QPoint& where, const QString& name) {
        QContextMenuEvent event(QContextMenuEvent::Mouse, where, area()->mapToGlobal(where));
        QCoreApplication::sendEvent(area(), &event);
        auto* menu = plot.findChild<QMenu*>("tauMenu");
        if (menu == nullptr) {
            return {};
        }
        QStringList said;
        for (QAction* entry : menu->actions()) {
            said << entry->text();
            if (entry->objectName() == name) {
                entry->trigger();
            }
        }
        menu->close();
        QCoreApplication::sendPostedEvents(nullptr, QEvent::DeferredDelete);
        return said;
    }

    Document document;
    SelectionModel selection;
    ShiftPlot plot{&document, &selection};
};

TEST_F(TauOnThePlot, CtrlDragSnapsToTheBreakpointsOfAllViews) {
    ASSERT_EQ(selection.view(), 0);
    QSignalSpy dragged(&plot, &ShiftPlot::tauDragged);
    QTest::mousePress(area(),
                      Qt::LeftButton,
                      Qt::NoModifier,
                      {area()->width() / 2, qRound(plot.chart().tauPixel())});
    for (const double edge : {0.12, 0.21, 0.30}) {
        const QPoint near = at(edge) + QPoint(0, 2);
        QMouseEvent move(QEvent::MouseMove,
                         near,
                         area()->mapToGlobal(near),
                         Qt::NoButton,
                         Qt::LeftButton,
                         Qt::ControlModifier);
        QCoreApplication::sendEvent(area(), &move);
        EXPECT_EQ(plot.chart().tau(), edge);
    }
    const QPoint free = at(0.21) + QPoint(0, 2);
    QTest::mouseMove(area(), free);
    EXPECT_NE(plot.chart().tau(), 0.21) << "without Ctrl it goes where the pointer is";
    QTest::mouseRelease(area(), Qt::LeftButton, Qt::NoModifier, free);
    EXPECT_EQ(dragged.count(), 4);
}

TEST_F(TauOnThePlot, CtrlArrowsStepOverOneBreakpointEach) {
    std::vector<int> ranges;
    const auto press = [&](Qt::Key key) {
        QTest::keyClick(area(), key, Qt::ControlModifier);
        ranges.push_back(rangeAt(plot.chart().series().edges, plot.chart().tau()));
    };
    for (const Qt::Key key : {Qt::Key_Up,
                              Qt::Key_Up,
                              Qt::Key_Up,
                              Qt::Key_Down,
                              Qt::Key_Down,
                              Qt::Key_Down,
                              Qt::Key_Down}) {
        press(key);
    }
    EXPECT_THAT(ranges, ElementsAre(2, 3, 3, 2, 1, 0, 0));
}

TEST_F(TauOnThePlot, MenuSetsTauHereOrBesideTheNearestBreakpoint) {
    QSignalSpy released(&plot, &ShiftPlot::tauReleased);
    const QStringList said = choose(at(0.213), "snapTauAbove");
    ASSERT_EQ(said.size(), 3);
    EXPECT_TRUE(said[1].contains("0.21")) << said[1].toStdString();
    EXPECT_EQ(plot.chart().tau(), 0.21);
    choose(at(0.213), "snapTauBelow");
    EXPECT_DOUBLE_EQ(plot.chart().tau(), 0.209);
    choose(at(0.26), "setTauHere");
    EXPECT_NEAR(plot.chart().tau(), 0.26, 0.01);
    EXPECT_EQ(plot.chart().tau(), std::round(plot.chart().tau() * 1000) / 1000);
    EXPECT_EQ(released.count(), 3);
    RunTrace fixed = traceWith({0.3});
    fixed.settings.trigger = Trigger::Always;
    document.showTrace(std::make_shared<RunTrace>(fixed));
    const QStringList why = choose(at(0.2), "setTauHere");
    EXPECT_EQ(released.count(), 3);
    ASSERT_EQ(why.size(), 2);
    EXPECT_TRUE(why[1].contains("always")) << why[1].toStdString();
}

TEST_F(TauOnThePlot, BarsSayWhichOutcomesAreAtHand) {
    const auto bars = [&] {
        int filled = 0;
        int hollow = 0;
        for (int i = 0; i < area()->itemCount(); ++i) {
            auto* bar = qobject_cast<QCPItemRect*>(area()->item(i));
            if (bar != nullptr && bar->bottomRight->key() == 1 && bar->topLeft->key() > 0.9) {
                ++(bar->brush().color() == themeFor(plot.palette()).threshold ? filled : hollow);
            }
        }
        return std::pair(filled, hollow);
    };
    EXPECT_EQ(bars(), std::pair(0, 0));
    ReadyResults ready;
    ready.add(*document.trace());
    plot.showAhead(aheadMarks(document.settings(), 576, ready));
    EXPECT_EQ(bars(), std::pair(1, 3));
    EXPECT_TRUE(area()->toolTip().contains("τ 1 of 4"));
    EXPECT_TRUE(area()->accessibleDescription().contains("τ 1 of 4"));
    plot.showAhead({});
    EXPECT_EQ(bars(), std::pair(0, 0));
}

}  // namespace
}  // namespace prunescope
