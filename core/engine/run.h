#pragma once

#include "core/engine/event.h"
#include "core/engine/request.h"
#include "core/engine/stage_cache.h"
#include "core/model/vlm.h"

#include <chrono>
#include <functional>
#include <stop_token>

namespace prunescope {

/// What one run works with and reports to. Lives on the thread that runs it.
struct RunContext {
    const Vlm& vlm;
    StageCache& cache;
    const RunRequest& request;
    std::stop_token stop = {};
    std::function<void(Event)> emit = [](const Event&) {};
    /// Waits until then, or throws Cancelled.
    std::function<void(std::chrono::steady_clock::time_point until)> settle = [](auto) {};
    bool unpruned = false;  ///< answer tokens are sent as those of the un-pruned run
};

/// One run from picture and prompt to answer and trace: the program's main line, top to bottom.
/// The window, the command line and the tests all call it.
/// @throws Error, Cancelled
RunTrace run(const RunContext& context);

/// D against budget for the request's method and picture: a ladder of budgets, ascending. Emits
/// BudgetCurve as it grows.
std::vector<BudgetPoint> budgetCurve(const RunContext& context);

/// The curves of several methods, one after the other: the request's own method with its
/// parameters, the others with their defaults. Emits BudgetCurve after every method and
/// Progress "curves" after every point. @param budgets  ascending; empty: the ladder
std::vector<MethodCurve> methodCurves(const RunContext& context,
                                      const std::vector<std::string>& methods,
                                      const std::vector<int>& budgets = {});

/// Methods whose D depends on the budget, in display order. Those inside the language model cost a
/// prefill a point.
std::vector<std::string> methodsWithCurves();

/// Budgets budgetCurve() looks at for a grid of `n_patches`.
std::vector<int> budgetLadder(int n_patches);

/// The smallest budget whose D (of what is kept in the end) is at most `target`: the first rung of
/// the ladder that reaches it, then bisection towards the rung below. D is not exactly monotone in
/// the budget, so a smaller budget may reach the target between two rungs that do not.
/// @throws Error(Usage) when no budget reaches it
int budgetForShift(const RunContext& context, double target);

/// Exact leave-one-out: for every kept token the answer without it, its row taken away behind the
/// selection; and the answer with each dropped patch of the request put back (visual_rows.h says
/// where and as what). Every change is a prefill of its own, and the answer is fed token by token,
/// so all numbers are those of a run with this `omit` or `leave_in`. Rows of padding are left as
/// they are. With `attention` also where the answer looks, behind the first change: one more
/// pass (answer_attention.h). Emits Attributed and Progress "attribute" before the first and after
/// every change; what is known stays in the cache. @throws Error(Usage) for methods that prune
/// inside the language model and for patches that are kept or that do not exist
Attribution attribute(const RunContext& context);

/// Tensors of a run by name (design.md 6.1 `dump`), written as safetensors, float32 (ids int64).
/// @param what  among pixel_values, input_ids, hidden, features, projected, logits
void dumpRun(const RunContext& context,
             const std::vector<std::string>& what,
             const std::filesystem::path& path);

/// The program's version, as in traces.
std::string programVersion();

}  // namespace prunescope
