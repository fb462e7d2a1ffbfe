#include "core/dataset/queue.h"

#include "core/base/error.h"

#include <set>
#include <string_view>
#include <tuple>

namespace prunescope {

namespace {

int budgetOf(const EvalRun& run) {
    return run.isUnpruned() ? 0 : run.settings.budget;
}

/// Means over the views; nothing where a view has none.
void addShift(const RunTrace& trace, SampleResult& result) {
    double kappa = 0;
    double shift = 0;
    double median = 0;
    for (const ViewTrace& view : trace.views) {
        if (!view.shift.kappa) {
            return;
        }
        kappa += *view.shift.kappa;
        shift += view.shift.accepted ? view.shift.kappa_after.value_or(*view.shift.kappa)
                                     : *view.shift.kappa;
        median += view.shift.null_band.median;
        result.fired = result.fired || view.shift.fired;
    }
    const auto n_views = static_cast<double>(trace.views.size());
    if (n_views > 0) {
        result.kappa = kappa / n_views;
        result.shift = shift / n_views;
        result.null_median = median / n_views;
    }
}

}  // namespace

EvalQueue::EvalQueue(EvalPlan plan, const std::vector<SampleResult>& earlier)
    : plan_(std::move(plan)) {
    std::set<std::tuple<std::string_view, std::string_view, int>> there;
    for (const SampleResult& result : earlier) {
        there.insert(result.key());
        if (result.budget == 0) {
            unpruned_[result.sample] = result.answer;
        }
    }
    const std::vector<EvalSample>& samples = plan_.samples;
    for (std::size_t begin = 0; begin < samples.size();) {
        std::size_t end = begin;
        while (end < samples.size() && samples[end].image == samples[begin].image) {
            ++end;
        }
        for (std::size_t r = 0; r < plan_.runs.size(); ++r) {
            for (std::size_t s = begin; s < end; ++s) {
                ++total_;
                if (!there.contains(
                        {samples[s].id, plan_.runs[r].label, budgetOf(plan_.runs[r])})) {
                    todo_.emplace_back(s, r);
                }
            }
        }
        begin = end;
    }
}

std::vector<std::pair<const EvalSample*, const EvalRun*>> EvalQueue::ahead(std::size_t most) const {
    std::vector<std::pair<const EvalSample*, const EvalRun*>> runs;
    for (std::size_t i = at_; i < todo_.size() && runs.size() < most; ++i) {
        const EvalSample& other = plan_.samples[todo_[i].first];
        if (other.image != sample().image) {
            break;
        }
        runs.emplace_back(&other, &plan_.runs[todo_[i].second]);
    }
    return runs;
}

SampleResult EvalQueue::finish(const RunTrace& trace, double ms) {
    SampleResult result;
    result.sample = sample().id;
    result.method = run().label;
    result.budget = budgetOf(run());
    result.answer = trace.answer.text;
    result.kept = trace.tokens.visual_kept;
    result.ms = ms;
    if (run().isUnpruned()) {
        unpruned_[result.sample] = result.answer;
    } else {
        addShift(trace, result);
    }
    std::vector<std::string> accepted = sample().answers;
    if (sample().scorer == Scorer::Agreement) {
        const auto unpruned = unpruned_.find(result.sample);
        if (unpruned == unpruned_.end()) {
            throw Error(ErrorCode::Input, "There is no unpruned answer to compare with.");
        }
        accepted = {unpruned->second};
    }
    result.score = scoreOf(sample().scorer, result.answer, accepted);
    ++at_;
    return result;
}

SampleFailure EvalQueue::fail(const std::string& message) {
    const SampleFailure failure{sample().id, run().label, budgetOf(run()), message};
    ++at_;
    return failure;
}

}  // namespace prunescope
