// Pins, bans, swaps and the token history, by mouse and keyboard.
#include "core/trace/patch_rules.h"
#include "tests/ui/shell/window_fixture.h"
#include "ui/panels/gallery.h"
#include "ui/views/canvas.h"

#include <algorithm>

#include <QApplication>
#include <QContextMenuEvent>
#include <QDir>
#include <QDockWidget>
#include <QFile>
#include <QLabel>
#include <QMenu>
#include <QSignalSpy>
#include <QStatusBar>
#include <QTableWidget>
#include <QTextBrowser>
#include <QToolButton>

namespace prunescope {
namespace {

using test::WindowTest;

class RulesTest : public WindowTest {
protected:
    void open() {
        openEverything();
        window_.show();
        QApplication::setActiveWindow(&window_);
        ASSERT_TRUE(QTest::qWaitForWindowExposed(&window_));
        canvas()->setFocus();
        QTest::qWait(1);
    }

    Canvas* canvas() { return child<Canvas>("canvas"); }

    QPoint placeOf(int patch) {
        return canvas()->transform().widgetRectOf(patch).center().toPoint();
    }

    void click(int patch, Qt::KeyboardModifiers modifiers = Qt::NoModifier) {
        QTest::mouseClick(canvas(), Qt::LeftButton, modifiers, placeOf(patch));
    }

    void key(Qt::Key key) { QTest::keyClick(canvas(), key); }

    const RunSettings& settings() { return session_.document.settings(); }

    PatchRule rule(int patch) { return ruleOf(settings(), 0, patch); }

    QString lastStep() { return session_.document.undoStack()->undoText(); }

    bool keeps(int patch) {
        return QTest::qWaitFor(
            [&] {
                return session_.document.resultMatchesInputs() &&
                       session_.document.state() == RunState::Ready &&
                       std::ranges::count(session_.document.trace()->views[0].kept, patch) == 1;
            },
            5000);
    }
};

TEST_F(RulesTest, PinAndBanByKeyAreUndoStepsInWords) {
    open();
    click(12);
    key(Qt::Key_P);
    EXPECT_EQ(rule(12), PatchRule::Pinned);
    EXPECT_EQ(lastStep(), "Pin patch 12");
    EXPECT_TRUE(keeps(12)) << "the run follows";
    EXPECT_EQ(child<QLabel>("legendCount_pinned")->text(), "1");
    EXPECT_EQ(child<QLabel>("rulesCounts")->text(), "1 pinned, 0 banned");
    key(Qt::Key_B);
    EXPECT_EQ(rule(12), PatchRule::Banned) << "one rule at a time";
    EXPECT_EQ(lastStep(), "Ban patch 12");
    key(Qt::Key_B);
    EXPECT_EQ(rule(12), PatchRule::None);
    EXPECT_EQ(lastStep(), "Lift the ban on patch 12");
    window_.action("undo")->trigger();
    EXPECT_EQ(rule(12), PatchRule::Banned);
    window_.action("undo")->trigger();
    window_.action("undo")->trigger();
    EXPECT_TRUE(settings().patch_rules.empty());
    EXPECT_FALSE(child<QWidget>("rulesRow")->isVisibleTo(&window_));
}

TEST_F(RulesTest, ABoxIsPinnedWhole) {
    open();
    const QRect box = QRectF(canvas()->transform().widgetRectOf(9))
                          .united(canvas()->transform().widgetRectOf(14))
                          .toRect()
                          .adjusted(2, 2, -2, -2);
    QTest::mousePress(canvas(), Qt::LeftButton, Qt::ShiftModifier, box.topLeft());
    QTest::mouseMove(canvas(), box.center());
    QTest::mouseRelease(canvas(), Qt::LeftButton, Qt::ShiftModifier, box.bottomRight());
    EXPECT_EQ(session_.selection.patches(), (std::vector<int>{9, 10, 13, 14}));
    key(Qt::Key_P);
    EXPECT_EQ(lastStep(), "Pin 4 patches");
    EXPECT_EQ(rulesOfView(settings(), 0).pinned, (std::vector<std::int32_t>{9, 10, 13, 14}));
    EXPECT_TRUE(keeps(14));
}

TEST_F(RulesTest, SwapExchangesAKeptForADroppedPatch) {
    open();
    click(3);
    key(Qt::Key_W);
    EXPECT_TRUE(window_.statusBar()->currentMessage().contains("takes the place of 3"));
    click(12);
    EXPECT_EQ(rule(3), PatchRule::Banned);
    EXPECT_EQ(rule(12), PatchRule::Pinned);
    EXPECT_EQ(lastStep(), "Swap patch 3 for 12");
    EXPECT_TRUE(keeps(12));
    click(13);
    click(2, Qt::ControlModifier);
    key(Qt::Key_W);
    EXPECT_EQ(lastStep(), "Swap patch 2 for 13");
    click(14);
    key(Qt::Key_W);
    key(Qt::Key_W);
    click(1);
    EXPECT_EQ(rule(1), PatchRule::None) << "it was called off";
    ASSERT_TRUE(keeps(13));
    click(14);
    click(15, Qt::ControlModifier);
    key(Qt::Key_W);
    EXPECT_EQ(lastStep(), "Swap patch 2 for 13");
    EXPECT_TRUE(window_.statusBar()->currentMessage().contains("both not kept"));
}

TEST_F(RulesTest, TheMenuRulesOnWhatIsUnderThePointer) {
    open();
    click(1);
    Q_EMIT canvas()->patchMenuRequested(11, canvas()->mapToGlobal(placeOf(11)));
    auto* menu = child<QMenu>("patchMenu");
    EXPECT_EQ(session_.selection.patches(), std::vector<int>{11});
    EXPECT_TRUE(menu->actions().contains(window_.action("pinPatch")));
    window_.action("pinPatch")->trigger();
    menu->close();
    EXPECT_EQ(rule(11), PatchRule::Pinned);
    EXPECT_EQ(rule(1), PatchRule::None);
    EXPECT_EQ(window_.action("pinPatch")->text(), "Un&pin patch");
}

TEST_F(RulesTest, PinsWithoutRoomWarnAndClearForgetsAll) {
    open();
    RunSettings next = settings();
    next.budget = 2;
    addRules(next, "9-13", PatchRule::Pinned, "--pin");
    addRules(next, "1", PatchRule::Banned, "--ban");
    session_.document.changeSettings(next, "many");
    auto* warning = child<QLabel>("rulesWarning");
    EXPECT_TRUE(QTest::qWaitFor([&] { return warning->text().contains("11, 12, 13"); }, 5000));
    EXPECT_TRUE(warning->isVisibleTo(&window_));
    QTest::mouseClick(child<QToolButton>("rulesClear"), Qt::LeftButton);
    EXPECT_TRUE(settings().patch_rules.empty());
    EXPECT_EQ(lastStep(), "Clear pins and bans");
    EXPECT_EQ(settings().budget, 2);
    EXPECT_FALSE(window_.action("clearRules")->isEnabled());
}

TEST_F(RulesTest, AnotherPictureForgetsThemInOneStep) {
    open();
    click(12);
    key(Qt::Key_P);
    session_.document.setImage(std::make_shared<const Image>(Image{2, 1, {9, 9, 9, 9, 9, 9}}),
                               "other.png",
                               "/p/other.png");
    EXPECT_TRUE(settings().patch_rules.empty());
    EXPECT_EQ(lastStep(), "Open other.png");
    window_.action("undo")->trigger();
    EXPECT_EQ(session_.document.imageName(), "two.png");
    EXPECT_EQ(rule(12), PatchRule::Pinned);
}

TEST_F(RulesTest, MarksAreDrawnOnThePicture) {
    open();
    click(0);
    const QImage before = canvas()->snapshot();
    session_.selection.setPatches({5});
    key(Qt::Key_P);
    session_.selection.setPatches({0});
    const QImage pinned = canvas()->snapshot();
    EXPECT_NE(before, pinned);
    const QRect cell = canvas()->transform().widgetRectOf(5).toRect();
    EXPECT_NE(before.copy(cell), pinned.copy(cell));
    session_.selection.setPatches({5});
    key(Qt::Key_B);
    session_.selection.setPatches({0});
    EXPECT_NE(canvas()->snapshot().copy(cell), pinned.copy(cell));
    session_.selection.setHoveredPatch(5);
    EXPECT_TRUE(canvas()->hoverText().contains("banned by you"));
}

TEST_F(RulesTest, HistoryOpensByDoubleClickAndFollowsTheKeys) {
    open();
    QTest::mouseDClick(canvas(), Qt::LeftButton, Qt::NoModifier, placeOf(9));
    auto* table = child<QTableWidget>("tokenHistoryTable");
    ASSERT_TRUE(QTest::qWaitFor([&] { return table->isVisible(); }, 2000));
    const auto column = [&](const QString& title) {
        for (int c = 0; c < table->columnCount(); ++c) {
            if (table->horizontalHeaderItem(c)->text() == title) {
                return c;
            }
        }
        return -1;
    };
    ASSERT_GE(table->rowCount(), 1);
    EXPECT_EQ(table->item(0, column("Rank"))->text(), "10 of 16");
    EXPECT_EQ(table->item(0, column("Role"))->text(), "context");
    EXPECT_EQ(table->item(0, column("Went to"))->text().replace(QChar::Nbsp, ' '), "#1 100 %");
    EXPECT_EQ(table->item(0, column("Why"))->text(), "rank 10 of 16, kept 8: context; 100 % to #1");
    EXPECT_TRUE(child<QLabel>("tokenHistoryTitle")->text().contains("Patch 9"));
    EXPECT_TRUE(child<QTextBrowser>("inspector")->toPlainText().contains("100 % to #1"));
    key(Qt::Key_Up);
    key(Qt::Key_Left);
    EXPECT_EQ(session_.selection.patches(), std::vector<int>{4});
    EXPECT_TRUE(child<QLabel>("tokenHistoryTitle")->text().contains("Patch 4"));
    const int last = session_.selection.stage();
    key(Qt::Key_BracketLeft);
    EXPECT_EQ(session_.selection.stage(), last - 1);
    EXPECT_EQ(table->currentRow(), last - 1);
    key(Qt::Key_BracketRight);
    EXPECT_EQ(table->currentRow(), last);
    QTest::mouseClick(table->viewport(),
                      Qt::LeftButton,
                      Qt::NoModifier,
                      table->visualItemRect(table->item(0, 0)).center());
    EXPECT_EQ(session_.selection.stage(), 0) << "a row shows its stage";
}

TEST_F(RulesTest, TheObjectAskedAboutIsSelectedAndPinnedWhole) {
    open();
    const auto select = [&] {
        QTest::keyClick(&window_, Qt::Key_G, Qt::ControlModifier | Qt::ShiftModifier);
    };
    select();
    EXPECT_TRUE(session_.selection.patches().empty());
    EXPECT_TRUE(window_.statusBar()->currentMessage().contains("drag a box"));
    ASSERT_TRUE(QDir(scratch_.path()).mkdir("samples"));
    QImage picture(56, 56, QImage::Format_RGB32);
    picture.fill(Qt::green);
    const QString path = scratch_.filePath("samples/a.png");
    ASSERT_TRUE(picture.save(path));
    QFile list(scratch_.filePath("samples/samples.json"));
    ASSERT_TRUE(list.open(QIODevice::WriteOnly));
    list.write(R"([{"image": "a.png", "prompt": "A dog?", "boxes": [[14, 14, 28, 14]]}])");
    list.close();
    QSignalSpy ready(child<Gallery>("gallery"), &Gallery::ready);
    window_.showSamplesOf(scratch_.path());
    ASSERT_TRUE(ready.wait(5000));
    session_.controller.openPicture(path, "A dog?");
    ASSERT_TRUE(QTest::qWaitFor(
        [&] {
            return session_.document.prompt() == "A dog?" &&
                   session_.document.resultMatchesInputs() &&
                   session_.document.state() == RunState::Ready;
        },
        5000));
    select();
    EXPECT_EQ(session_.selection.patches(), (std::vector<int>{5, 6}));
    key(Qt::Key_P);
    EXPECT_EQ(lastStep(), "Pin 2 patches");
    EXPECT_TRUE(keeps(5));
    EXPECT_TRUE(keeps(6));
}

/// As the fake backend's, with two clusters that 1 and 2 come to represent.
TracePtr withClusters(const RunTrace& trace) {
    RunTrace made = trace;
    StageTrace& last = made.views[0].stages.back();
    last.cluster_of.assign(16, -1);
    for (const int patch : {0, 1, 4, 5}) {
        last.cluster_of[static_cast<std::size_t>(patch)] = 0;
    }
    for (const int patch : {2, 3, 6, 7}) {
        last.cluster_of[static_cast<std::size_t>(patch)] = 1;
    }
    last.centres = {0, 2};
    last.baseline = {0, 2};
    last.chosen = {1, 2};
    last.slot_from_patch.assign(16, -1);
    last.slot_from_patch[1] = 0;
    last.slot_from_patch[2] = 1;
    made.views[0].kept = {1, 2};
    made.views[0].shift.fired = made.views[0].shift.accepted = true;
    return std::make_shared<const RunTrace>(made);
}

TEST_F(RulesTest, AClusterIsSelectedFromTheMenuAndHasAHistory) {
    open();
    session_.document.showTrace(withClusters(*session_.document.trace()));
    session_.selection.setStage(1);
    QContextMenuEvent asked(
        QContextMenuEvent::Mouse, placeOf(6), canvas()->mapToGlobal(placeOf(6)));
    QApplication::sendEvent(canvas(), &asked);
    auto* menu = child<QMenu>("patchMenu");
    for (const QAction* action : menu->actions()) {
        if (action->text().contains("cluster")) {
            EXPECT_TRUE(action->text().contains("4 patches")) << action->text().toStdString();
            QTest::mouseClick(menu,
                              Qt::LeftButton,
                              {},
                              menu->actionGeometry(const_cast<QAction*>(action)).center());
        }
    }
    EXPECT_EQ(session_.selection.patches(), (std::vector<int>{2, 3, 6, 7}));
    EXPECT_TRUE(child<QLabel>("tokenHistoryTitle")->text().contains("cluster 1"))
        << child<QLabel>("tokenHistoryTitle")->text().toStdString();
    auto* table = child<QTableWidget>("tokenHistoryTable");
    const auto says = [&](int patch, const QString& word) {
        session_.selection.setPatches({patch});
        const int last = table->rowCount() - 1;
        for (int c = 0; c < table->columnCount(); ++c) {
            if (table->item(last, c)->text() == word) {
                return true;
            }
        }
        return false;
    };
    EXPECT_TRUE(says(0, "0, centre"));
    EXPECT_TRUE(says(0, "evicted"));
    EXPECT_TRUE(says(1, "re-selected"));
    EXPECT_TRUE(says(2, "representative"));
    EXPECT_TRUE(says(3, "member"));
}

TEST_F(RulesTest, ARegionHasAHistoryToo) {
    open();
    session_.selection.setPatches({0, 1, 8, 9});
    auto* table = child<QTableWidget>("tokenHistoryTable");
    ASSERT_GE(table->rowCount(), 1);
    EXPECT_EQ(table->item(0, 1)->text(), "4 → 2");
    EXPECT_TRUE(child<QLabel>("tokenHistoryTitle")->text().contains("4 patches"));
    EXPECT_TRUE(child<QLabel>("tokenHistoryReason")->text().contains("tokens stay"));
    session_.selection.setPatches({});
    EXPECT_EQ(table->rowCount(), 0);
}

}  // namespace
}  // namespace prunescope
