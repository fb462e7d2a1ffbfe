// Sessions in the window: saved, opened without a model, held against a new run, recovered.
#include "core/session/session_file.h"
#include "tests/ui/shell/window_fixture.h"
#include "ui/panels/log_view.h"
#include "ui/saving/recovery_bar.h"

#include <QDropEvent>
#include <QFileInfo>
#include <QMimeData>
#include <QPlainTextEdit>
#include <QPushButton>

#include <gtest/gtest.h>

namespace prunescope {
namespace {

class SessionWindowTest : public test::WindowTest {
protected:
    void SetUp() override {
        window_.show();
        openEverything();
    }

    QString file() const { return scratch_.filePath("work.prunescope"); }

    void save() {
        dialogs_.answer = scratch_.filePath("work");  // the ending is added
        QTest::keyClick(&window_, Qt::Key_S, Qt::ControlModifier);
        ASSERT_TRUE(QTest::qWaitFor([&] { return session_.files.path() == file(); }, 5000));
    }

    QString log() {
        return window_.findChild<LogView*>()->findChild<QPlainTextEdit*>()->toPlainText();
    }
};

TEST_F(SessionWindowTest, SaveWritesWhatIsOnShow) {
    save();
    const SessionState state = readSession(file().toStdString());
    EXPECT_EQ(*state.image, *session_.document.image());
    EXPECT_EQ(state.prompt, "What is it?");
    EXPECT_EQ(state.settings, session_.document.settings());
    ASSERT_TRUE(state.trace && state.unpruned);
    EXPECT_EQ(state.trace->answer.text, session_.document.trace()->answer.text);
    EXPECT_FALSE(window_.isWindowModified());
    session_.document.setPrompt("And now?");
    EXPECT_TRUE(window_.isWindowModified());
    session_.document.undoStack()->undo();
    EXPECT_FALSE(window_.isWindowModified());
}

TEST_F(SessionWindowTest, OpensInAWindowWithoutAModel) {
    session_.selection.setPatches({1, 3});
    save();
    QTemporaryDir other;
    Preferences preferences(other.filePath("settings.ini"));
    Session session(test::fakeBackend(std::make_shared<test::Script>()), &preferences);
    MainWindow window(&session, &preferences, &dialogs_);
    dialogs_.answer = file();
    window.action("openSession")->trigger();
    ASSERT_TRUE(QTest::qWaitFor([&] { return session.document.trace() != nullptr; }, 5000));
    EXPECT_EQ(session.document.state(), RunState::NoModel);
    EXPECT_EQ(session.document.prompt(), "What is it?");
    EXPECT_EQ(session.document.streamedAnswer(), session_.document.streamedAnswer());
    EXPECT_EQ(session.document.streamedUnpruned(), session_.document.streamedUnpruned());
    EXPECT_TRUE(session.document.resultMatchesInputs());
    EXPECT_EQ(session.selection.patches(), (std::vector<int>{1, 3}));
    session.document.undoStack()->undo();  // opening is one step
    EXPECT_EQ(session.document.image(), nullptr);
    EXPECT_EQ(session.document.prompt(), "");
}

TEST_F(SessionWindowTest, ARunAfterOpeningIsHeldAgainstTheFile) {
    save();
    session_.document.setPrompt("Something else?");
    session_.document.endMerge();
    ASSERT_TRUE(reaches(RunState::Ready));
    window_.openAny(file());
    ASSERT_TRUE(QTest::qWaitFor([&] { return log().contains("saved"); }, 5000))
        << log().toStdString();
    EXPECT_TRUE(QTest::qWaitFor(
        [&] {
            return log().contains("reproduced exactly") ||
                   log().contains("differs from the saved one");
        },
        5000))
        << log().toStdString();
}

TEST_F(SessionWindowTest, ABrokenFileIsSaidAndChangesNothing) {
    QFile broken(scratch_.filePath("broken.prunescope"));
    ASSERT_TRUE(broken.open(QIODevice::WriteOnly));
    broken.write("no zip");
    broken.close();
    const TracePtr before = session_.document.trace();
    QString message;
    QObject::connect(
        &session_.files, &SessionFiles::failed, &window_, [&](const QString& m) { message = m; });
    window_.openAny(broken.fileName());
    ASSERT_TRUE(QTest::qWaitFor([&] { return !message.isEmpty(); }, 5000));
    EXPECT_TRUE(message.contains("broken.prunescope")) << message.toStdString();
    EXPECT_EQ(session_.document.trace(), before);
    EXPECT_EQ(session_.document.prompt(), "What is it?");
}

TEST(SessionRecovery, IsOfferedAfterACrashAndReopenedAfterACleanEnd) {
    QTemporaryDir folder;
    const QString state = folder.filePath("state");
    const auto documentWith = [](Document& document, const QString& prompt) {
        document.setImage(
            std::make_shared<const Image>(Image{2, 1, {1, 2, 3, 4, 5, 6}}), "two.png", {});
        document.setPrompt(prompt);
    };
    {
        Document document;
        SelectionModel selection;
        SessionFiles files(&document, &selection, nullptr, state);
        EXPECT_FALSE(files.hasLast());
        documentWith(document, "first");
        files.keepForNextTime();
    }
    {
        Document document;
        SelectionModel selection;
        SessionFiles files(&document, &selection, nullptr, state);
        EXPECT_FALSE(files.wasInterrupted());
        EXPECT_TRUE(files.hasLast());
        documentWith(document, "second");
        files.keepForNextTime();
    }
    // A crash leaves the lock of a process that is gone.
    QFile lock(state + "/in-use.lock");
    ASSERT_TRUE(lock.open(QIODevice::WriteOnly));
    lock.write("999999\nprunescope\n" + QSysInfo::machineHostName().toUtf8() + "\n");
    lock.close();
    Document document;
    SelectionModel selection;
    SessionFiles files(&document, &selection, nullptr, state);
    EXPECT_TRUE(files.wasInterrupted());
    RecoveryBar bar(&files);
    EXPECT_TRUE(bar.isVisibleTo(nullptr));
    bar.findChild<QPushButton*>("recoverButton")->click();
    ASSERT_TRUE(QTest::qWaitFor([&] { return document.prompt() == "second"; }, 5000));
    EXPECT_FALSE(files.wasInterrupted());
    EXPECT_FALSE(bar.isVisibleTo(nullptr));
    EXPECT_EQ(files.path(), "") << "recovered work is saved where the user says";
}

TEST(SessionRecovery, OnlyOneWindowKeepsItsState) {
    QTemporaryDir folder;
    Document document;
    SelectionModel selection;
    SessionFiles first(&document, &selection, nullptr, folder.path());
    SessionFiles second(&document, &selection, nullptr, folder.path());
    document.setImage(std::make_shared<const Image>(Image{1, 1, {1, 2, 3}}), "one.png", {});
    second.keepForNextTime();
    EXPECT_FALSE(QFileInfo::exists(folder.filePath("last.prunescope")));
    first.keepForNextTime();
    EXPECT_TRUE(QFileInfo::exists(folder.filePath("last.prunescope")));
}

}  // namespace
}  // namespace prunescope
