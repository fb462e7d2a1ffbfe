// Palette, key sheet, editable keys, bookmarks and notes.
#include "core/session/session_file.h"
#include "tests/ui/shell/window_fixture.h"
#include "ui/command_palette.h"
#include "ui/panels/shortcut_editor.h"
#include "ui/services/shortcuts.h"
#include "ui/views/canvas.h"

#include <QApplication>
#include <QDockWidget>
#include <QKeySequenceEdit>
#include <QLabel>
#include <QLineEdit>
#include <QMenu>
#include <QPlainTextEdit>
#include <QPushButton>
#include <QTextBrowser>
#include <QTreeWidget>
#include <QUndoView>

namespace prunescope {
namespace {

class CommandsTest : public test::WindowTest {
protected:
    void SetUp() override {
        window_.show();
        activate();
        openEverything();
        activate();
    }

    void activate() {
        QApplication::setActiveWindow(&window_);
        child<Canvas>("canvas")->setFocus();
    }

    void press(const char* button) {
        QTest::mouseClick(child<QPushButton>(button), Qt::LeftButton);
    }

    void choose(const char* list, const QString& text) {
        const auto found = child<QTreeWidget>(list)->findItems(text, Qt::MatchExactly);
        ASSERT_EQ(found.size(), 1) << text.toStdString();
        child<QTreeWidget>(list)->setCurrentItem(found.front());
    }

    bool settles() {
        return QTest::qWaitFor(
            [&] {
                return session_.document.state() == RunState::Ready &&
                       session_.document.resultMatchesInputs();
            },
            5000);
    }
};

TEST(FuzzyScore, LettersInOrderFitAndWordStartsFitBest) {
    EXPECT_FALSE(fuzzyScore("xq", "Export").has_value());
    EXPECT_FALSE(fuzzyScore("te", "Export").has_value()) << "order counts";
    EXPECT_EQ(fuzzyScore("", "Export"), 0);
    EXPECT_GT(*fuzzyScore("cc", "Copy as command"), *fuzzyScore("cc", "Accept")) << "word starts";
    EXPECT_GT(*fuzzyScore("exp", "Export"), *fuzzyScore("exp", "Next panel"));
    EXPECT_TRUE(fuzzyScore("CAC", "copy as command").has_value());
}

TEST_F(CommandsTest, ThePaletteFindsAndRunsACommand) {
    QTest::keyClick(&window_, Qt::Key_P, Qt::ControlModifier | Qt::ShiftModifier);
    auto* line = child<QLineEdit>("paletteLine");
    auto* list = child<QTreeWidget>("paletteList");
    EXPECT_GT(list->topLevelItemCount(), 60) << "all actions and panels";
    QTest::keyClicks(line, "otm");
    ASSERT_GT(list->topLevelItemCount(), 0);
    EXPECT_EQ(list->topLevelItem(0)->text(0), "One token more");
    EXPECT_EQ(list->topLevelItem(0)->text(1),
              window_.action("moreTokens")->shortcut().toString(QKeySequence::NativeText));
    const int before = session_.document.settings().budget;
    QTest::keyClick(line, Qt::Key_Return);
    EXPECT_EQ(session_.document.settings().budget, before + 1);
}

TEST_F(CommandsTest, ThePaletteRunsNoCommandThatCannotBeUsed) {
    window_.action("commands")->trigger();
    auto* line = child<QLineEdit>("paletteLine");
    QTest::keyClicks(line, "swap");
    auto* item = child<QTreeWidget>("paletteList")->topLevelItem(0);
    ASSERT_NE(item, nullptr);
    EXPECT_TRUE(item->isDisabled()) << item->text(0).toStdString();
    QTest::keyClick(line, Qt::Key_Return);
    EXPECT_TRUE(line->isVisible());
}

TEST_F(CommandsTest, KeysAreGivenTakenRememberedAndReset) {
    window_.action("editKeys")->trigger();
    choose("shortcutList", "Go to the budget");
    auto* keys = child<QKeySequenceEdit>("shortcutKeys");
    keys->setKeySequence(QKeySequence("Ctrl+E"));
    EXPECT_TRUE(child<QLabel>("shortcutNote")->text().contains("belongs to “Export”"));
    EXPECT_EQ(child<QPushButton>("shortcutAssign")->text().remove('&'), "Reassign");
    press("shortcutAssign");
    EXPECT_EQ(window_.action("focusBudget")->shortcut(), QKeySequence("Ctrl+E"));
    EXPECT_TRUE(window_.action("export")->shortcuts().isEmpty()) << "one key, one command";
    EXPECT_FALSE(window_.action("export")->toolTip().contains("Ctrl+E"));
    activate();
    QTest::keyClick(&window_, Qt::Key_E, Qt::ControlModifier);
    EXPECT_FALSE(child<QDialog>("exportDialog")->isVisible());

    QTemporaryDir other;
    Session session(test::fakeBackend(script_), &preferences_);
    MainWindow again(&session, &preferences_, &dialogs_);
    EXPECT_EQ(again.action("focusBudget")->shortcut(), QKeySequence("Ctrl+E"));
    EXPECT_TRUE(again.action("export")->shortcuts().isEmpty());

    window_.action("keys")->trigger();
    const QString sheet = child<QWidget>("keySheet")->findChild<QTextBrowser*>()->toPlainText();
    EXPECT_TRUE(sheet.contains("Ctrl+E\nGo to the budget")) << sheet.toStdString();
    EXPECT_FALSE(sheet.contains("Export")) << "it has no key now";

    choose("shortcutList", "Export");
    press("shortcutReset");
    EXPECT_EQ(window_.action("export")->shortcut(), QKeySequence("Ctrl+E"));
    EXPECT_TRUE(window_.action("focusBudget")->shortcuts().isEmpty());
    press("shortcutResetAll");
    EXPECT_EQ(window_.action("focusBudget")->shortcut(), QKeySequence("Ctrl+Shift+B"));
    EXPECT_TRUE(preferences_.shortcuts().empty());
    choose("shortcutList", "Run");
    press("shortcutClear");
    EXPECT_TRUE(window_.action("run")->shortcuts().isEmpty());
}

TEST_F(CommandsTest, NoTwoCommandsShareAKey) {
    Shortcuts shortcuts(
        [&] {
            std::map<QString, QAction*> all;
            for (QAction* action : window_.findChildren<QAction*>()) {
                if (!action->objectName().isEmpty() && !action->shortcuts().isEmpty()) {
                    all[action->objectName()] = action;
                }
            }
            return all;
        }(),
        &preferences_);
    for (const auto& [id, action] : shortcuts.actions()) {
        for (const QKeySequence& keys : action->shortcuts()) {
            EXPECT_EQ(shortcuts.takenBy(keys, id), "") << id.toStdString();
        }
    }
    EXPECT_GT(shortcuts.actions().size(), 50U);
}

TEST_F(CommandsTest, BookmarksKeepAndBringBackSettingsAndPlace) {
    const RunSettings first = session_.document.settings();
    session_.selection.setStage(0);
    session_.selection.setPatches({2, 5});
    QTest::keyClick(&window_, Qt::Key_3, Qt::ControlModifier | Qt::ShiftModifier);
    EXPECT_TRUE(window_.action("goBookmark3")->isEnabled());
    EXPECT_TRUE(window_.action("goBookmark3")->text().contains("k = 64"));
    EXPECT_FALSE(window_.action("goBookmark4")->isEnabled());
    RunSettings second = first;
    second.budget = 5;
    second.method = "random";
    session_.document.changeSettings(second, "other");
    session_.document.setPrompt("Else?");
    session_.document.endMerge();
    session_.selection.setPatches({});
    ASSERT_TRUE(settles());
    const int steps = session_.document.undoStack()->count();
    QTest::keyClick(&window_, Qt::Key_3, Qt::ControlModifier);
    EXPECT_EQ(session_.document.settings(), first);
    EXPECT_EQ(session_.document.prompt(), "What is it?");
    EXPECT_EQ(session_.document.undoStack()->count(), steps + 1);
    EXPECT_EQ(session_.document.undoStack()->undoText(), "Go to bookmark 3");
    EXPECT_TRUE(QTest::qWaitFor(
        [&] {
            return session_.selection.patches() == std::vector<int>{2, 5};
        },
        5000));
    EXPECT_EQ(session_.selection.stage(), 0);
    session_.document.undoStack()->undo();
    EXPECT_EQ(session_.document.settings(), second);
    while (session_.document.undoStack()->canUndo() &&
           !session_.document.remarks().bookmarks.empty()) {
        session_.document.undoStack()->undo();
    }
    EXPECT_FALSE(window_.action("goBookmark3")->isEnabled()) << "setting it is undone too";
}

TEST_F(CommandsTest, NotesAreWrittenShownUndoneAndSaved) {
    session_.selection.setPatches({5});
    QTest::keyClick(&window_, Qt::Key_N, Qt::ControlModifier | Qt::ShiftModifier);
    auto* text = child<QPlainTextEdit>("noteText");
    EXPECT_TRUE(text->hasFocus());
    QTest::keyClicks(text, "an ear");
    auto* list = child<QTreeWidget>("notes");
    ASSERT_EQ(list->topLevelItemCount(), 1);
    EXPECT_EQ(list->topLevelItem(0)->text(0), "#5 r1 c1");
    EXPECT_EQ(list->topLevelItem(0)->text(1), "an ear");
    session_.selection.setPatches({});
    press("addNoteButton");
    QTest::keyClicks(text, "from the first lesson");
    EXPECT_EQ(list->topLevelItem(1)->text(0), "Picture");
    session_.selection.setHoveredPatch(5);
    EXPECT_TRUE(child<Canvas>("canvas")->hoverText().contains("Note: an ear"));

    const QString path = scratch_.filePath("notes.prunescope");
    session_.files.save(path);
    ASSERT_TRUE(QTest::qWaitFor([&] { return session_.files.path() == path; }, 5000));
    const SessionState saved = readSession(path.toStdString());
    EXPECT_EQ(saved.notes, session_.document.remarks().notes);
    ASSERT_EQ(saved.notes.size(), 2U);

    list->setFocus();
    list->setCurrentItem(list->topLevelItem(1));
    list->setCurrentItem(list->topLevelItem(0));
    EXPECT_EQ(session_.selection.patches(), std::vector<int>{5});
    press("deleteNote");
    EXPECT_EQ(session_.document.remarks().notes.size(), 1U);
    window_.action("undo")->trigger();
    EXPECT_EQ(session_.document.remarks().notes, saved.notes);
    window_.action("undo")->trigger();
    EXPECT_EQ(session_.document.remarks().notes.back().text, "") << "what was typed is one step";

    session_.files.open(path);
    EXPECT_TRUE(
        QTest::qWaitFor([&] { return session_.document.remarks().notes == saved.notes; }, 5000));
}

TEST_F(CommandsTest, TheHistoryPanelGoesBackAndForwardByMouseAndKey) {
    openEverything();
    window_.show();
    const QString before = session_.document.prompt();
    session_.document.setPrompt("And now?");
    session_.document.endMerge();
    RunSettings settings = session_.document.settings();
    settings.budget = 5;
    session_.document.changeSettings(settings, "Kept tokens to 5");
    auto* history = child<QUndoView>("history");
    window_.findChild<QDockWidget*>("historyDock")->raise();
    QCoreApplication::processEvents();
    const int steps = session_.document.undoStack()->index();
    EXPECT_EQ(history->model()->index(steps, 0).data().toString(), "Kept tokens to 5");
    const auto click = [&](int step) {
        const QRect row = history->visualRect(history->model()->index(step, 0));
        QTest::mouseClick(history->viewport(), Qt::LeftButton, {}, row.center());
    };
    history->scrollTo(history->model()->index(steps - 2, 0));
    click(steps - 2);
    EXPECT_EQ(session_.document.prompt(), before);
    EXPECT_NE(session_.document.settings().budget, 5);
    QTest::keyClick(history, Qt::Key_Down);
    EXPECT_EQ(session_.document.prompt(), "And now?");
    EXPECT_NE(session_.document.settings().budget, 5);
    QTest::keyClick(history, Qt::Key_Down);
    EXPECT_EQ(session_.document.settings().budget, 5);
}

}  // namespace
}  // namespace prunescope
