#include "tests/support/synthetic_trace.h"
#include "ui/views/budget_plot.h"
#include "ui/views/canvas.h"
#include "ui/views/legend.h"
#include "ui/views/overlay_row.h"
#include "ui/views/qcp.h"
#include "ui/views/shift_plot.h"
#include "ui/views/stage_labels.h"
#include "ui/views/stage_scrubber.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <random>

#include <QFile>
#include <QSignalSpy>
#include <QSlider>
#include <QTemporaryDir>
#include <QTest>
#include <QToolButton>

#include <gtest/gtest.h>

namespace prunescope {
namespace {

class Views : public testing::Test {
protected:
    void SetUp() override {
        document.setImage(std::make_shared<Image>(syntheticPicture(672, 504)), "a.png", "a.png");
        trace = std::make_shared<RunTrace>(syntheticTrace());
        document.showTrace(trace);
        last = static_cast<int>(trace->views[0].stages.size()) - 1;
    }

    template <typename Widget>
    static Widget* child(QWidget& parent, const char* name) {
        auto* found = parent.findChild<Widget*>(QLatin1String(name));
        EXPECT_NE(found, nullptr) << name;
        return found;
    }

    Document document;
    SelectionModel selection;
    OverlaySettings overlay;
    TracePtr trace;
    int last = 0;
};

TEST_F(Views, CanvasShowsEachStageDifferently) {
    Canvas canvas(&document, &selection, &overlay);
    canvas.resize(640, 480);
    selection.setStage(-1);
    const QImage before = canvas.snapshot();
    selection.setStage(0);
    const QImage first = canvas.snapshot();
    selection.setStage(last);
    const QImage result = canvas.snapshot();
    EXPECT_NE(before, first);
    EXPECT_NE(first, result);
    OverlayOptions options = overlay.options();
    options.on = false;
    overlay.setOptions(options);
    EXPECT_NE(canvas.snapshot(), result);
}

TEST_F(Views, ClickOnAKnownPixelSelectsItsPatch) {
    Canvas canvas(&document, &selection, &overlay);
    canvas.resize(640, 480);
    const QPointF at = canvas.transform().widgetFromPicture(QPointF(84 + 21 * 3 + 10, 21 * 2 + 10));
    QTest::mouseClick(&canvas, Qt::LeftButton, Qt::NoModifier, at.toPoint());
    EXPECT_EQ(selection.patches(), std::vector<int>({2 * 24 + 3}));
    const QPointF other = canvas.transform().widgetFromPicture(QPointF(84 + 21 * 5 + 10, 21 + 10));
    QTest::mouseClick(&canvas, Qt::LeftButton, Qt::ControlModifier, other.toPoint());
    EXPECT_EQ(selection.patches(), std::vector<int>({24 + 5, 2 * 24 + 3}));
    const QPointF outside = canvas.transform().widgetFromPicture(QPointF(20, 100));
    QTest::mouseClick(&canvas, Qt::LeftButton, Qt::NoModifier, outside.toPoint());
    EXPECT_TRUE(selection.patches().empty());
}

TEST_F(Views, ShiftDragSelectsABox) {
    Canvas canvas(&document, &selection, &overlay);
    canvas.resize(640, 480);
    const auto corner = [&](int patch) {
        return canvas.transform().widgetRectOf(patch).topLeft().toPoint();
    };
    QTest::mousePress(&canvas, Qt::LeftButton, Qt::ShiftModifier, corner(0));
    QTest::mouseRelease(&canvas, Qt::LeftButton, Qt::ShiftModifier, corner(2 * 24 + 3));
    EXPECT_EQ(selection.patches(), std::vector<int>({0, 1, 2, 24, 25, 26}));
}

TEST_F(Views, KeysStepStagesToggleAndNudge) {
    Canvas canvas(&document, &selection, &overlay);
    canvas.resize(640, 480);
    selection.setStage(3);
    QTest::keyClick(&canvas, Qt::Key_BracketRight);
    EXPECT_EQ(selection.stage(), 4);
    QTest::keyClick(&canvas, Qt::Key_A);
    EXPECT_EQ(selection.stage(), 3);
    QTest::keyClick(&canvas, Qt::Key_2);
    EXPECT_FALSE(overlay.options().shows(PatchFate::Merged));
    QTest::keyClick(&canvas, Qt::Key_K);
    EXPECT_TRUE(overlay.options().cluster_fill);
    QTest::keyClick(&canvas, Qt::Key_E);
    EXPECT_EQ(overlay.options().edges, EdgeMode::TopK);
    selection.setPatches({25});
    QTest::keyClick(&canvas, Qt::Key_Right);
    EXPECT_EQ(selection.patches(), std::vector<int>({26}));
    QSignalSpy played(&canvas, &Canvas::playToggled);
    QTest::keyClick(&canvas, Qt::Key_Space);
    EXPECT_EQ(played.count(), 1);
}

TEST_F(Views, HoverTextSaysWhatBecameOfThePatch) {
    const ViewTrace& view = trace->views[0];
    const auto fates = patchFates(view, last);
    const auto merged = std::find(fates.begin(), fates.end(), PatchFate::Merged) - fates.begin();
    const QString said = patchText(view, last, static_cast<int>(merged));
    EXPECT_TRUE(said.startsWith(QStringLiteral("#%1 r").arg(merged))) << said.toStdString();
    EXPECT_TRUE(said.contains(QStringLiteral("merged at L"))) << said.toStdString();
    EXPECT_TRUE(said.contains(QStringLiteral("→ anchor #"))) << said.toStdString();
    EXPECT_TRUE(said.contains(QStringLiteral("score rank"))) << said.toStdString();
}

TEST_F(Views, PictureOfAnotherSizeGetsNoOverlay) {
    Canvas canvas(&document, &selection, &overlay);
    canvas.resize(640, 480);
    EXPECT_TRUE(canvas.transform().hasGrid());
    document.setImage(std::make_shared<Image>(syntheticPicture(100, 80)), "b.png", "b.png");
    EXPECT_FALSE(canvas.transform().hasGrid());
}

TEST_F(Views, OverlayRowAndCanvasShareOpacityAndOnOff) {
    OverlayRow row(&overlay);
    auto* slider = child<QSlider>(row, "overlayOpacity");
    EXPECT_EQ(slider->value(), 100);
    slider->setValue(40);
    EXPECT_DOUBLE_EQ(overlay.options().opacity, 0.4);
    overlay.changeOpacity(0.1);  // as Ctrl+wheel on the picture does
    EXPECT_EQ(slider->value(), 50);
    auto* eye = child<QToolButton>(row, "overlayEye");
    eye->click();
    EXPECT_FALSE(overlay.options().on);
    EXPECT_FALSE(slider->isEnabled()) << "it would show nothing";
    eye->click();
    EXPECT_TRUE(overlay.options().on);
}

TEST_F(Views, LegendCountsAllPatchesAndHidesAFate) {
    selection.setStage(last);
    Legend legend(&document, &selection, &overlay);
    auto* eye = child<QToolButton>(legend, "legendEye_0");
    ASSERT_TRUE(eye->isChecked());
    eye->click();
    EXPECT_FALSE(overlay.options().shows(PatchFate::Kept));
    overlay.solo(PatchFate::Dropped);
    EXPECT_FALSE(overlay.options().shows(PatchFate::Merged));
    overlay.solo(PatchFate::Dropped);
    EXPECT_TRUE(overlay.options().shows(PatchFate::Merged));
}

TEST_F(Views, ScrubberAndSelectionFollowEachOther) {
    StageScrubber scrubber(&document, &selection);
    auto* slider = child<QSlider>(scrubber, "stageSlider");
    EXPECT_EQ(slider->maximum(), last);
    slider->setValue(4);
    EXPECT_EQ(selection.stage(), 4);
    selection.setStage(1);
    EXPECT_EQ(slider->value(), 1);
}

TEST(ShiftPlotTest, AxisDoesNotMoveUntilTheNullBandsAreThere) {
    Document document;
    SelectionModel selection;
    ShiftPlot plot(&document, &selection);
    const auto* area = plot.findChild<QCustomPlot*>("shiftPlotArea");
    constexpr RunId kRun = 1;
    document.expectRun(kRun);
    RunTrace trace = syntheticTrace();
    const auto shown = [&](double p95, bool complete) {
        for (StageTrace& stage : trace.views[0].stages) {
            stage.null_band = p95 > 0 ? NullBand{p95 / 4, p95 / 2, p95, 200} : NullBand{};
        }
        trace.views[0].shift.null_band = trace.views[0].stages.back().null_band;
        trace.answer.complete = complete;
        const auto result = std::make_shared<const RunTrace>(trace);
        document.apply(complete ? Event(Finished{kRun, result}) : Event(Selected{kRun, result}));
        return area->yAxis->range();
    };
    const QCPRange before = shown(50, true);
    EXPECT_EQ(shown(0, false), before) << "the bands of this run are still being drawn";
    EXPECT_LT(shown(20, false).upper, before.upper);
    EXPECT_LT(shown(0, true).upper, 20) << "a finished run without bands";
}

TEST_F(Views, DraggingTauEmitsItsValue) {
    ShiftPlot plot(&document, &selection);
    plot.resize(560, 320);
    plot.show();
    QCoreApplication::processEvents();
    auto* area = child<QWidget>(plot, "shiftPlotArea");
    QSignalSpy dragged(&plot, &ShiftPlot::tauDragged);
    QSignalSpy released(&plot, &ShiftPlot::tauReleased);
    const QPoint on_line(area->width() / 2, qRound(plot.chart().tauPixel()));
    QTest::mousePress(area, Qt::LeftButton, Qt::NoModifier, on_line);
    QTest::mouseMove(area, on_line - QPoint(0, 30));
    QTest::mouseRelease(area, Qt::LeftButton, Qt::NoModifier, on_line - QPoint(0, 30));
    ASSERT_GE(dragged.count(), 1);
    EXPECT_GT(dragged.last().at(0).toDouble(), 0.2);
    EXPECT_EQ(released.count(), 1);
}

TEST_F(Views, IntervalEndsAtKappa) {
    const ShiftSeries series = makeShiftSeries(*trace, 0);
    ASSERT_TRUE(series.kappa.has_value());
    const auto below = intervalAt(series, *series.kappa - 1e-6);
    const auto above = intervalAt(series, *series.kappa);
    ASSERT_TRUE(below && above);
    EXPECT_TRUE(below->fires);
    EXPECT_FALSE(above->fires);  // kappa > tau fires
    EXPECT_EQ(series.points.size(), 12U);
    EXPECT_EQ(shiftCsv(series).count(QLatin1Char('\n')), 13);
}

TEST(ShiftSeriesTest, IntervalsEndWhereAnyViewBeginsToFire) {
    SyntheticOptions options;
    options.views = 3;
    RunTrace made = syntheticTrace(options);
    made.views[0].shift.kappa = 0.3;
    made.views[1].shift.kappa = 0.1;
    made.views[2].shift.kappa = 0.2;
    const auto firing = [&](double tau) {
        std::vector<bool> fires;
        for (const ViewTrace& view : made.views) {
            fires.push_back(*view.shift.kappa > tau);  // the rule of the trigger
        }
        return fires;
    };
    std::mt19937 random(11);
    std::uniform_real_distribution<double> anywhere(0.0, 0.4);
    for (int view = 0; view < 3; ++view) {
        const ShiftSeries series = makeShiftSeries(made, view);
        for (int i = 0; i < 500; ++i) {
            const double tau = i == 0 ? *series.kappa : anywhere(random);
            const auto interval = intervalAt(series, tau);
            ASSERT_TRUE(interval.has_value());
            EXPECT_LE(interval->from, tau);
            EXPECT_GT(interval->to, tau);
            EXPECT_EQ(interval->fires, firing(tau)[static_cast<std::size_t>(view)]);
            const double last = std::min(interval->to, 1.0);
            std::uniform_real_distribution<double> inside(interval->from, last);
            EXPECT_EQ(firing(inside(random)), firing(tau));
            EXPECT_EQ(firing(std::nextafter(last, 0.0)), firing(tau));
            if (interval->from > 0) {
                EXPECT_NE(firing(std::nextafter(interval->from, 0.0)), firing(tau));
            }
            if (std::isfinite(interval->to)) {
                EXPECT_NE(firing(interval->to), firing(tau));
            }
        }
    }
    const QString said = intervalText(makeShiftSeries(made, 0), 0.15);
    EXPECT_TRUE(said.contains("0.1") && said.contains("0.2") && said.contains("in this view"));
    EXPECT_TRUE(intervalText(makeShiftSeries(made, 1), 0.15).contains("other views"));
    made.views[1].shift.kappa.reset();
    EXPECT_EQ(intervalAt(makeShiftSeries(made, 0), 0.15)->from, 0);
}

TEST(BudgetPlotTest, SmallestBudgetOfATarget) {
    const std::vector<BudgetPoint> curve{
        {4, 0.9, 0.8, true, 0}, {8, 0.4, 0.3, true, 0}, {16, 0.1, 0.1, false, 0}};
    EXPECT_EQ(smallestBudget(curve, 0.3), 8);
    EXPECT_EQ(smallestBudget(curve, 0.05), std::nullopt);
}

TEST_F(Views, AxisAndTooltipNameMetricPlaceAndFormula) {
    RunTrace made = *trace;
    made.settings.metric = "frechetDiag";
    made.settings.place = ShiftPlace::Normalised;
    document.showTrace(std::make_shared<const RunTrace>(made));
    const ShiftSeries series = makeShiftSeries(made, 0);
    EXPECT_EQ(shiftAxisLabel(series.metric, series.place, true),
              "D (frechetDiag, normalised), log scale");
    EXPECT_EQ(shiftAxisLabel("klDiagFwd", ShiftPlace::Encoder, false), "D (klDiagFwd), linear");
    const QString help = metricHelp(series.metric, series.place);
    EXPECT_TRUE(help.contains("sum_c (sqrt v_k - sqrt v_f)^2")) << help.toStdString();
    EXPECT_TRUE(help.contains("Unit length")) << help.toStdString();
}

TEST_F(Views, PartsOfKappaAreShownWhereTheMetricHasThem) {
    RunTrace made = *trace;
    ShiftSummary& shift = made.views[0].shift;
    shift.kappa = 0.4;
    shift.mean_term = 0.3;
    shift.variance_term = 0.1;
    shift.channels = {{17, 0.5, 0.15, 0.05}, {3, 0.25, 0.05, 0.05}};
    const ShiftSeries series = makeShiftSeries(made, 0);
    EXPECT_EQ(partsText(series),
              "κ 0.4: means 75 % · variances 25 % · channels 17 (50.0 %), 3 (25.0 %)");
    EXPECT_TRUE(channelsHelp(series).contains("<td align=right>17</td>"));
    made.settings.metric = "mmdRbf";
    EXPECT_EQ(partsText(makeShiftSeries(made, 0)), QString());
}

TEST_F(Views, InfiniteShiftsAreLeftOutOfTheScale) {
    RunTrace made = *trace;
    made.views[0].shift.kappa = std::numeric_limits<double>::infinity();
    const ShiftSeries series = makeShiftSeries(made, 0);
    EXPECT_TRUE(std::isfinite(series.largest()));
    EXPECT_GT(series.smallestPositive(), 0);
}

TEST_F(Views, CurvesOfManyMethodsNameTheirPoints) {
    QCustomPlot plot;
    plot.resize(700, 300);
    BudgetSeries series;
    series.metric = "klDiagFwd";
    series.current = "dcp";
    series.compares = true;
    series.first_budget = 10;
    series.last_budget = 100;
    series.curves = {{"random", {{10, 0.1, 0.1, false, 0.1}, {100, 0.01, 0.01, false, 0.01}}},
                     {"dcp", {{10, 1.0, 0.4, true, 0.1}, {100, 0.05, 0.05, false, 0.01}}},
                     {"grid", {{10, 0.2, 0.2, false, 0.1}, {512, 7.0, 7.0, false, 0.01}}}};
    BudgetChart chart(&plot);
    chart.show(series, lightTheme(), false, false);
    plot.replot();
    EXPECT_EQ(plot.graphCount(), 3);
    EXPECT_LT(plot.yAxis->range().upper, 1) << "what is off the axis does not stretch it";
    const QPointF at(plot.xAxis->coordToPixel(10), plot.yAxis->coordToPixel(0.4));
    EXPECT_TRUE(chart.describe(at).startsWith("DCP")) << chart.describe(at).toStdString();
    EXPECT_EQ(chart.describe(at + QPointF(60, 0)), QString());
    EXPECT_NE(plot.legend->layout(), plot.axisRect()->insetLayout());
    series.compares = false;
    series.curves.resize(1);
    chart.show(series, lightTheme(), true, true);
    EXPECT_EQ(plot.legend->layout(), plot.axisRect()->insetLayout());
    const QTemporaryDir folder;
    EXPECT_TRUE(writeBudgetPlot(series, folder.filePath("curve.svg")));
    EXPECT_TRUE(writeBudgetPlot(series, folder.filePath("curve.csv")));
    QFile csv(folder.filePath("curve.csv"));
    ASSERT_TRUE(csv.open(QIODevice::ReadOnly));
    EXPECT_TRUE(
        csv.readAll().startsWith("method,budget,shift,shift_after,fired,null_median\nrandom,10,"));
}

}  // namespace
}  // namespace prunescope
