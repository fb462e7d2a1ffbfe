#pragma once

#include "ui/main_window.h"
#include "ui/session.h"

#include <functional>
#include <optional>
#include <set>

#include <QApplication>
#include <QElapsedTimer>
#include <QTemporaryDir>

class QSlider;

namespace prunescope::bench {

/// An application that knows when a window has been painted and handed to the platform.
class PaintClock : public QApplication {
public:
    using QApplication::QApplication;

    bool notify(QObject* receiver, QEvent* event) override;

    /// Called after the next window update that follows this call.
    void atNextPaint(std::function<void()> then) { then_ = std::move(then); }

private:
    std::function<void()> then_;
};

/// The real window on the bundled model and picture, at rest with its first result.
class WindowStage {
public:
    explicit WindowStage(PaintClock* clock);

    /// Milliseconds from now until everything marked as changed by `act` has been painted.
    double paintAfter(const std::function<void()>& act);

    /// Milliseconds from a move of the slider until the overlay of exactly the inputs is painted.
    double overlayAfter(const std::function<void()>& move);

    /// Milliseconds from a move of the slider until the beginning of its answer is painted.
    double answerAfter(const std::function<void()>& move);

    /// Runs the event loop until `reached`; false after `patience_ms`.
    bool wait(const std::function<bool()>& reached, int patience_ms = 300'000);

    /// Until the engine has nothing left to do for the inputs.
    bool rest();

    /// Whether results are computed ahead; off at first, so that what is called fresh is fresh.
    void setAhead(bool on) { session_.ahead.setOn(on); }

    /// Moves tau with its slider to the other side of the breakpoint of the result on show.
    void crossBreakpoint();

    /// Moves the slider of a setting, as a mouse would: 0 … 1000.
    void slide(const char* setting, int position);

    /// A position of the budget's slider whose budget no run has had: the encoder pass must run.
    int freshBudgetPosition();

    Session& session() { return session_; }

    MainWindow& window() { return window_; }

private:
    PaintClock* clock_;
    QTemporaryDir scratch_;
    Preferences preferences_;
    FileDialogs dialogs_;
    Session session_;
    MainWindow window_;
    std::set<int> used_budgets_;
};

}  // namespace prunescope::bench
