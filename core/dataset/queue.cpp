#include "core/dataset/queue.h"

#include "core/base/error.h"
#include "core/metric/coverage.h"
#include "core/metric/outcome.h"

#include <set>
#include <string_view>
#include <tuple>

namespace prunescope {

namespace {

int budgetOf(const EvalRun& run) {
    return run.isUnpruned() ? 0 : run.settings.budget;
}

void addShift(const RunTrace& trace, SampleResult& result) {
    if (const std::optional<ShiftOutcome> outcome = shiftOutcome(trace)) {
        result.kappa = outcome->kappa;
        result.shift = outcome->value;
        result.null_median = outcome->null_median;
        result.fired = outcome->fired;
    }
}

void addCoverage(const RunTrace& trace,
                 const std::vector<NamedBox>& objects,
                 SampleResult& result) {
    std::vector<RectF> boxes;
    for (const NamedBox& object : objects) {
        boxes.push_back(object.box);
    }
    if (const std::optional<ObjectCoverage> coverage = objectCoverage(trace, boxes)) {
        result.share_of_kept = coverage->shareOfKept();
        result.share_of_object = coverage->shareOfObject();
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
    result.layer_mean_in = trace.tokens.layer_mean_in;
    result.layer_mean_out = trace.tokens.layer_mean_out;
    result.ms = ms;
    result.cost_ms = standaloneMs(trace);
    addCoverage(trace, sample().boxes, result);
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
