#include "core/base/stop.h"
#include "core/base/text.h"
#include "core/engine/stages.h"

#include <algorithm>
#include <array>

namespace prunescope {

namespace {

/// D of one budget: encoder pass and selection, no answer.
BudgetPoint measure(const RunContext& context, int budget) {
    throwIfStopped(context.stop);
    RunRequest request = context.request;
    request.settings.budget = budget;
    request.want_answer = false;
    const RunContext quiet{context.vlm, context.cache, request, context.stop};
    const RunTrace trace = run(quiet);
    BudgetPoint point{budget, 0, 0, false, 0};
    for (const ViewTrace& view : trace.views) {
        const double kappa = view.shift.kappa.value_or(0);
        point.shift += kappa;
        point.shift_after += view.shift.accepted ? view.shift.kappa_after.value_or(kappa) : kappa;
        point.null_median += view.shift.null_band.median;
        point.fired = point.fired || view.shift.fired;
    }
    const auto n_views = static_cast<double>(std::max<std::size_t>(trace.views.size(), 1));
    point.shift /= n_views;
    point.shift_after /= n_views;
    point.null_median /= n_views;
    return point;
}

int patchesPerView(const RunContext& context) {
    RunTrace trace = beginTrace(context);
    return preprocessStage(context, trace)->views.front().grid.count();
}

}  // namespace

std::vector<int> budgetLadder(int n_patches) {
    constexpr std::array kRungs{1,  2,  4,   8,   12,  16,  20,  24,  32,  40,  48, 64,
                                80, 96, 128, 160, 192, 256, 320, 384, 448, 512, 576};
    std::vector<int> ladder;
    for (const int rung : kRungs) {
        if (rung < n_patches) {
            ladder.push_back(rung);
        }
    }
    ladder.push_back(n_patches);
    return ladder;
}

std::vector<BudgetPoint> budgetCurve(const RunContext& context) {
    std::vector<BudgetPoint> points;
    if (!findMethod(context.request.settings.method)->uses_budget) {
        return points;
    }
    const std::vector<int> ladder = budgetLadder(patchesPerView(context));
    for (const int budget : ladder) {
        points.push_back(measure(context, budget));
        context.emit(Progress{context.request.id, "curve", points.size(), ladder.size()});
        context.emit(BudgetCurve{context.request.id, points, points.size() == ladder.size()});
    }
    return points;
}

int budgetForShift(const RunContext& context, double target) {
    int below = 0;
    for (const int rung : budgetLadder(patchesPerView(context))) {
        if (measure(context, rung).shift_after > target) {
            below = rung;
            continue;
        }
        int reached = rung;
        while (reached - below > 1) {
            const int middle = below + (reached - below) / 2;
            (measure(context, middle).shift_after <= target ? reached : below) = middle;
        }
        return reached;
    }
    throw Error(ErrorCode::Usage,
                "No budget brings D down to " + number(target) + ".",
                "Choose a larger target.");
}

}  // namespace prunescope
