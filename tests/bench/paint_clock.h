#pragma once

#include <chrono>
#include <functional>

#include <QApplication>

namespace prunescope::bench {

/// An application that knows when a window has been painted and handed to the platform.
class PaintClock : public QApplication {
public:
    using QApplication::QApplication;

    bool notify(QObject* receiver, QEvent* event) override;

    /// Called after the next window update that follows this call.
    void atNextPaint(std::function<void()> then) { then_ = std::move(then); }

    /// Milliseconds from now until everything marked as changed by `act` has been painted.
    double paintAfter(const std::function<void()>& act);

private:
    std::function<void()> then_;
};

/// Runs the event loop until `reached`; false after `patience_ms`.
bool waitFor(const std::function<bool()>& reached, int patience_ms = 300'000);

/// Milliseconds since a moment of std::chrono::steady_clock.
template <typename Moment>
double msSince(Moment start) {
    return std::chrono::duration<double, std::milli>(Moment::clock::now() - start).count();
}

}  // namespace prunescope::bench
