#include "core/engine/evaluate.h"

#include "core/engine/run.h"
#include "core/image/decode.h"
#include "core/prune/select.h"

namespace prunescope {

Evaluator::Evaluator(const Vlm& vlm, StageCache& cache, EvalQueue& queue)
    : vlm_(vlm), cache_(cache), queue_(queue) {}

EvalStep Evaluator::step(const std::stop_token& stop) {
    const EvalSample& sample = queue_.sample();
    EvalStep step;
    try {
        if (!picture_ || picture_path_ != sample.image) {
            picture_ = std::make_shared<const Image>(loadImage(sample.image).image);
            picture_path_ = sample.image;
        }
        RunRequest request;
        request.image = picture_;
        request.image_name = sample.image_name;
        request.prompt = sample.prompt;
        request.settings = queue_.run().settings;
        request.settle_ms = 0;
        const Stopwatch watch;
        const RunTrace trace = run({vlm_, cache_, request, stop});
        step.result = queue_.finish(trace, watch.ms());
    } catch (const Error& error) {
        if (error.code() != ErrorCode::Input) {
            throw;
        }
        step.failure = queue_.fail(error.what());
    }
    return step;
}

void describeModel(const Vlm& vlm, EvalPlan& plan) {
    const LoadReport& report = vlm.report();
    plan.model = report.name;
    plan.fingerprint = report.fingerprint;
    plan.device = report.device;
    plan.dtype = report.dtype;
    plan.version = programVersion();
}

}  // namespace prunescope
