#include "core/prune/catalog.h"
#include "tests/ui/shell/window_fixture.h"
#include "ui/compare/difference.h"
#include "ui/compare/grid_view.h"
#include "ui/compare/method_tile.h"
#include "ui/views/canvas.h"
#include "ui/views/legend.h"
#include "ui/views/shift_plot.h"

#include <set>

#include <QLabel>
#include <QMenu>
#include <QTextBrowser>
#include <QToolButton>
#include <QWheelEvent>

#include <gtest/gtest.h>

namespace prunescope {
namespace {

class CompareTest : public test::WindowTest {
protected:
    void SetUp() override {
        window_.resize(1280, 800);
        window_.show();
        window_.activateWindow();
        openEverything();
        canvas()->setFocus();
    }

    Canvas* canvas() { return child<Canvas>("canvas"); }

    Reference& reference() { return session_.reference; }

    void setMethod(const std::string& id) {
        RunSettings settings = session_.document.settings();
        settings.method = id;
        session_.document.changeSettings(settings, "Method");
        session_.document.endMerge();
    }

    bool isCalm() {
        return QTest::qWaitFor(
            [&] {
                return session_.document.state() == RunState::Ready &&
                       session_.document.resultMatchesInputs() && !reference().needsRun();
            },
            5000);
    }

    /// A is DCP-Prune with 8 tokens (patches 0..7), B random with 8 (patches 4..11).
    void makeTwo() {
        setMethod("random");
        ASSERT_TRUE(isCalm());
        QTest::keyClick(&window_, Qt::Key_B, Qt::ControlModifier);
        ASSERT_TRUE(reference().isSet());
        setMethod("dcp");
        ASSERT_TRUE(isCalm());
    }

    bool waitGrid() {
        return QTest::qWaitFor(
            [&] {
                return session_.grid.doneCount() == static_cast<int>(session_.grid.tiles().size());
            },
            20000);
    }

    MethodTile* tileOf(const std::string& method) {
        const auto& tiles = session_.grid.tiles();
        for (std::size_t i = 0; i < tiles.size(); ++i) {
            if (tiles[i].settings.method == method) {
                return child<MethodTile>(QString("methodTile%1").arg(i));
            }
        }
        throw std::runtime_error("no tile of " + method);
    }
};

TEST_F(CompareTest, AHiddenBDoesNotZoomA) {
    window_.show();
    ASSERT_TRUE(QTest::qWaitForWindowExposed(&window_));
    openEverything();
    EXPECT_GT(child<Canvas>("canvas")->transform().cellSize(), 40)
        << "the picture fills the window";
}

TEST_F(CompareTest, KeyMakesTheCurrentRunBWithItsResultAndUndoTakesItBack) {
    const TracePtr before = session_.document.trace();
    QTest::keyClick(&window_, Qt::Key_B, Qt::ControlModifier);
    ASSERT_TRUE(reference().isSet());
    EXPECT_EQ(reference().trace(), before) << "what is known is not computed again";
    EXPECT_EQ(reference().inputs().settings, session_.document.settings());
    EXPECT_EQ(session_.compare_settings.mode(), CompareMode::Split);
    QTest::keyClick(&window_, Qt::Key_Z, Qt::ControlModifier);
    EXPECT_FALSE(reference().isSet());
    QTest::keyClick(&window_, Qt::Key_Z, Qt::ControlModifier | Qt::ShiftModifier);
    EXPECT_TRUE(reference().isSet());
    child<QToolButton>("closeReference")->click();
    EXPECT_FALSE(reference().isSet());
    session_.document.undoStack()->undo();
    EXPECT_TRUE(reference().isSet());
    EXPECT_EQ(reference().trace(), before);
}

TEST_F(CompareTest, SwapExchangesSettingsAndResultsInOneUndoStep) {
    makeTwo();
    const int steps = session_.document.undoStack()->index();
    QTest::keyClick(canvas(), Qt::Key_X);
    EXPECT_EQ(session_.document.settings().method, "random");
    EXPECT_EQ(reference().inputs().settings.method, "dcp");
    EXPECT_EQ(session_.document.undoStack()->index(), steps + 1);
    ASSERT_TRUE(isCalm());
    EXPECT_EQ(session_.document.trace()->settings.method, "random");
    EXPECT_EQ(reference().trace()->settings.method, "dcp");
    session_.document.undoStack()->undo();
    EXPECT_EQ(session_.document.settings().method, "dcp");
    EXPECT_EQ(reference().inputs().settings.method, "random");
}

TEST_F(CompareTest, LettersThatTheCanvasDoesNotReadReachTheWindow) {
    const bool live = session_.document.live();
    QTest::keyClick(canvas(), Qt::Key_L);
    EXPECT_NE(session_.document.live(), live);
    QTest::keyClick(canvas(), Qt::Key_L);
    EXPECT_EQ(session_.document.live(), live);
}

TEST_F(CompareTest, BKeepsItsOwnPrompt) {
    makeTwo();
    session_.document.setPrompt("Another question?");
    session_.document.endMerge();
    ASSERT_TRUE(isCalm());
    EXPECT_EQ(session_.document.trace()->prompt, "Another question?");
    EXPECT_EQ(reference().trace()->prompt, "What is it?");
}

TEST_F(CompareTest, BFollowsThePicture) {
    makeTwo();
    const TracePtr before = reference().trace();
    const auto picture = std::make_shared<const Image>(Image{1, 2, {6, 5, 4, 3, 2, 1}});
    session_.document.setImage(picture, "other.png", "");
    EXPECT_EQ(reference().trace(), nullptr) << "of another picture";
    ASSERT_TRUE(isCalm());
    ASSERT_NE(reference().trace(), nullptr);
    EXPECT_EQ(reference().trace()->image.height, 2);
    EXPECT_EQ(reference().trace()->settings.method, "random");
    EXPECT_NE(reference().trace(), before);
}

TEST_F(CompareTest, WithAnotherModelBKeepsItsResultAndARunsAgain) {
    makeTwo();
    const TracePtr kept = reference().trace();
    session_.controller.loadModel("larger");
    ASSERT_TRUE(QTest::qWaitFor(
        [&] {
            return session_.document.state() == RunState::Ready && session_.document.trace() &&
                   session_.document.trace()->model.fingerprint != kept->model.fingerprint;
        },
        5000));
    EXPECT_TRUE(reference().isFrozen());
    EXPECT_EQ(reference().trace(), kept);
    EXPECT_FALSE(window_.action("swapSides")->isEnabled());
    EXPECT_FALSE(child<QToolButton>("swapSides")->toolTip().isEmpty());
    session_.controller.loadModel("fake");
    ASSERT_TRUE(reaches(RunState::Ready));
    ASSERT_TRUE(isCalm());
    EXPECT_FALSE(reference().isFrozen());
}

TEST_F(CompareTest, AFailureOfBIsToldAndLeavesAAlone) {
    makeTwo();
    script_->variant_error = "The tower is missing.";
    const auto picture = std::make_shared<const Image>(Image{1, 2, {6, 5, 4, 3, 2, 1}});
    session_.document.setImage(picture, "other.png", "");
    ASSERT_TRUE(QTest::qWaitFor([&] { return !reference().error().isEmpty(); }, 5000));
    ASSERT_TRUE(reaches(RunState::Ready));
    EXPECT_NE(session_.document.trace(), nullptr);
    EXPECT_TRUE(child<QLabel>("compareText")->text().contains("The tower is missing."));
}

TEST_F(CompareTest, HeldShiftShowsBAtOnceAndNothingInBetween) {
    makeTwo();
    QTest::keyClick(&window_, Qt::Key_1, Qt::AltModifier);
    ASSERT_EQ(session_.compare_settings.mode(), CompareMode::Current);
    canvas()->setFocus();
    QTest::qWait(50);
    const QImage a = canvas()->grab().toImage();
    QTest::keyPress(canvas(), Qt::Key_Shift);
    const QImage first = canvas()->grab().toImage();  // without a turn of the event loop
    QTest::qWait(50);
    const QImage later = canvas()->grab().toImage();
    QTest::keyRelease(canvas(), Qt::Key_Shift);
    EXPECT_NE(first, a);
    EXPECT_EQ(first, later) << "the first frame is B already";
    EXPECT_EQ(canvas()->grab().toImage(), a);
}

TEST_F(CompareTest, TheDividerIsDraggedAndSelectsNothing) {
    makeTwo();
    QTest::keyClick(&window_, Qt::Key_2, Qt::AltModifier);
    QTest::qWait(20);
    const QImage middle = canvas()->grab().toImage();
    const QPoint from(canvas()->width() / 2, canvas()->height() / 3);
    QTest::mousePress(canvas(), Qt::LeftButton, {}, from);
    QTest::mouseMove(canvas(), from - QPoint(60, 0));
    QTest::mouseMove(canvas(), from - QPoint(120, 0));
    QTest::mouseRelease(canvas(), Qt::LeftButton, {}, from - QPoint(120, 0));
    EXPECT_NEAR(session_.compare_settings.divider(), 0.5 - 120.0 / canvas()->width(), 0.01);
    EXPECT_TRUE(session_.selection.patches().empty());
    EXPECT_NE(canvas()->grab().toImage(), middle);
}

TEST_F(CompareTest, SideBySideMovesTogetherAndSharesTheSelection) {
    makeTwo();
    QTest::keyClick(&window_, Qt::Key_3, Qt::AltModifier);
    auto* b = child<Canvas>("canvasB");
    ASSERT_TRUE(b->isVisible());
    QTest::qWait(20);
    EXPECT_NEAR(canvas()->width(), b->width(), 2);
    const QPointF at(b->width() / 2.0, b->height() / 2.0);
    QWheelEvent wheel(at, b->mapToGlobal(at), {}, {0, 240}, {}, {}, Qt::NoScrollPhase, false);
    QCoreApplication::sendEvent(b, &wheel);
    EXPECT_DOUBLE_EQ(canvas()->transform().scale, b->transform().scale);
    EXPECT_EQ(canvas()->transform().offset, b->transform().offset);
    const QPoint patch = b->transform().widgetRectOf(5).center().toPoint();
    QTest::mouseClick(b, Qt::LeftButton, {}, patch);
    EXPECT_EQ(session_.selection.patches(), std::vector<int>{5});
    QTest::keyClick(b, Qt::Key_A);  // the stage before
    EXPECT_EQ(session_.selection.stage(), 0);
    QTest::keyClick(&window_, Qt::Key_1, Qt::AltModifier);
    EXPECT_FALSE(b->isVisible());
}

TEST_F(CompareTest, DifferenceCountsWhatOnlyOneSideKeeps) {
    makeTwo();
    EXPECT_FALSE(child<QWidget>("differenceLegend")->isVisible());
    QTest::keyClick(&window_, Qt::Key_4, Qt::AltModifier);
    EXPECT_TRUE(child<QWidget>("differenceLegend")->isVisible());
    EXPECT_FALSE(child<Legend>("legend")->isVisible());
    const auto count = [&](Presence presence) {
        return child<QLabel>(QString("differenceCount_%1").arg(static_cast<int>(presence)))->text();
    };
    EXPECT_EQ(count(Presence::OnlyA), "4");
    EXPECT_EQ(count(Presence::OnlyB), "4");
    EXPECT_EQ(count(Presence::Both), "4");
    EXPECT_EQ(count(Presence::Neither), "4");
    session_.selection.setHoveredPatch(9);
    EXPECT_TRUE(canvas()->hoverText().contains("A: ")) << canvas()->hoverText().toStdString();
    EXPECT_TRUE(canvas()->hoverText().contains("B: "));
    child<QToolButton>("closeReference")->click();
    EXPECT_TRUE(child<Legend>("legend")->isVisible());
}

TEST_F(CompareTest, AnswersAreDiffedTokenByToken) {
    makeTwo();
    auto* answer = child<QTextBrowser>("referenceAnswer");
    // The panel gathers changes of a frame: it may still show the run before.
    ASSERT_TRUE(QTest::qWaitFor(
        [&] {
            return child<QLabel>("verdict")->text().contains("A and B differ in 1 of 3 tokens");
        },
        2000));
    EXPECT_EQ(answer->toPlainText(), "word0 word1 dog");
    EXPECT_EQ(child<QTextBrowser>("prunedAnswer")->toPlainText(), "word0 word1 cat");
    EXPECT_TRUE(answer->toHtml().contains("underline"));
    reference().close();
    EXPECT_TRUE(QTest::qWaitFor([&] { return !answer->isVisible(); }, 2000));
}

TEST_F(CompareTest, ShiftPlotDrawsBOnlyWhileThereIsOne) {
    auto* plot = child<ShiftPlot>("shiftPlot");
    QTest::qWait(50);
    const QImage alone = plot->grab().toImage();
    reference().setFromCurrent();
    QTest::qWait(50);
    EXPECT_NE(plot->grab().toImage(), alone);
    reference().close();
    QTest::qWait(50);
    EXPECT_EQ(plot->grab().toImage(), alone);
}

TEST_F(CompareTest, EveryMethodIsReachedByKeyboardInBothDirections) {
    const std::size_t all = methodCatalog().size();
    std::set<std::string> reached;
    for (std::size_t i = 0; i < all; ++i) {
        QTest::keyClick(&window_, Qt::Key_PageDown, Qt::ControlModifier);
        reached.insert(session_.document.settings().method);
    }
    EXPECT_EQ(reached.size(), all);
    EXPECT_EQ(session_.document.settings().method, "dcp") << "once around";
    QTest::keyClick(&window_, Qt::Key_PageUp, Qt::ControlModifier);
    EXPECT_NE(session_.document.settings().method, "dcp");
    QTest::keyClick(&window_, Qt::Key_PageDown, Qt::ControlModifier);
    EXPECT_EQ(session_.document.settings().method, "dcp");
}

TEST_F(CompareTest, GridComputesEveryTileAndMarksAnswers) {
    const int runs = script_->runs;
    QTest::keyClick(&window_, Qt::Key_5, Qt::AltModifier);
    ASSERT_TRUE(child<GridView>("methodGrid")->isVisible());
    ASSERT_TRUE(waitGrid());
    EXPECT_EQ(session_.grid.tiles().front().settings.method, "none");
    EXPECT_EQ(script_->runs - runs, static_cast<int>(session_.grid.tiles().size()));
    EXPECT_TRUE(tileOf("none")->lines().contains("word0 word1 mouse"));
    EXPECT_TRUE(tileOf("random")->lines().contains("≠ word0 word1 dog"));
    EXPECT_TRUE(tileOf("random")->lines().contains("8 of 16 tokens"));
    EXPECT_FALSE(tileOf("random")->lines().join(' ').contains("object"));
    session_.grid.setBoxes({{0, 0, 56, 28}});  // the upper half: patches 0..7
    EXPECT_TRUE(tileOf("random")->lines().contains("50 % on object (50 % of it)"));
    EXPECT_FALSE(child<QToolButton>("gridStop")->isVisible());
    QTest::keyClick(&window_, Qt::Key_5, Qt::AltModifier);
    EXPECT_TRUE(canvas()->isVisible());
}

TEST_F(CompareTest, ATileIsTakenByClickAndBecomesBWithControl) {
    QTest::keyClick(&window_, Qt::Key_5, Qt::AltModifier);
    ASSERT_TRUE(waitGrid());
    const int runs = script_->runs;
    QTest::mouseClick(tileOf("random"), Qt::LeftButton);
    EXPECT_EQ(session_.document.settings().method, "random");
    ASSERT_TRUE(isCalm());
    QTest::qWait(400);
    EXPECT_EQ(script_->runs, runs + 1) << "the other tiles stay";
    QTest::mouseClick(tileOf("grid"), Qt::LeftButton, Qt::ControlModifier);
    ASSERT_TRUE(reference().isSet());
    EXPECT_EQ(reference().inputs().settings.method, "grid");
    EXPECT_NE(reference().trace(), nullptr) << "the tile's result is B's";
    session_.document.undoStack()->undo();
    EXPECT_FALSE(reference().isSet());
    session_.document.undoStack()->undo();
    EXPECT_EQ(session_.document.settings().method, "dcp");
}

TEST_F(CompareTest, GridIsWalkedAndChosenFromByKeyboard) {
    QTest::keyClick(&window_, Qt::Key_5, Qt::AltModifier);
    ASSERT_TRUE(waitGrid());
    auto* first = child<MethodTile>("methodTile0");
    first->setFocus();
    QTest::keyClick(first, Qt::Key_Right);
    auto* second = child<MethodTile>("methodTile1");
    EXPECT_TRUE(second->hasFocus());
    QTest::keyClick(second, Qt::Key_Return);
    EXPECT_EQ(session_.document.settings().method, session_.grid.tiles()[1].settings.method);
    QTest::keyClick(second, Qt::Key_Return, Qt::ControlModifier);
    EXPECT_EQ(reference().inputs().settings.method, session_.grid.tiles()[1].settings.method);
}

TEST_F(CompareTest, GridStopsGoesOnAndFollowsTheBudget) {
    script_->hold = true;
    QTest::keyClick(&window_, Qt::Key_5, Qt::AltModifier);
    auto* stop = child<QToolButton>("gridStop");
    ASSERT_TRUE(
        QTest::qWaitFor([&] { return session_.grid.tiles().front().trace != nullptr; }, 5000));
    stop->click();
    EXPECT_TRUE(child<QLabel>("gridProgress")->text().startsWith("Stopped"));
    EXPECT_EQ(session_.grid.doneCount(), 0);
    script_->hold = false;
    QTest::qWait(300);
    EXPECT_EQ(session_.grid.doneCount(), 0);
    stop->click();
    ASSERT_TRUE(waitGrid());
    RunSettings settings = session_.document.settings();
    settings.budget = 5;
    session_.document.changeSettings(settings, "Budget");
    EXPECT_LT(session_.grid.doneCount(), static_cast<int>(session_.grid.tiles().size()));
    ASSERT_TRUE(waitGrid());
    EXPECT_TRUE(tileOf("random")->lines().contains("5 of 16 tokens"));
}

TEST_F(CompareTest, OneFailedMethodLeavesTheOthers) {
    script_->failing_method = "grid";
    QTest::keyClick(&window_, Qt::Key_5, Qt::AltModifier);
    ASSERT_TRUE(waitGrid());
    EXPECT_TRUE(tileOf("grid")->lines().contains("Not with this model."));
    EXPECT_TRUE(tileOf("random")->lines().contains("8 of 16 tokens"));
    EXPECT_EQ(session_.document.state(), RunState::Ready);
}

TEST_F(CompareTest, MethodsOfTheGridAreChosenAndAtMostSixteen) {
    std::vector<std::string> every;
    for (const MethodSpec& method : methodCatalog()) {
        every.push_back(method.id);
    }
    session_.grid.setMethods(every);
    EXPECT_LE(session_.grid.tiles().size(), static_cast<std::size_t>(MethodGrid::kMost));
    auto* menu = child<QMenu>("gridMethodsMenu");
    Q_EMIT menu->aboutToShow();
    for (QAction* entry : menu->actions()) {
        entry->setChecked(entry->data().toString() == "random");
    }
    Q_EMIT menu->triggered(menu->actions().front());
    ASSERT_EQ(session_.grid.tiles().size(), 2U);
    EXPECT_EQ(session_.grid.tiles()[1].settings.method, "random");
    EXPECT_EQ(window_.findChild<MethodTile*>("methodTile2"), nullptr);
}

TEST_F(CompareTest, TheGridsMethodsAreRememberedBetweenStarts) {
    EXPECT_TRUE(preferences_.gridMethods().isEmpty()) << "nothing was chosen yet";
    session_.grid.setMethods({"dcp", "random"});
    const std::vector<std::string> chosen = session_.grid.methods();
    ASSERT_EQ(chosen, (std::vector<std::string>{"none", "random", "dcp"}));
    Preferences preferences(scratch_.filePath("settings.ini"));
    Session session(test::fakeBackend(script_), &preferences);
    test::CannedDialogs dialogs;
    const MainWindow window(&session, &preferences, &dialogs);
    EXPECT_EQ(session.grid.methods(), chosen);
}

}  // namespace
}  // namespace prunescope
