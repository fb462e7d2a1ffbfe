// Keys, menus and offers of the window.
#include "tests/ui/shell/window_fixture.h"
#include "ui/panels/error_card.h"
#include "ui/views/canvas.h"
#include "ui/views/stage_labels.h"

#include <QApplication>
#include <QClipboard>
#include <QComboBox>
#include <QDockWidget>
#include <QDoubleSpinBox>
#include <QLineEdit>
#include <QMenu>
#include <QMimeData>
#include <QPushButton>
#include <QStatusBar>
#include <QToolButton>

namespace prunescope {
namespace {

using test::WindowTest;

class ControlsTest : public WindowTest {
protected:
    bool isOffered(const char* button) {
        return child<QPushButton>(button)->isVisibleTo(child<ErrorCard>("errorCard"));
    }

    void showAndActivate() {
        window_.show();
        QApplication::setActiveWindow(&window_);
        ASSERT_TRUE(QTest::qWaitForWindowExposed(&window_));
    }
};

TEST_F(ControlsTest, OutOfMemoryOffersWhatNeedsLess) {
    openEverything();
    script_->code = ErrorCode::OutOfMemory;
    script_->run_error = "Memory ran out.";
    window_.action("run")->trigger();
    ASSERT_TRUE(reaches(RunState::OutOfMemory));
    EXPECT_TRUE(isOffered("errorRetry"));
    EXPECT_TRUE(isOffered("errorModels"));
    EXPECT_TRUE(isOffered("errorLowerPrecision"));
    EXPECT_FALSE(isOffered("errorCpu")) << "it ran on the CPU";
    EXPECT_EQ(session_.document.trace(), nullptr);
    script_->run_error.clear();
    child<QPushButton>("errorLowerPrecision")->click();
    ASSERT_TRUE(QTest::qWaitFor([&] { return session_.document.trace() != nullptr; }, 5000));
    EXPECT_EQ(session_.controller.hardware().dtype, "bf16");
    EXPECT_EQ(child<QComboBox>("precision")->currentText(), "bf16");
    EXPECT_EQ(preferences_.dtype(), "bf16");
    EXPECT_FALSE(child<ErrorCard>("errorCard")->isVisibleTo(&window_));
}

TEST_F(ControlsTest, OnlyAModelThatDoesNotLoadCanBeReplacedFromTheCard) {
    openEverything();
    script_->run_error = "Something else.";
    window_.action("run")->trigger();
    ASSERT_TRUE(reaches(RunState::Error));
    EXPECT_FALSE(isOffered("errorModels"));
    EXPECT_FALSE(isOffered("errorLowerPrecision"));
    script_->load_error = "config.json is broken.";
    session_.controller.loadModel("broken");
    ASSERT_TRUE(QTest::qWaitFor(
        [&] {
            return !session_.document.model().has_value() &&
                   session_.document.state() == RunState::Error;
        },
        5000));
    EXPECT_TRUE(isOffered("errorModels"));
    child<QPushButton>("errorModels")->click();
    EXPECT_TRUE(child<QWidget>("modelChooser")->isVisible());
}

TEST_F(ControlsTest, DeviceAndPrecisionLoadTheModelAgain) {
    openEverything();
    auto* device = child<QComboBox>("device");
    ASSERT_GE(device->findData("cpu"), 0);
    EXPECT_EQ(device->currentData().toString(), "auto");
    device->setCurrentIndex(device->findData("cpu"));
    Q_EMIT device->activated(device->currentIndex());
    EXPECT_EQ(session_.document.state(), RunState::LoadingModel);
    EXPECT_EQ(session_.controller.hardware().device, "cpu");
    EXPECT_EQ(preferences_.device(), "cpu");
    EXPECT_TRUE(session_.controller.commandLine().contains("--device cpu"));
    EXPECT_TRUE(reaches(RunState::Ready));
    session_.controller.runOn({"cuda:7", "auto", 0});  // as kept from another day
    EXPECT_EQ(device->currentText(), "GPU 7");
}

TEST_F(ControlsTest, ShiftedArrowsNudgeBudgetAndThresholdAsOneUndoStep) {
    openEverything();
    showAndActivate();
    const RunSettings before = session_.document.settings();
    child<Canvas>("canvas")->setFocus();
    for (int i = 0; i < 3; ++i) {
        QTest::keyClick(child<Canvas>("canvas"), Qt::Key_Right, Qt::ShiftModifier);
    }
    EXPECT_EQ(session_.document.settings().budget, before.budget + 3);
    window_.action("undo")->trigger();
    EXPECT_EQ(session_.document.settings().budget, before.budget);
    window_.action("tauUp")->trigger();
    EXPECT_NEAR(session_.document.settings().tau, before.tau + 0.01, 1e-12);
    RunSettings least = session_.document.settings();
    least.budget = 1;
    session_.document.changeSettings(least, "one");
    window_.action("fewerTokens")->trigger();
    EXPECT_EQ(session_.document.settings().budget, 1);
}

TEST_F(ControlsTest, GoToPatchTakesNumbersAndPlaces) {
    const PatchGrid grid{4, 6, 14};
    EXPECT_EQ(patchNamed("0", grid), 0);
    EXPECT_EQ(patchNamed(" 23 ", grid), 23);
    EXPECT_EQ(patchNamed("3, 5", grid), 23);
    for (const char* wrong : {"", "x", "24", "-1", "4,0", "0,6", "1,2,3", "1,", ",1"}) {
        EXPECT_EQ(patchNamed(wrong, grid), -1) << wrong;
    }
    openEverything();
    window_.action("goToPatch")->trigger();
    auto* line = child<QLineEdit>("goToPatchLine");
    line->setText("99");
    QTest::keyClick(line, Qt::Key_Return);
    EXPECT_TRUE(line->isVisible()) << "what names no patch can be mended";
    line->setText("1,2");
    QTest::keyClick(line, Qt::Key_Return);
    EXPECT_EQ(session_.selection.patches(), std::vector<int>{6});
}

TEST_F(ControlsTest, PatchMenuActsOnThePatchUnderThePointer) {
    openEverything();
    Q_EMIT child<Canvas>("canvas")->patchMenuRequested(5, QPoint(10, 10));
    auto* menu = child<QMenu>("patchMenu");
    for (QAction* action : menu->actions()) {
        if (action->text().contains("opy")) {
            action->trigger();
        } else if (action->text().contains("istory")) {
            action->trigger();
        }
    }
    menu->close();
    EXPECT_TRUE(QApplication::clipboard()->text().startsWith("#5 r1 c1"));
    EXPECT_EQ(session_.selection.patches(), std::vector<int>{5});
}

TEST_F(ControlsTest, PanelsAreReachedByKeyAndOneCanHaveTheWindow) {
    openEverything();
    showAndActivate();
    auto* canvas = child<Canvas>("canvas");
    canvas->setFocus();
    std::vector<QWidget*> seen;
    for (int i = 0; i < 12; ++i) {
        window_.action("nextPanel")->trigger();
        seen.push_back(QApplication::focusWidget());
        ASSERT_NE(seen.back(), nullptr);
        if (seen.back() == canvas) {
            break;
        }
    }
    EXPECT_EQ(seen.back(), canvas) << "the round ends where it began";
    EXPECT_GE(seen.size(), 5U);
    window_.action("previousPanel")->trigger();
    EXPECT_EQ(QApplication::focusWidget(), seen[seen.size() - 2]);

    canvas->setFocus();
    window_.action("maximisePanel")->trigger();
    EXPECT_FALSE(child<QDockWidget>("settingsDock")->isVisible());
    EXPECT_TRUE(canvas->isVisible());
    window_.action("maximisePanel")->trigger();
    EXPECT_TRUE(child<QDockWidget>("settingsDock")->isVisible());
    child<QDoubleSpinBox>("budgetField")->setFocus();
    window_.action("maximisePanel")->trigger();
    EXPECT_TRUE(child<QDockWidget>("settingsDock")->isVisible());
    EXPECT_FALSE(canvas->isVisible());
    window_.action("maximisePanel")->trigger();
    EXPECT_TRUE(canvas->isVisible());
}

TEST_F(ControlsTest, WhatCannotBeDroppedIsSaid) {
    openEverything();
    QMimeData web;
    web.setUrls({QUrl("https://example.org/cat.png")});
    QDragEnterEvent enter(QPoint(5, 5), Qt::CopyAction, &web, Qt::LeftButton, Qt::NoModifier);
    QApplication::sendEvent(&window_, &enter);
    QDropEvent drop(QPointF(5, 5), Qt::CopyAction, &web, Qt::LeftButton, Qt::NoModifier);
    QApplication::sendEvent(&window_, &drop);
    EXPECT_TRUE(window_.statusBar()->currentMessage().contains("of this computer"));
    EXPECT_EQ(session_.document.imageName(), "two.png");
}

TEST_F(ControlsTest, EyesFollowThePalette) {
    auto* eye = child<QToolButton>("legendEye_0");
    window_.setAppearance(Appearance::Light);
    QTest::qWait(20);
    const QImage light = eye->icon().pixmap(18, 18, QIcon::Normal, QIcon::On).toImage();
    window_.setAppearance(Appearance::Dark);
    QTest::qWait(20);
    const QImage dark = eye->icon().pixmap(18, 18, QIcon::Normal, QIcon::On).toImage();
    EXPECT_NE(light, dark);
    window_.setAppearance(Appearance::Light);
    QTest::qWait(20);
    EXPECT_EQ(eye->icon().pixmap(18, 18, QIcon::Normal, QIcon::On).toImage(), light);
}

}  // namespace
}  // namespace prunescope
