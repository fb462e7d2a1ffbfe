#pragma once

#include "tests/ui/shell/fake_backend.h"
#include "ui/main_window.h"

#include <stdexcept>

#include <QApplication>
#include <QTemporaryDir>
#include <QTest>

#include <gtest/gtest.h>

namespace prunescope::test {

class CannedDialogs : public Dialogs {
public:
    QString openPicture(QWidget*) override { return reply(); }

    QString openFile(QWidget*, const QString&, const QString&) override { return reply(); }

    QString openFolder(QWidget*, const QString&) override { return reply(); }

    QString saveAs(QWidget*, const QString&, const QString&, const QString&) override {
        return reply();
    }

    QString answer;
    int asked = 0;

private:
    QString reply() {
        ++asked;
        return answer;
    }
};

class WindowTest : public testing::Test {
protected:
    WindowTest()
        : script_(std::make_shared<test::Script>()),
          preferences_(scratch_.filePath("settings.ini")),
          session_(test::fakeBackend(script_), &preferences_),
          window_(&session_, &preferences_, &dialogs_) {
        preferences_.setComputeAhead(false);  // runs are counted
    }

    template <typename T>
    T* child(const QString& name) {
        T* found = window_.findChild<T*>(name);
        if (found == nullptr) {
            ADD_FAILURE() << "no widget " << name.toStdString();
            throw std::runtime_error("no widget " + name.toStdString());
        }
        return found;
    }

    bool reaches(RunState state) {
        return QTest::qWaitFor([&] { return session_.document.state() == state; }, 5000);
    }

    /// On show and active, as a window manager has it; again after a dialog closed.
    void showActive() {
        window_.resize(1280, 800);
        window_.show();
        QApplication::setActiveWindow(&window_);
    }

    /// A result that keeps patches 0 to 5, each with an effect of its own (fake_backend.cpp).
    void openWithSixTokens() {
        RunSettings settings = session_.document.settings();
        settings.method = "cls-topk";
        settings.budget = 6;
        session_.document.changeSettings(settings, "six");
        openEverything();
    }

    /// What tokens do is known, of as many as there are to ask about.
    bool isAttributed() {
        return QTest::qWaitFor(
            [&] {
                const auto found = session_.attribution.found();
                return !session_.attribution.isRunning() && found != nullptr && found->complete();
            },
            5000);
    }

    void openEverything() {
        session_.controller.loadModel("fake");
        session_.document.setImage(std::make_shared<const Image>(Image{2, 1, {1, 2, 3, 4, 5, 6}}),
                                   "two.png",
                                   "/p/two.png");
        session_.document.setPrompt("What is it?");
        session_.document.endMerge();
        ASSERT_TRUE(QTest::qWaitFor(
            [&] {
                return session_.document.state() == RunState::Ready &&
                       session_.document.unpruned() != nullptr;
            },
            5000));
    }

    QTemporaryDir scratch_;
    std::shared_ptr<test::Script> script_;
    CannedDialogs dialogs_;
    Preferences preferences_;
    Session session_;
    MainWindow window_;
};

}  // namespace prunescope::test
