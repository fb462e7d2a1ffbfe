#pragma once

#include "tests/bench/real_window.h"

#include <functional>
#include <set>

class QSlider;

namespace prunescope::bench {

/// The real window on the bundled model and picture, at rest with its first result.
class WindowStage : public RealWindow {
public:
    explicit WindowStage(PaintClock* clock);

    /// Milliseconds from now until everything marked as changed by `act` has been painted.
    double paintAfter(const std::function<void()>& act) { return clock_->paintAfter(act); }

    /// Milliseconds from a move of the slider until the overlay of exactly the inputs is painted.
    double overlayAfter(const std::function<void()>& move);

    /// Milliseconds from a move of the slider until the beginning of its answer is painted.
    double answerAfter(const std::function<void()>& move);

    /// Until the engine has nothing left to do for the inputs.
    bool rest();

    /// Whether results are computed ahead; off at first, so that what is called fresh is fresh.
    void setAhead(bool on) { session_.ahead.setOn(on); }

    /// Moves tau with its slider to the other side of the breakpoint of the result on show.
    void crossBreakpoint();

    /// Moves the slider of a setting, as a mouse would: 0 … 1000.
    void slide(const char* setting, int position);

    /// A position of the budget's slider whose budget no run has had.
    int freshBudgetPosition();

private:
    std::set<int> used_budgets_;
};

}  // namespace prunescope::bench
