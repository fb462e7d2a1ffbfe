#include "tests/bench/window_stage.h"

#include "core/model/bundled.h"
#include "core/prune/catalog.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <optional>
#include <stdexcept>

#include <QSlider>
#include <QTextBrowser>

namespace prunescope::bench {

namespace {

using Clock = std::chrono::steady_clock;

// The budgets of the budget curve are computed in the background after every run.
constexpr int kCurveBudgets[] = {1,  2,  4,   8,   12,  16,  20,  24,  32,  40,  48, 64,
                                 80, 96, 128, 160, 192, 256, 320, 384, 448, 512, 576};

}  // namespace

WindowStage::WindowStage(PaintClock* clock)
    : RealWindow(clock, {1280, 800}),
      used_budgets_(std::begin(kCurveBudgets), std::end(kCurveBudgets)) {
    setAhead(false);
    window_.show();
    window_.openFirstSample();
    const QString model = QString::fromStdString(bundledModel().string());
    session_.controller.loadModel(model);
    window_.showSamplesOf(model);
    if (!waitFor([this] { return session_.document.trace() != nullptr; }) || !rest()) {
        throw std::runtime_error("the bundled model gave no result");
    }
    used_budgets_.insert(session_.document.settings().budget);
}

bool WindowStage::rest() {
    const Document& document = session_.document;
    return waitFor([this, &document] {
        return document.state() == RunState::Ready && document.resultMatchesInputs() &&
               (!session_.ahead.isOn() || session_.ahead.isComplete());
    });
}

void WindowStage::crossBreakpoint() {
    const auto& params = sharedParams();
    const ParamSpec& tau = *std::ranges::find(params, "tau", &ParamSpec::name);
    const double kappa = session_.document.trace()->views.front().shift.kappa.value();
    const double place = 1000 * (kappa - tau.min) / (tau.max - tau.min);
    const bool fires = session_.document.trace()->views.front().shift.fired;
    slide("tau", static_cast<int>(fires ? std::ceil(place) + 1 : std::floor(place) - 1));
}

namespace {

/// Calls back whenever a widget is being painted.
class PaintWatch : public QObject {
public:
    PaintWatch(QWidget* widget, std::function<void()> then)
        : widget_(widget), then_(std::move(then)) {
        widget_->installEventFilter(this);
    }

    ~PaintWatch() override { widget_->removeEventFilter(this); }

    bool eventFilter(QObject* watched, QEvent* event) override {
        if (event->type() == QEvent::Paint) {
            then_();
        }
        return QObject::eventFilter(watched, event);
    }

private:
    QWidget* widget_;
    std::function<void()> then_;
};

}  // namespace

double WindowStage::overlayAfter(const std::function<void()>& move) {
    std::optional<double> ms;
    bool has_result = false;
    Clock::time_point start;
    const auto armed = QObject::connect(&session_.document, &Document::traceChanged, [&] {
        has_result = session_.document.resultMatchesInputs();
    });
    const PaintWatch canvas(window_.findChild<QWidget*>("canvas"), [&] {
        if (has_result && !ms) {
            clock_->atNextPaint([&] { ms = msSince(start); });  // the end of this one
        }
    });
    start = Clock::now();
    move();
    waitFor([&] { return ms.has_value(); });
    QObject::disconnect(armed);
    clock_->atNextPaint(nullptr);
    return ms.value_or(0);
}

double WindowStage::answerAfter(const std::function<void()>& move) {
    std::optional<double> ms;
    Clock::time_point start;
    // The answer's text is set anew also where it stays the same.
    auto* shown = window_.findChild<QTextBrowser*>("prunedAnswer");
    const auto armed = QObject::connect(shown, &QTextBrowser::textChanged, [&] {
        if (!ms && session_.document.resultMatchesInputs() &&
            !session_.document.streamedAnswer().isEmpty()) {
            clock_->atNextPaint([&] { ms = ms.value_or(msSince(start)); });
        }
    });
    start = Clock::now();
    move();
    waitFor([&] { return ms.has_value(); });
    QObject::disconnect(armed);
    clock_->atNextPaint(nullptr);
    return ms.value_or(0);
}

void WindowStage::slide(const char* setting, int position) {
    window_.findChild<QSlider*>(QString(setting) + "Slider")->setValue(position);
}

int WindowStage::freshBudgetPosition() {
    // The slider is logarithmic: at its lower end several positions are one budget.
    const int tokens = session_.document.trace()->views.front().grid.count();
    for (int position = 200; position < 1000; ++position) {
        const int budget = static_cast<int>(std::lround(std::pow(tokens, position / 1000.0)));
        if (used_budgets_.insert(budget).second) {
            return position;
        }
    }
    throw std::runtime_error("every budget has been used");
}

}  // namespace prunescope::bench
