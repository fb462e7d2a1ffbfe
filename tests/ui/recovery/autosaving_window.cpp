// autosaving_window FOLDER: the real window, with its preferences and its recovery file in FOLDER.
// Recovers what the last one left by the button of the bar, as a person would, and says which state
// that is; then goes on to state after state and autosaves each, until it is killed.
#include "tests/ui/recovery/numbered_state.h"
#include "tests/ui/shell/fake_backend.h"
#include "ui/main_window.h"
#include "ui/session.h"

#include <cstdio>

#include <QApplication>
#include <QPushButton>
#include <QTest>
#include <QTimer>

namespace prunescope::test {
namespace {

void say(const char* word, int number) {
    std::printf("%s %d\n", word, number);
    std::fflush(stdout);
}

/// What was recovered; -1: nothing whole came back. 0 at the first start.
int recovered(Session& session, MainWindow& window) {
    if (!session.files.wasInterrupted()) {
        return 0;
    }
    auto* button = window.findChild<QPushButton*>("recoverButton");
    if (!button->isVisible()) {
        return -1;
    }
    QTest::mouseClick(button, Qt::LeftButton);
    const bool is_there =
        QTest::qWaitFor([&] { return session.document.image() != nullptr; }, 10'000);
    return is_there ? numberOf(session.files.captured()) : -1;
}

void change(Document& document, int number) {
    document.setImage(std::make_shared<const Image>(numberedPicture(number)), "noise.png", {});
    document.setPrompt(QString::fromStdString(numberedPrompt(number)));
    document.endMerge();
    RunSettings settings = document.settings();
    settings.budget = numberedBudget(number);
    document.changeSettings(settings, "Kept tokens");
    Remarks remarks;
    remarks.notes = {{{1}, 0, numberedPrompt(number)}};
    document.changeRemarks(remarks, "Note");
}

}  // namespace
}  // namespace prunescope::test

int main(int argc, char** argv) {
    using namespace prunescope;
    const QApplication app(argc, argv);
    Preferences preferences(QString::fromLocal8Bit(argv[1]) + "/settings.ini");
    FileDialogs dialogs;
    Session session(test::fakeBackend(std::make_shared<test::Script>()), &preferences);
    MainWindow window(&session, &preferences, &dialogs);
    window.show();
    session.controller.loadModel("fake");
    int number = test::recovered(session, window);
    test::say("recovered", number);
    QTimer next;
    QObject::connect(&next, &QTimer::timeout, &next, [&] {
        test::say("changes to", ++number);
        test::change(session.document, number);
        session.files.autosave();
    });
    next.start(1);
    return QApplication::exec();
}
