#include "tests/bench/paint_clock.h"

#include <optional>
#include <utility>

#include <QElapsedTimer>
#include <QEventLoop>
#include <QTimer>

namespace prunescope::bench {

bool PaintClock::notify(QObject* receiver, QEvent* event) {
    const QEvent::Type type = event->type();  // the event may be gone afterwards
    const bool handled = QApplication::notify(receiver, event);
    if (type == QEvent::UpdateRequest && then_) {
        std::exchange(then_, nullptr)();
    }
    return handled;
}

double PaintClock::paintAfter(const std::function<void()>& act) {
    std::optional<double> ms;
    const auto start = std::chrono::steady_clock::now();
    act();
    atNextPaint([&] { ms = msSince(start); });
    waitFor([&] { return ms.has_value(); });
    return ms.value_or(0);
}

bool waitFor(const std::function<bool()>& reached, int patience_ms) {
    QElapsedTimer waited;
    waited.start();
    QTimer tick;
    tick.start(2);
    while (!reached()) {
        if (waited.elapsed() > patience_ms) {
            return false;
        }
        QApplication::processEvents(QEventLoop::WaitForMoreEvents);
    }
    return true;
}

}  // namespace prunescope::bench
