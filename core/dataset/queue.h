#pragma once

#include "core/dataset/plan.h"
#include "core/dataset/result.h"
#include "core/trace/run_trace.h"

#include <cstddef>
#include <map>
#include <string>
#include <utility>
#include <vector>

namespace prunescope {

/// A run that could not be done: a picture that cannot be read, a question that does not fit.
struct SampleFailure {
    std::string sample;
    std::string method;
    int budget = 0;
    std::string message;

    bool operator==(const SampleFailure&) const = default;
};

/// The runs of a plan that are not done yet, in an order that the plan alone decides: pictures,
/// then runs, then the questions about the picture, so that the un-pruned pass, encoder passes and
/// prefixes are computed once. Who owns the model takes the next, does it, and hands in its trace.
class EvalQueue {
public:
    /// @param earlier  results that are there already; their runs are left out
    EvalQueue(EvalPlan plan, const std::vector<SampleResult>& earlier);

    const EvalPlan& plan() const { return plan_; }

    std::size_t total() const { return total_; }

    std::size_t done() const { return total_ - (todo_.size() - at_); }

    bool isComplete() const { return at_ == todo_.size(); }

    /// Of the next run; requires that there is one.
    const EvalSample& sample() const { return plan_.samples[todo_.at(at_).first]; }

    const EvalRun& run() const { return plan_.runs[todo_.at(at_).second]; }

    /// The next runs that are about the next run's picture, at most `most`.
    std::vector<std::pair<const EvalSample*, const EvalRun*>> ahead(std::size_t most) const;

    /// Scores the next run and goes on to the one after it.
    /// @throws Error(Input): compared with an unpruned answer that could not be had; it is still
    /// next
    SampleResult finish(const RunTrace& trace, double ms);

    /// Leaves the next run out.
    SampleFailure fail(const std::string& message);

private:
    EvalPlan plan_;
    std::vector<std::pair<std::size_t, std::size_t>> todo_;  ///< sample, run
    std::size_t at_ = 0;
    std::size_t total_ = 0;
    std::map<std::string, std::string> unpruned_;  ///< sample -> answer
};

}  // namespace prunescope
