#pragma once

#include "core/engine/request.h"
#include "ui/ahead/ready_results.h"

#include <vector>

#include <QString>

namespace prunescope {

/// A place of a slider and whether its exact result is at hand.
struct AheadMark {
    double from = 0;
    double to = 0;  ///< the same as `from`, or the end of a range
    bool ready = false;

    bool operator==(const AheadMark&) const = default;
};

/// What is computed before it is asked for, as the window shows it.
struct AheadMarks {
    bool on = false;
    std::vector<AheadMark> tau;     ///< the ranges at the budget; empty where tau decides nothing
    std::vector<AheadMark> budget;  ///< the ladder around the budget and what else is at hand

    bool operator==(const AheadMarks&) const = default;
};

/// Budgets around the handle, the nearest first: ±1, ±2, ±4, ±8, then half and double.
std::vector<int> budgetsAround(int budget, int n_patches);

/// What to compute while the engine rests beside the result of `base`: the other sides of its
/// breakpoints, then the budgets around it, then what the budget curve shows on either side. Only
/// what is not ready.
std::vector<RunRequest> aheadRequests(const RunRequest& base,
                                      const RunTrace& result,
                                      const ReadyResults& ready,
                                      bool wants_curves);

/// As the inputs are now, which may be ahead of the result.
AheadMarks aheadMarks(const RunSettings& now, int n_patches, const ReadyResults& ready);

/// "τ 2 of 2", "budgets 5 of 12", for what is at hand; "" without marks.
QString tauMarksText(const AheadMarks& marks);
QString budgetMarksText(const AheadMarks& marks);

}  // namespace prunescope
