#include "core/base/stop.h"
#include "core/base/text.h"
#include "core/engine/null_bands.h"
#include "core/engine/shift_stage.h"
#include "core/engine/stage_tools.h"
#include "core/prune/select.h"

#include <algorithm>
#include <array>
#include <limits>

namespace prunescope {

namespace {

// D of a selection without a finite one: no point.
constexpr double kNothing = std::numeric_limits<double>::quiet_NaN();

/// run() up to the last tokens that leave, and of the null bands only the one that a curve shows.
BudgetPoint computePoint(const RunContext& context) {
    RunTrace trace = beginTrace(context);
    const Vlm& vlm = context.vlm;
    const TokenSequence text =
        buildPrompt(vlm.tokenizer(), vlm.chatTemplate(), vlm.imageToken(), context.request.prompt);
    const auto input = preprocessStage(context, trace);
    const auto full = featuresStage(context, *input, trace);
    const auto passes = encoderStage(context, *input, full, trace);
    const auto selections = selectionStage(context, *input, full, passes, text, trace);
    decoderStage(context, full, selections, text, trace);
    BudgetPoint point{context.request.settings.budget, 0, 0, false, 0};
    const auto n_views = static_cast<double>(trace.views.size());
    for (std::size_t v = 0; v < trace.views.size(); ++v) {
        const ViewTrace& view = trace.views[v];
        const double kappa = view.shift.kappa.value_or(kNothing);
        const double after = view.shift.accepted ? view.shift.kappa_after.value_or(kappa) : kappa;
        const NullBand band =
            nullBandAt(context, trace, *full[v], kSelectedPlace, measuredRows(view));
        point.shift += kappa / n_views;
        point.shift_after += after / n_views;
        point.null_median += band.median / n_views;
        point.fired = point.fired || view.shift.fired;
    }
    return point;
}

/// Everything that a point depends on. Methods that read less than this share no points; that costs
/// time, never a wrong number.
std::uint64_t pointKey(const RunContext& context) {
    const MethodSpec& spec = methodOf(context);
    const RunRequest& request = context.request;
    const RunSettings& settings = request.settings;
    RunTrace trace = beginTrace(context);
    Hasher hasher;
    hasher.add(preprocessStage(context, trace)->key);
    hasher.add(settings.method).add(settings.budget).add(settings.seed);
    hasher.add(settings.metric).add(static_cast<int>(settings.place));
    for (const PatchRules& rules : settings.patch_rules) {
        addRules(hasher, rules);
    }
    if (spec.uses_threshold) {
        hasher.add(settings.tau).add(static_cast<int>(settings.trigger)).add(settings.phi);
    }
    if (spec.uses_text || spec.in_decoder) {
        hasher.add(request.prompt);
    }
    addParams(hasher, spec, settings, ParamEffect::EncoderPass);
    addParams(hasher, spec, settings, ParamEffect::Selection);
    addParams(hasher, spec, settings, ParamEffect::Decoder);
    return hasher.value();
}

/// D of one budget: encoder pass and selection, no answer.
BudgetPoint measure(const RunContext& context, int budget) {
    throwIfStopped(context.stop);
    RunRequest request = context.request;
    request.settings.budget = budget;
    const RunContext quiet{context.vlm, context.cache, request, context.stop};
    return *context.cache.get<BudgetPoint>(
        CachedStage::CurvePoint, pointKey(quiet), [&] { return computePoint(quiet); });
}

int patchesPerView(const RunContext& context) {
    RunTrace trace = beginTrace(context);
    return preprocessStage(context, trace)->views.front().grid.count();
}

RunRequest requestFor(const RunRequest& request, const std::string& method) {
    RunRequest out = request;
    if (out.settings.method != method) {
        out.settings.method = method;
        out.settings.params.clear();
    }
    return out;
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
    if (!methodOf(context).uses_budget) {
        return points;
    }
    const std::vector<int> ladder = budgetLadder(patchesPerView(context));
    // Points from the cache come faster than anyone could see them one by one.
    constexpr double kPause_ms = 30;
    Stopwatch since_told;
    for (const int budget : ladder) {
        points.push_back(measure(context, budget));
        const bool is_last = points.size() == ladder.size();
        if (is_last || since_told.ms() >= kPause_ms) {
            since_told = Stopwatch();
            context.emit(Progress{context.request.id, "curve", points.size(), ladder.size()});
            context.emit(BudgetCurve{context.request.id, points, is_last});
        }
    }
    return points;
}

std::vector<std::string> methodsWithCurves() {
    std::vector<std::string> methods;
    for (const MethodSpec& spec : methodCatalog()) {
        if (spec.uses_budget) {
            methods.push_back(spec.id);
        }
    }
    return methods;
}

std::vector<MethodCurve> methodCurves(const RunContext& context,
                                      const std::vector<std::string>& methods,
                                      const std::vector<int>& budgets) {
    std::vector<MethodCurve> curves;
    const std::vector<int> ladder =
        !budgets.empty() || methods.empty() ? budgets : budgetLadder(patchesPerView(context));
    const std::uint64_t n_points = methods.size() * ladder.size();
    std::uint64_t n_done = 0;
    for (const std::string& method : methods) {
        const RunRequest request = requestFor(context.request, method);
        const RunContext of_method{context.vlm, context.cache, request, context.stop};
        MethodCurve curve{method, {}};
        for (const int budget : ladder) {
            curve.points.push_back(measure(of_method, budget));
            context.emit(Progress{request.id, "curves", ++n_done, n_points});
        }
        context.emit(BudgetCurve{request.id, curve.points, true, method});
        curves.push_back(std::move(curve));
    }
    return curves;
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
