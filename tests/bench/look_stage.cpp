#include "tests/bench/look_stage.h"

#include "core/engine/attribution.h"
#include "tests/support/synthetic_trace.h"

#include <algorithm>

#include <QDockWidget>
#include <QMouseEvent>
#include <QSlider>

namespace prunescope::bench {

namespace {

constexpr int kPictureSide = 672;

RunTrace traceOf(Pattern pattern, int budget) {
    SyntheticOptions options;
    options.width = kPictureSide;
    options.height = kPictureSide;
    options.budget = budget;
    options.trigger = Trigger::Always;
    options.views = pattern == Pattern::BaseAndCrops ? 5 : 1;
    options.side = pattern == Pattern::OneLargeGrid ? 54 : 24;
    RunTrace trace = syntheticTrace(options);
    constexpr double kHalf = kPictureSide / 2.0;
    for (std::size_t crop = 0; crop + 1 < trace.views.size(); ++crop) {
        trace.views[crop + 1].source = {
            crop % 2 == 0 ? 0 : kHalf, crop < 2 ? 0 : kHalf, kHalf, kHalf};
    }
    return trace;
}

}  // namespace

LookStage::LookStage(PaintClock* clock)
    : RealWindow(clock, {1920, 1080}), canvas_(window_.findChild<Canvas*>("canvas")) {
    session_.document.setLive(false);
    window_.show();
    session_.document.setImage(
        std::make_shared<const Image>(syntheticPicture(kPictureSide, kPictureSide)),
        "a.png",
        "a.png");
    canvas_->setAttribute(Qt::WA_UnderMouse);  // no pointer rests there on the offscreen platform
}

void LookStage::show(Pattern pattern) {
    session_.reference.close();
    session_.compare_settings.setMode(CompareMode::Current);
    window_.resetLayout();
    session_.overlay.setOptions({});
    session_.selection.setView(0);
    session_.selection.setPatches({});
    const auto trace = std::make_shared<const RunTrace>(traceOf(pattern, RunSettings{}.budget));
    session_.document.changeSettings(trace->settings, "settings");
    session_.document.setPrompt(QString::fromStdString(trace->prompt));
    session_.document.showTrace(trace);
    session_.selection.setStage(static_cast<int>(trace->views.front().stages.size()) - 1);
    canvas_->fitView();
    settle();
    move(0);
    settle();
}

LookStage::Times LookStage::measure(const std::function<void()>& act) {
    Times times;
    const auto start = std::chrono::steady_clock::now();
    times.painted_ms = clock_->paintAfter(act);
    settle();
    times.done_ms = msSince(start);
    return times;
}

void LookStage::settle() {
    constexpr int kRounds = 4;  // layouts mark as changed what they moved, timers of 0 ms go round
    for (int i = 0; i < kRounds; ++i) {
        QApplication::processEvents();
    }
}

int LookStage::anotherPatch() {
    const int before = patch_;
    while (patch_ == before || patch_ < 0 || patch_ >= patches()) {
        patch_ = static_cast<int>(random_() % static_cast<unsigned>(patches()));
    }
    return patch_;
}

// Where the patch is on the canvas; zoomed in, only the patches on show count.
QPointF LookStage::placeOf(int patch) const {
    const QPointF at = canvas_->transform().widgetRectOf(patch).center();
    return {std::clamp(at.x(), 1.0, canvas_->width() - 2.0),
            std::clamp(at.y(), 1.0, canvas_->height() - 2.0)};
}

void LookStage::send(QEvent::Type type,
                     QPointF at,
                     Qt::MouseButton button,
                     Qt::MouseButtons held,
                     Qt::KeyboardModifiers modifiers) {
    QMouseEvent event(type, at, canvas_->mapToGlobal(at), button, held, modifiers);
    QApplication::sendEvent(canvas_, &event);
}

void LookStage::move(int patch) {
    send(QEvent::MouseMove, placeOf(patch), Qt::NoButton, Qt::NoButton, {});
}

void LookStage::click(int patch) {
    drag(patch, patch, {});
}

void LookStage::drag(int from, int to, Qt::KeyboardModifiers modifiers) {
    // From the corner of the first to that of the last, for boxes take what they contain.
    const QPointF half =
        from == to ? QPointF() : QPointF(1, 1) * canvas_->transform().cellSize() * 0.45;
    send(QEvent::MouseButtonPress, placeOf(from) - half, Qt::LeftButton, Qt::LeftButton, modifiers);
    send(QEvent::MouseMove, placeOf(to) + half, Qt::NoButton, Qt::LeftButton, modifiers);
    send(QEvent::MouseButtonRelease, placeOf(to) + half, Qt::LeftButton, Qt::NoButton, modifiers);
}

void LookStage::dragQuarter(bool first) {
    const PatchGrid& grid = canvas_->transform().grid;
    const int from = first ? 0 : grid.count() / 2 + grid.cols / 2;
    drag(from, from + (grid.rows / 2 - 1) * grid.cols + grid.cols / 2 - 1, Qt::ShiftModifier);
}

void LookStage::slideStage(int i) {
    auto* slider = window_.findChild<QSlider*>("stageSlider");
    const int stages = slider->maximum() - slider->minimum() + 1;
    const int place = slider->minimum() + (i * 5) % stages;
    slider->setValue(place == slider->value() ? slider->minimum() + (place + 2) % stages : place);
}

void LookStage::zoom(double factor) {
    canvas_->zoomBy(factor);
}

void LookStage::raise(const char* dock) {
    auto* found = window_.findChild<QDockWidget*>(dock);
    found->show();
    found->raise();
}

void LookStage::setEdges(EdgeMode mode) {
    OverlayOptions options = session_.overlay.options();
    options.edges = mode;
    session_.overlay.setOptions(options);
}

void LookStage::showView(int i) {
    const auto views = static_cast<int>(session_.document.trace()->views.size());
    session_.selection.setView((i + 1) % views);
}

void LookStage::showEffects() {
    auto known = std::make_shared<Attribution>();
    const RunTrace& trace = *session_.document.trace();
    constexpr std::size_t kAnswer = 5;
    std::normal_distribution<double> effect(0, 0.4);
    known->log_probability.assign(kAnswer, -0.5);
    for (std::size_t view = 0; view < trace.views.size(); ++view) {
        for (const std::int32_t patch : trace.views[view].kept) {
            TokenEffect one;
            one.view = static_cast<int>(view);
            one.token = {RowKind::Patch, patch};
            one.row = static_cast<int>(known->rows.size());
            one.delta = effect(random_);
            one.delta_of.assign(kAnswer, one.delta / kAnswer);
            known->rows.push_back({one.view, one.token});
            known->effects.push_back(one);
        }
    }
    known->total = static_cast<int>(known->effects.size());
    known->answer = trace.answer;
    known->answer.pieces.assign(kAnswer, "word ");
    known->answer.ids.assign(kAnswer, 7);
    known->attention.assign(
        kAnswer,
        std::vector<double>(known->rows.size(), 0.5 / static_cast<double>(known->rows.size())));
    session_.attribution.restore(known);
    session_.selection.setAnswerToken(1);
}

void LookStage::showReference() {
    const Pattern pattern = patches() > 576                               ? Pattern::OneLargeGrid
                            : session_.document.trace()->views.size() > 1 ? Pattern::BaseAndCrops
                                                                          : Pattern::OneView;
    const RunTrace trace = traceOf(pattern, 2 * RunSettings{}.budget);
    session_.reference.set({trace.settings, QString::fromStdString(trace.prompt)},
                           std::make_shared<const RunTrace>(trace),
                           "B");
}

}  // namespace prunescope::bench
