#include "core/base/text.h"
#include "core/engine/engine.h"
#include "core/engine/run.h"
#include "core/prune/catalog.h"

namespace prunescope {

namespace {

/// One model and the stage results of everything asked of it.
class ModelBackend : public Backend {
public:
    LoadReport load(const LoadRequest& request, const JobContext& context) override {
        const auto progress = [&](std::uint64_t done, std::uint64_t total) {
            context.emit(Progress{request.id, "load", done, total});
        };
        auto loaded = Vlm::load(request.directory,
                                {.device = request.device,
                                 .dtype = request.dtype,
                                 .threads = request.threads,
                                 .progress = progress,
                                 .stop = context.stop});
        vlm_ = std::move(loaded);  // the old model stays until the new one is whole
        cache_.clear();
        return vlm_->report();
    }

    void run(const RunRequest& request, const JobContext& context) override {
        if (!vlm_) {
            throw Error(ErrorCode::Model, "No model is loaded.", "Choose one first.");
        }
        try {
            if (request.attribution) {
                attribute({*vlm_, cache_, request, context.stop, context.emit});
            } else {
                answer(request, context);
            }
        } catch (const Error& error) {
            if (error.code() == ErrorCode::OutOfMemory) {
                cache_.clear();  // what was kept for speed makes room for what comes next
            }
            throw;
        }
    }

private:
    void answer(const RunRequest& request, const JobContext& context) {
        RunContext pruned{*vlm_, cache_, request, context.stop, context.emit, context.settle};
        const auto trace = std::make_shared<const RunTrace>(prunescope::run(pruned));
        context.emit(Finished{request.id, trace});
        if (request.want_answer && request.want_unpruned) {
            context.emit(UnprunedFinished{request.id, unprunedOf(request, context, trace)});
        }
        if (request.want_curve) {
            budgetCurve(pruned);
        }
        if (request.want_all_curves) {
            methodCurves(pruned, methodsWithCurves());
        }
    }

    TracePtr unprunedOf(const RunRequest& request, const JobContext& context, TracePtr pruned) {
        if (request.settings.method == kUnprunedMethod && request.settings.patch_rules.empty()) {
            return pruned;
        }
        RunRequest full = request;
        full.settings.method = kUnprunedMethod;
        full.settings.params.clear();
        full.settings.patch_rules.clear();
        full.settle_ms = 0;
        const RunContext unpruned{
            *vlm_, cache_, full, context.stop, context.emit, context.settle, true};
        return std::make_shared<const RunTrace>(prunescope::run(unpruned));
    }

    std::unique_ptr<Vlm> vlm_;
    StageCache cache_;
};

}  // namespace

std::unique_ptr<Backend> makeModelBackend() {
    return std::make_unique<ModelBackend>();
}

std::string programVersion() {
    return PRUNESCOPE_VERSION;
}

}  // namespace prunescope
