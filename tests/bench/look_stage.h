#pragma once

#include "tests/bench/real_window.h"
#include "ui/views/canvas.h"

#include <functional>
#include <random>

namespace prunescope::bench {

/// What the made-up run on show looks like. All have re-selection by clusters.
enum class Pattern {
    OneView,       ///< 24 x 24 patches
    BaseAndCrops,  ///< the whole picture and its four quarters, 24 x 24 patches each
    OneLargeGrid,  ///< 54 x 54 patches
};

/// The real window without a model, on made-up runs, driven by events as mouse and keys give them.
class LookStage : public RealWindow {
public:
    struct Times {
        double painted_ms = 0;  ///< to the painted window
        double done_ms = 0;     ///< until nothing that waits is left to do
    };

    explicit LookStage(PaintClock* clock);

    /// Shows a run; selection, overlay, zoom, panels and comparison are as at the start.
    void show(Pattern pattern);

    Times measure(const std::function<void()>& act);

    /// Until nothing is left to paint.
    void settle();

    int patches() const { return canvas_->transform().grid.count(); }

    /// One of those on show, each time another.
    int anotherPatch();

    void move(int patch);
    void click(int patch);
    void drag(int from, int to, Qt::KeyboardModifiers modifiers);
    void dragQuarter(bool first);
    void slideStage(int i);
    void zoom(double factor);
    void raise(const char* dock);
    void setEdges(EdgeMode mode);
    void showView(int i);

    /// Numbers for every kept token, and the attention of an answer token.
    void showEffects();

    /// B: a run of the same size that keeps others.
    void showReference();

    Canvas& canvas() { return *canvas_; }

private:
    void send(QEvent::Type type,
              QPointF at,
              Qt::MouseButton button,
              Qt::MouseButtons held,
              Qt::KeyboardModifiers modifiers);
    QPointF placeOf(int patch) const;

    Canvas* canvas_;
    std::mt19937 random_{3};
    int patch_ = -1;
};

}  // namespace prunescope::bench
