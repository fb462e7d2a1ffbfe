// The preferences dialog: every control changes what is in force, menus and dialog agree, cancel
// and defaults go back.
#include "tests/ui/shell/test_files.h"
#include "tests/ui/shell/window_fixture.h"
#include "ui/panels/model_chooser.h"
#include "ui/preferences/preferences_dialog.h"

#include <QApplication>
#include <QCheckBox>
#include <QComboBox>
#include <QDir>
#include <QLabel>
#include <QListWidget>
#include <QPushButton>
#include <QSpinBox>
#include <QTreeWidget>

namespace prunescope {
namespace {

class PreferencesTest : public test::WindowTest {
protected:
    void SetUp() override {
        showActive();
        QTest::keyClick(&window_, Qt::Key_Comma, Qt::ControlModifier);
        ASSERT_TRUE(dialog()->isVisible());
    }

    void TearDown() override {
        preferences_.setAppearance(Appearance::Light);
        preferences_.setHighContrast(false);
        preferences_.setMotion(std::nullopt);
        window_.setAppearance(Appearance::Light);
    }

    PreferencesDialog* dialog() { return child<PreferencesDialog>("preferencesDialog"); }

    void press(const char* button) {
        QTest::mouseClick(child<QPushButton>(button), Qt::LeftButton);
    }

    /// By keyboard, from the first entry.
    void choose(const char* combo, int row) {
        auto* box = child<QComboBox>(combo);
        QTest::keyClick(box, Qt::Key_Home);
        for (int i = 0; i < row; ++i) {
            QTest::keyClick(box, Qt::Key_Down);
        }
    }

    void toggle(const char* box) { QTest::keyClick(child<QCheckBox>(box), Qt::Key_Space); }

    /// As files and objects have it, not as the dialog shows it.
    QStringList inForce() {
        const auto said = [](const std::optional<bool>& value) {
            return value ? QString::number(*value) : QString("-");
        };
        return {QString::number(static_cast<int>(preferences_.appearance())),
                QString::number(preferences_.highContrast()),
                said(preferences_.motion()),
                QString::number(session_.document.live()) + QString::number(preferences_.live()),
                said(preferences_.computeAhead()),
                session_.controller.hardware().device + preferences_.device(),
                session_.controller.hardware().dtype + preferences_.dtype(),
                preferences_.modelFolders().join(';'),
                QString::number(preferences_.autosaveSeconds())};
    }
};

TEST_F(PreferencesTest, EveryControlIsInForceAtOnceAndCancelTakesAllBack) {
    const QStringList before = inForce();
    QSet<QString> seen{before.join('|')};
    const auto moves = [&](const char* what) {
        EXPECT_FALSE(seen.contains(inForce().join('|'))) << what;
        seen.insert(inForce().join('|'));
    };
    choose("prefTheme", 2);
    moves("theme");
    EXPECT_LT(QApplication::palette().color(QPalette::Window).lightness(), 128);
    toggle("prefContrast");
    moves("contrast");
    EXPECT_EQ(QApplication::palette().color(QPalette::Window), QColor(Qt::black));
    EXPECT_TRUE(window_.action("highContrast")->isChecked());
    choose("prefMotion", 1);
    moves("motion");
    EXPECT_FALSE(window_.isAnimated());
    EXPECT_TRUE(window_.action("reducedMotion")->isChecked());
    choose("prefAhead", 1);
    moves("ahead");
    EXPECT_TRUE(session_.ahead.isOn());
    toggle("prefLive");
    moves("live");
    EXPECT_FALSE(window_.action("live")->isChecked());
    EXPECT_FALSE(child<QComboBox>("prefAhead")->isEnabled()) << "it needs Live";
    choose("prefDevice", 1);
    moves("device");
    EXPECT_EQ(child<QComboBox>("device")->currentData().toString(), "cpu") << "the panel follows";
    choose("prefPrecision", 2);
    moves("precision");
    EXPECT_EQ(child<QComboBox>("precision")->currentData().toString(), "bf16");
    dialogs_.answer = scratch_.path();
    press("prefAddFolder");
    moves("folder");
    auto* autosave = child<QSpinBox>("prefAutosave");
    autosave->setFocus();
    QTest::keyClick(autosave, Qt::Key_Up);
    moves("autosave");
    EXPECT_EQ(preferences_.autosaveSeconds(), 6);
    QTest::keyClick(dialog(), Qt::Key_Escape);
    EXPECT_FALSE(dialog()->isVisible());
    EXPECT_EQ(inForce().join('\n').toStdString(), before.join('\n').toStdString());
    EXPECT_TRUE(window_.isAnimated());
}

TEST_F(PreferencesTest, CloseKeepsAndDefaultsGoBackToTheBeginning) {
    const QStringList first = inForce();
    choose("prefTheme", 1);
    toggle("prefLive");
    press("prefClose");
    EXPECT_EQ(preferences_.appearance(), Appearance::Light);
    EXPECT_FALSE(preferences_.live());
    QTest::keyClick(&window_, Qt::Key_Comma, Qt::ControlModifier);
    EXPECT_EQ(child<QComboBox>("prefTheme")->currentIndex(), 1);
    press("prefDefaults");
    EXPECT_EQ(preferences_.appearance(), Appearance::System);
    EXPECT_TRUE(session_.document.live());
    EXPECT_FALSE(preferences_.computeAhead().has_value()) << "the fixture had said no";
    press("prefCancel");
    EXPECT_FALSE(preferences_.live()) << "as it was when the dialog was opened";
    EXPECT_EQ(preferences_.appearance(), Appearance::Light);
    EXPECT_EQ(preferences_.computeAhead(), std::optional(false));
}

TEST_F(PreferencesTest, MenusAndPanelsMoveTheDialogToo) {
    window_.action("live")->trigger();
    EXPECT_FALSE(child<QCheckBox>("prefLive")->isChecked());
    window_.action("live")->trigger();
    window_.action("highContrast")->trigger();
    EXPECT_TRUE(child<QCheckBox>("prefContrast")->isChecked());
    window_.action("reducedMotion")->trigger();
    EXPECT_EQ(child<QComboBox>("prefMotion")->currentData().toInt(), 1);
    window_.action("computeAhead")->trigger();
    EXPECT_EQ(child<QComboBox>("prefAhead")->currentData().toInt(), 1);
    Hardware hardware = session_.controller.hardware();
    hardware.device = "cuda:1";
    hardware.dtype = "fp16";
    session_.controller.runOn(hardware);
    EXPECT_EQ(child<QComboBox>("prefDevice")->currentText(), "cuda:1");
    EXPECT_EQ(child<QComboBox>("prefPrecision")->currentData().toString(), "fp16");
}

TEST_F(PreferencesTest, TabGoesThroughAllControlsInOrder) {
    QApplication::setActiveWindow(dialog());
    child<QWidget>("prefTheme")->setFocus();
    QStringList visited;
    for (int i = 0; i < 20 && (visited.isEmpty() ||
                               visited.first() != QApplication::focusWidget()->objectName());
         ++i) {
        visited << QApplication::focusWidget()->objectName();
        QTest::keyClick(QApplication::focusWidget(), Qt::Key_Tab);
    }
    QStringList controls;
    for (const QString& name : visited) {
        if (!name.endsWith("Path")) {  // text to be selected
            controls << name;
        }
    }
    EXPECT_EQ(controls.join(' ').toStdString(),
              "prefTheme prefContrast prefMotion prefLive prefAhead prefDevice prefPrecision "
              "prefModelFolders prefAddFolder prefAutosave prefDefaults prefCancel prefClose")
        << "Remove has nothing to remove";
    for (const QString& name : visited) {
        const auto* widget = child<QWidget>(name);
        EXPECT_FALSE(widget->toolTip().isEmpty() && !name.endsWith("Path")) << name.toStdString();
    }
    EXPECT_EQ(child<QLabel>("prefSettingsPath")->text(), preferences_.path());
}

TEST_F(PreferencesTest, FoldersWithModelsAreLookedThrough) {
    const QString models = QStringLiteral(PRUNESCOPE_SOURCE_DIR "/resources/models");
    dialogs_.answer = models;
    press("prefAddFolder");
    press("prefAddFolder");
    EXPECT_EQ(preferences_.modelFolders(), QStringList{models}) << "each once";
    press("prefClose");
    window_.action("models")->trigger();
    auto* list = child<QTreeWidget>("models");
    const auto found = [&] {
        for (int i = 0; i < list->topLevelItemCount(); ++i) {
            if (list->topLevelItem(i)->text(0) == models) {
                const QTreeWidgetItem* group = list->topLevelItem(i);
                bool is_there = false;
                for (int k = 0; k < group->childCount(); ++k) {
                    is_there = is_there || group->child(k)->text(0) == "prunescope-mini";
                }
                return is_there;
            }
        }
        return false;
    };
    EXPECT_TRUE(QTest::qWaitFor(found, 8000));
    child<QWidget>("modelChooser")->close();
    QTest::keyClick(&window_, Qt::Key_Comma, Qt::ControlModifier);
    child<QListWidget>("prefModelFolders")->setCurrentRow(0);
    press("prefRemoveFolder");
    EXPECT_TRUE(preferences_.modelFolders().isEmpty());
    EXPECT_FALSE(child<QPushButton>("prefRemoveFolder")->isEnabled());
}

TEST_F(PreferencesTest, AutosaveFollowsItsInterval) {
    const QString last = preferences_.stateFolder() + "/last.prunescope";
    auto* autosave = child<QSpinBox>("prefAutosave");
    autosave->setValue(0);
    EXPECT_EQ(autosave->text(), "Off");
    openEverything();
    QTest::qWait(1300);
    EXPECT_FALSE(QFile::exists(last));
    autosave->setValue(1);
    session_.document.setPrompt("Another?");
    session_.document.endMerge();
    EXPECT_TRUE(QTest::qWaitFor([&] { return QFile::exists(last); }, 5000));
}

TEST_F(PreferencesTest, MotionFollowsTheDesktopUntilSomebodySaysOtherwise) {
    const QString config = qEnvironmentVariable("XDG_CONFIG_HOME");
    EXPECT_TRUE(child<QComboBox>("prefMotion")->currentText().endsWith("full"));
    test::write(config + "/kdeglobals", "[KDE]\nAnimationDurationFactor=0\n");
    Q_EMIT qApp->applicationStateChanged(Qt::ApplicationActive);  // back from the desktop's own
    EXPECT_FALSE(window_.isAnimated());
    EXPECT_TRUE(window_.action("reducedMotion")->isChecked());
    EXPECT_TRUE(child<QComboBox>("prefMotion")->currentText().endsWith("reduced"));
    choose("prefMotion", 2);
    EXPECT_TRUE(window_.isAnimated());
    choose("prefMotion", 0);
    EXPECT_FALSE(window_.isAnimated());
    QFile::remove(config + "/kdeglobals");
    Q_EMIT qApp->applicationStateChanged(Qt::ApplicationActive);
    EXPECT_TRUE(window_.isAnimated());
}

}  // namespace
}  // namespace prunescope
