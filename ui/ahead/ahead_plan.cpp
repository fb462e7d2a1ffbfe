#include "ui/ahead/ahead_plan.h"

#include "core/prune/catalog.h"

#include <algorithm>
#include <cmath>

#include <QCoreApplication>

namespace prunescope {

namespace {

constexpr double kAboveAnyShift = 1e300;

int patchesOf(const RunTrace& trace) {
    return trace.views.empty() ? 0 : trace.views.front().grid.count();
}

std::vector<int> ladderOf(const RunSettings& settings, int n_patches) {
    const MethodSpec* method = findMethod(settings.method);
    return method != nullptr && method->uses_budget ? budgetsAround(settings.budget, n_patches)
                                                    : std::vector<int>();
}

}  // namespace

std::vector<int> budgetsAround(int budget, int n_patches) {
    std::vector<int> out;
    const auto add = [&](int next) {
        if (next >= 1 && next <= n_patches && next != budget && !std::ranges::count(out, next)) {
            out.push_back(next);
        }
    };
    for (const int step : {1, 2, 4, 8}) {
        add(budget + step);
        add(budget - step);
    }
    add(budget * 2);
    add(budget / 2);
    return out;
}

std::vector<RunRequest> aheadRequests(const RunRequest& base,
                                      const RunTrace& result,
                                      const ReadyResults& ready,
                                      bool wants_curves) {
    std::vector<RunRequest> requests;
    const RunSettings& now = result.settings;
    const auto add = [&](int budget, double tau) -> RunRequest& {
        RunRequest request = base;
        request.settings.budget = budget;
        request.settings.tau = tau;
        wantAnswerAlone(request);
        return requests.emplace_back(std::move(request));
    };
    const std::vector<double> edges = tauEdges(result);
    const std::vector<TauRange> ranges = tauRanges(edges);
    const int here = rangeAt(edges, now.tau);
    const auto n_ranges = static_cast<int>(ranges.size());
    for (int far = 1; far < n_ranges; ++far) {
        for (const int index : {here - far, here + far}) {
            if (index >= 0 && index < n_ranges) {
                const double tau = ranges[static_cast<std::size_t>(index)].from;
                if (!ready.has(now.budget, tau)) {
                    add(now.budget, tau);
                }
            }
        }
    }
    for (const int budget : ladderOf(now, patchesOf(result))) {
        if (!ready.has(budget, now.tau)) {
            add(budget, now.tau);
        }
    }
    if (wants_curves && !edges.empty()) {
        for (const double tau : {0.0, kAboveAnyShift}) {
            RunRequest& curve = add(now.budget, tau);
            curve.want_answer = false;
            curve.want_curve = true;
        }
    }
    return requests;
}

AheadMarks aheadMarks(const RunSettings& now, int n_patches, const ReadyResults& ready) {
    AheadMarks marks{true, {}, {}};
    if (effectiveTrigger(now) == Trigger::Auto) {
        for (const TauRange& range : ready.ranges(now.budget)) {
            marks.tau.push_back({range.from, range.to, ready.has(now.budget, range.from)});
        }
    }
    std::vector<int> budgets = ladderOf(now, n_patches);
    if (!budgets.empty()) {
        budgets.push_back(now.budget);
        for (const int budget : ready.budgets(now.tau)) {
            if (budget <= n_patches) {
                budgets.push_back(budget);
            }
        }
        std::ranges::sort(budgets);
        budgets.erase(std::unique(budgets.begin(), budgets.end()), budgets.end());
    }
    for (const int budget : budgets) {
        const auto at = static_cast<double>(budget);
        marks.budget.push_back({at, at, ready.has(budget, now.tau)});
    }
    return marks;
}

QString tauMarksText(const AheadMarks& marks) {
    if (marks.tau.empty()) {
        return {};
    }
    return QCoreApplication::translate("Ahead", "τ %1 of %2")
        .arg(std::ranges::count(marks.tau, true, &AheadMark::ready))
        .arg(marks.tau.size());
}

QString budgetMarksText(const AheadMarks& marks) {
    if (marks.budget.empty()) {
        return {};
    }
    return QCoreApplication::translate("Ahead", "budgets %1 of %2")
        .arg(std::ranges::count(marks.budget, true, &AheadMark::ready))
        .arg(marks.budget.size());
}

}  // namespace prunescope
