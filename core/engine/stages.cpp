#include "core/engine/stages.h"

#include "core/base/stop.h"
#include "core/base/text.h"
#include "core/engine/stage_tools.h"
#include "core/prune/select.h"
#include "core/trace/patch_rules.h"

#include <algorithm>

#include <ATen/Parallel.h>
#include <ATen/ops/isfinite.h>
#include <c10/core/InferenceMode.h>

namespace prunescope {

namespace {

FullFeatures encodeFull(const RunContext& context, const View& view, std::uint64_t key) {
    const Stopwatch watch;
    EncoderOutput output = context.vlm.encode(view, {}, true, context.stop);
    const std::vector<at::Tensor> hidden = std::move(output.hidden);
    output.hidden.clear();
    context.vlm.waitForDevice();
    const double ms = watch.ms();
    FullFeatures full{key, output, {}, ms};
    full.is_finite = at::isfinite(output.features).all().item<bool>();
    for (std::size_t l = 1; l < hidden.size(); ++l) {
        full.after_layer.push_back(hidden[l].slice(0, 1).to(at::kCPU, at::kFloat).contiguous());
    }
    return full;
}

}  // namespace

const MethodSpec& methodOf(const RunContext& context) {
    const MethodSpec* spec = findMethod(context.request.settings.method);
    require(spec != nullptr, "The settings were checked, but their method is unknown.");
    return *spec;
}

void addParams(Hasher& hasher,
               const MethodSpec& spec,
               const RunSettings& settings,
               ParamEffect effect) {
    for (const ParamSpec& param : spec.params) {
        if (param.effect == effect) {
            hasher.add(param.name);
            std::visit([&](const auto& value) { hasher.add(value); },
                       paramValue(spec, settings, param.name));
        }
    }
}

void account(RunTrace& trace, CachedStage stage, bool reused) {
    const std::string name = nameOf(stage);
    if (!reused || std::ranges::find(trace.reused, name) != trace.reused.end()) {
        return;
    }
    // In the order of the stages, whichever was asked for first.
    const auto is_later = [stage](const std::string& other) {
        int later = static_cast<int>(stage) + 1;
        while (later < kCachedStages && nameOf(static_cast<CachedStage>(later)) != other) {
            ++later;
        }
        return later < kCachedStages;
    };
    trace.reused.insert(std::ranges::find_if(trace.reused, is_later), name);
}

void addRules(Hasher& hasher, const PatchRules& rules) {
    for (const auto* list : {&rules.pinned, &rules.banned}) {
        hasher.add(static_cast<int>(list->size()));
        for (const std::int32_t patch : *list) {
            hasher.add(static_cast<int>(patch));
        }
    }
}

int effectiveBudget(const RunSettings& settings, const PatchGrid& grid, std::size_t view) {
    const auto banned = static_cast<int>(rulesOfView(settings, view).banned.size());
    return std::min(settings.budget, grid.count() - banned);
}

PatchRules effectiveRules(const RunContext& context, const PatchGrid& grid, std::size_t view) {
    const MethodSpec& spec = methodOf(context);
    const RunSettings& settings = context.request.settings;
    const PatchRules& asked = rulesOfView(settings, view);
    if (!spec.uses_budget || spec.in_decoder) {  // all but the banned go on from here
        return {{}, asked.banned};
    }
    return fitting(asked, effectiveBudget(settings, grid, view) - spec.rows_without_patch);
}

RunTrace beginTrace(const RunContext& context) {
    const RunRequest& request = context.request;
    const std::vector<Problem> problems = checkSettings(request.settings);
    if (!problems.empty()) {
        throw Error(ErrorCode::Usage, problems.front().message);
    }
    if (!request.image) {
        throw Error(ErrorCode::Input, "There is no picture.", "Open one first.");
    }
    const LoadReport& report = context.vlm.report();
    RunTrace trace;
    trace.settings = request.settings;
    trace.prompt = request.prompt;
    trace.model = {report.name,
                   report.fingerprint,
                   report.device,
                   report.dtype,
                   context.vlm.attentionKernel(),
                   context.vlm.lastEncoderLayer() + 1,
                   at::get_num_threads(),
                   context.vlm.decoderLayers()};
    trace.image = {request.image_name,
                   hex(context.cache.hashOf(request.image)),
                   request.image->width,
                   request.image->height};
    trace.version = programVersion();
    return trace;
}

std::shared_ptr<const Preprocessed> preprocessStage(const RunContext& context, RunTrace& trace) {
    const Stopwatch watch;
    const RunRequest& request = context.request;
    const auto key = Hasher()
                         .add(context.vlm.report().fingerprint)
                         .add(trace.image.hash)
                         .add(static_cast<int>(request.settings.image_mode))
                         .value();
    auto result = cached<Preprocessed>(context, trace, CachedStage::Preprocess, key, [&] {
        const Stopwatch own;
        std::vector<View> views = preprocess(*request.image,
                                             context.vlm.preprocessConfig(),
                                             request.settings.image_mode,
                                             context.vlm.patchSize());
        return Preprocessed{key, std::move(views), own.ms()};
    });
    trace.timings_ms.preprocess = watch.ms();
    trace.cost_ms.preprocess = result->ms;
    for (std::size_t v = 0; v < request.settings.patch_rules.size(); ++v) {
        if (v >= result->views.size()) {
            throw Error(ErrorCode::Usage,
                        "Pins or bans name view " + std::to_string(v) + "; the picture has " +
                            std::to_string(result->views.size()) + ".");
        }
        const std::string problem =
            rulesProblem(request.settings, v, result->views[v].grid.count());
        if (!problem.empty()) {
            throw Error(ErrorCode::Usage, problem);
        }
    }
    for (const View& view : result->views) {
        ViewTrace view_trace;
        view_trace.grid = view.grid;
        view_trace.source = view.source;
        trace.tokens.visual_full += view.grid.count() + (context.vlm.keepsCls() ? 1 : 0);
        trace.views.push_back(std::move(view_trace));
    }
    return result;
}

PerView<FullFeatures> featuresStage(const RunContext& context,
                                    const Preprocessed& input,
                                    RunTrace& trace) {
    const Stopwatch watch;
    const c10::InferenceMode guard;
    PerView<FullFeatures> result;
    for (std::size_t v = 0; v < input.views.size(); ++v) {
        throwIfStopped(context.stop);
        const auto key = Hasher().add(input.key).add(static_cast<int>(v)).value();
        result.push_back(cached<FullFeatures>(context, trace, CachedStage::Features, key, [&] {
            context.emit(Progress{context.request.id, "encode", v, input.views.size()});
            return encodeFull(context, input.views[v], key);
        }));
    }
    if (!std::all_of(result.begin(), result.end(), [](const auto& f) { return f->is_finite; })) {
        trace.notes.push_back(
            "The encoder gives values that are not finite numbers, so scores and D mean nothing: "
            "the weights may be damaged, or need fp32.");
    }
    const bool own_pass = methodOf(context).in_encoder;
    const auto pass_of = own_pass ? &Timings::reference : &Timings::encode;
    trace.timings_ms.*pass_of = watch.ms();
    for (const auto& view : result) {
        trace.cost_ms.*pass_of += view->ms;
    }
    return result;
}

}  // namespace prunescope
