// No control is dead: each, when it is used, changes the document, the view, or something to see.
#include "core/trace/trace_json.h"
#include "tests/ui/shell/window_fixture.h"
#include "ui/views/qcp.h"

#include <iostream>
#include <set>

#include <QAbstractButton>
#include <QAbstractSlider>
#include <QAbstractSpinBox>
#include <QApplication>
#include <QClipboard>
#include <QComboBox>
#include <QDockWidget>
#include <QLabel>
#include <QLineEdit>
#include <QListWidget>
#include <QMimeData>
#include <QPlainTextEdit>
#include <QPointer>
#include <QStatusBar>
#include <QTextBrowser>
#include <QTimer>

namespace prunescope {
namespace {

class DeadControls : public test::WindowTest {
protected:
    void SetUp() override {
        showActive();
        QApplication::clipboard()->clear();
        openEverything();
        settle();
    }

    void settle() {
        EXPECT_TRUE(QTest::qWaitFor(
            [&] {
                const RunState state = session_.document.state();
                return state != RunState::Running && state != RunState::LoadingModel;
            },
            5000));
        QCoreApplication::processEvents();
    }

    /// Everything that a control can move, except itself.
    QByteArray fingerprint(const QWidget* except) {
        QByteArray all;
        const auto add = [&all](const QString& part) { all += part.toUtf8() + '\n'; };
        const Document& document = session_.document;
        add(QString::fromStdString(settingsToJson(document.settings())));
        add(document.prompt() + document.imageName() + QString::number(document.live()));
        add(QString::number(static_cast<int>(document.remarks().notes.size())));
        add(QString::number(dialogs_.asked) + ' ' + QString::number(script_->runs) +
            QString::number(session_.selection.stage()));
        add(QString::number(preferences_.reducedMotion()) + window_.statusBar()->currentMessage());
        add(session_.controller.hardware().device + session_.controller.hardware().dtype);
        const QMimeData* clipboard = QApplication::clipboard()->mimeData();
        add(clipboard == nullptr ? QString() : clipboard->formats().join(' ') + clipboard->text());
        for (const QWidget* widget : QApplication::allWidgets()) {
            if (widget == except || !widget->isVisible() ||
                (except != nullptr && except->isAncestorOf(widget))) {
                continue;
            }
            all += widget->metaObject()->className() + widget->objectName().toUtf8() +
                   (widget->isEnabled() ? '+' : '-') + (widget->hasFocus() ? 'f' : ' ');
            if (const auto* label = qobject_cast<const QLabel*>(widget)) {
                add(label->text());
            } else if (const auto* text = qobject_cast<const QTextBrowser*>(widget)) {
                add(text->toPlainText());
            } else if (const auto* log = qobject_cast<const QPlainTextEdit*>(widget)) {
                add(log->toPlainText());
            } else if (const auto* line = qobject_cast<const QLineEdit*>(widget)) {
                add(line->text());
            }
        }
        for (QWidget* picture : window_.findChildren<QWidget*>()) {
            const bool is_drawn = picture->inherits("QCustomPlot") ||
                                  picture->objectName() == "canvas" ||
                                  picture->objectName() == "legend";
            if (is_drawn && picture->isVisible() && picture != except) {
                const QImage image = picture->grab().toImage();
                all += QByteArray(reinterpret_cast<const char*>(image.constBits()),
                                  static_cast<int>(image.sizeInBytes()));
            }
        }
        return all;
    }

    /// At once, or when a worker is done.
    bool changes(const QWidget* except, const QByteArray& before) {
        return QTest::qWaitFor([&] { return fingerprint(except) != before; }, 3000);
    }

    /// Uses a control in one of the ways it can be used; false when there is no other way left.
    bool use(QWidget* control, int way) {
        if (auto* button = qobject_cast<QAbstractButton*>(control)) {
            // A menu has an event loop of its own: it is seen and closed from there.
            QTimer::singleShot(30, button, [this] {
                if (QWidget* popup = QApplication::activePopupWidget()) {
                    has_popped_up_ = true;
                    popup->close();
                }
            });
            QTest::mouseClick(button, Qt::LeftButton);
            return way == 0;
        }
        if (auto* combo = qobject_cast<QComboBox*>(control)) {
            const int next = combo->currentIndex() + (way % 2 == 0 ? 1 : -1);
            if (next >= 0 && next < combo->count()) {
                QTest::keyClick(combo, way % 2 == 0 ? Qt::Key_Down : Qt::Key_Up);
            }
            return way < 2;
        }
        if (auto* spin = qobject_cast<QAbstractSpinBox*>(control)) {
            spin->setFocus();
            QTest::keyClick(spin, way % 2 == 0 ? Qt::Key_Up : Qt::Key_Down);
            return way < 2;
        }
        if (auto* slider = qobject_cast<QAbstractSlider*>(control)) {
            QTest::keyClick(slider, way % 2 == 0 ? Qt::Key_Left : Qt::Key_Right);
            return way < 2;
        }
        if (control->inherits("QLineEdit") || control->inherits("QPlainTextEdit")) {
            QTest::keyClicks(control, "7");
            return way == 0;
        }
        return false;
    }

    std::vector<QPointer<QWidget>> controls() {  // a method brings its own and takes others
        std::vector<QPointer<QWidget>> found;
        for (QWidget* widget : window_.findChildren<QWidget*>()) {
            const bool is_control = qobject_cast<QAbstractButton*>(widget) != nullptr ||
                                    qobject_cast<QComboBox*>(widget) != nullptr ||
                                    qobject_cast<QAbstractSpinBox*>(widget) != nullptr ||
                                    qobject_cast<QAbstractSlider*>(widget) != nullptr ||
                                    (qobject_cast<QLineEdit*>(widget) != nullptr) ||
                                    (qobject_cast<QPlainTextEdit*>(widget) != nullptr &&
                                     !qobject_cast<QPlainTextEdit*>(widget)->isReadOnly());
            const QWidget* parent = widget->parentWidget();
            const bool is_part = widget->objectName().startsWith("qt_") ||
                                 widget->inherits("QScrollBar") || widget->inherits("QTabBar") ||
                                 qobject_cast<const QAbstractSpinBox*>(parent) != nullptr ||
                                 qobject_cast<const QComboBox*>(parent) != nullptr ||
                                 (parent != nullptr && parent->inherits("QTabBar")) ||
                                 (parent != nullptr && parent->inherits("QDockWidget"));
            if (is_control && !is_part && widget->window() == &window_) {
                found.emplace_back(widget);
            }
        }
        return found;
    }

    bool isAlive(const QPointer<QWidget>& control);

    /// What a command needs to have something to do, whatever the commands before it left.
    void giveWork(const QString& id) {
        if (id == "fit") {
            window_.action("pixels")->trigger();
        } else if (id == "compareCurrent") {
            if (!session_.reference.isSet()) {
                window_.action("setReference")->trigger();
            }
            window_.action("compareSplit")->trigger();
            EXPECT_TRUE(
                QTest::qWaitFor([&] { return session_.reference.trace() != nullptr; }, 5000));
        } else if (id == "paste") {
            QImage picture(8, 8, QImage::Format_RGB888);
            picture.fill(Qt::red);
            QApplication::clipboard()->setImage(picture);
        }
        settle();
    }

    bool has_popped_up_ = false;

    void closeOthers() {
        for (QWidget* top : QApplication::topLevelWidgets()) {
            if (top != &window_ && top->isVisible()) {
                top->close();
            }
        }
        QApplication::setActiveWindow(&window_);
    }
};

/// Uses the control in all its ways until one changes something; then takes it back.
bool DeadControls::isAlive(const QPointer<QWidget>& control) {
    const int steps = session_.document.undoStack()->index();
    bool is_alive = false;
    has_popped_up_ = false;
    for (int way = 0; !is_alive && way < 3; ++way) {
        const QByteArray before = fingerprint(control);
        const bool goes_on = use(control, way);
        settle();
        is_alive = control.isNull() || has_popped_up_ || changes(control, before);
        if (!goes_on) {
            break;
        }
    }
    closeOthers();
    while (session_.document.undoStack()->index() > steps) {
        session_.document.undoStack()->undo();
    }
    settle();
    return is_alive;
}

TEST_F(DeadControls, EveryControlOfTheWindowDoesSomething) {
    dialogs_.answer = QString();
    const std::set<QString> read_later{"evalBudgets"};  // when an evaluation starts
    std::set<QString> tried;
    QStringList dead;
    for (QDockWidget* dock : window_.findChildren<QDockWidget*>()) {
        dock->raise();
        settle();
        for (const QPointer<QWidget>& control : controls()) {
            if (control.isNull() || !control->isVisible() || !control->isEnabled() ||
                control->visibleRegion().isEmpty()) {
                continue;
            }
            const QString name = control->metaObject()->className() + QString(" ") +
                                 (control->objectName().isEmpty() ? control->accessibleName()
                                                                  : control->objectName());
            if (!read_later.contains(control->objectName()) && tried.insert(name).second &&
                !isAlive(control)) {
                dead << name;
            }
        }
    }
    std::cout << tried.size() << " controls used\n";
    EXPECT_GT(tried.size(), 45U);
    EXPECT_EQ(dead.join(", ").toStdString(), "");
}

TEST_F(DeadControls, EveryCommandDoesSomething) {
    const std::set<QString> leaves{"quit"};
    // What they do needs an answer of a file dialog, or is what is already so.
    const std::set<QString> asks{"systemAppearance",
                                 "openImage",
                                 "openSession",
                                 "saveSession",
                                 "saveSessionAs",
                                 "reproduceFigure"};
    QStringList dead;
    int tried = 0;
    window_.action("setReference")->trigger();
    session_.document.changeSettings(
        [&] {
            RunSettings settings = session_.document.settings();
            settings.budget = 4;
            return settings;
        }(),
        "other");
    settle();
    for (QAction* action : window_.findChildren<QAction*>()) {
        const QString id = action->objectName();
        if (id.isEmpty() || !action->isEnabled() || action->menu() != nullptr ||
            leaves.contains(id) || asks.contains(id) || id.startsWith("qt_") ||
            id.startsWith("_q_")) {
            continue;
        }
        ++tried;
        const auto all = [&] {
            return fingerprint(nullptr) + window_.saveState() +
                   QByteArray::number(static_cast<int>(window_.windowState())) +
                   QByteArray::number(session_.document.undoStack()->index());
        };
        giveWork(id);
        const QByteArray before = all();
        action->trigger();
        settle();
        if (!QTest::qWaitFor([&] { return all() != before; }, 3000)) {
            dead << id;
        }
        closeOthers();
    }
    std::cout << tried << " commands used\n";
    EXPECT_GT(tried, 40);
    EXPECT_EQ(dead.join(", ").toStdString(), "");
}

}  // namespace
}  // namespace prunescope
