#pragma once

#include "core/dataset/queue.h"
#include "core/engine/stage_cache.h"
#include "core/image/image.h"

#include <memory>
#include <optional>
#include <stop_token>

namespace prunescope {

class Vlm;

/// What one step did: one of the two.
struct EvalStep {
    std::optional<SampleResult> result;
    std::optional<SampleFailure> failure;
};

/// Does the runs of a queue with a model, one per step, so that whoever owns the model can do
/// something else in between. Results depend on neither the steps done before nor the number of
/// threads.
class Evaluator {
public:
    /// None is owned; all must outlive it.
    Evaluator(const Vlm& vlm, StageCache& cache, EvalQueue& queue);

    /// Does the queue's next run; what is wrong with its picture or question is a failure of it.
    /// @throws Cancelled (the run stays the next), Error other than Input
    EvalStep step(const std::stop_token& stop);

private:
    const Vlm& vlm_;
    StageCache& cache_;
    EvalQueue& queue_;
    std::filesystem::path picture_path_;
    std::shared_ptr<const Image> picture_;  ///< of the sample before: questions share it
};

/// The plan's model fields, from a loaded model.
void describeModel(const Vlm& vlm, EvalPlan& plan);

}  // namespace prunescope
