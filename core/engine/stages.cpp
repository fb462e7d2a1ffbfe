#include "core/engine/stages.h"

#include "core/base/hash.h"
#include "core/base/stop.h"
#include "core/base/text.h"

#include <algorithm>
#include <chrono>
#include <numeric>

#include <ATen/Parallel.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/clamp_min.h>
#include <ATen/ops/div.h>
#include <ATen/ops/index_select.h>
#include <ATen/ops/matmul.h>
#include <ATen/ops/mul.h>
#include <ATen/ops/norm.h>
#include <ATen/ops/ones.h>
#include <ATen/ops/tensor.h>
#include <c10/core/InferenceMode.h>

namespace prunescope {

namespace {

const MethodSpec& methodOf(const RunContext& context) {
    const MethodSpec* spec = findMethod(context.request.settings.method);
    require(spec != nullptr, "The settings were checked, but their method is unknown.");
    return *spec;
}

/// Rows of a float32 tensor as the metrics want them: contiguous, on the host. Keeps the copy
/// alive.
struct HostRows {
    explicit HostRows(const at::Tensor& rows)
        : tensor(rows.to(at::kCPU, at::kFloat).contiguous()) {}

    TokenMatrix matrix() const {
        return {std::span(tensor.const_data_ptr<float>(), static_cast<std::size_t>(tensor.numel())),
                static_cast<int>(tensor.size(0)),
                static_cast<int>(tensor.size(1))};
    }

    at::Tensor tensor;
};

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

/// What the stage took, or that it came from the cache.
void account(RunTrace& trace, CachedStage stage, bool reused) {
    const std::string name = nameOf(stage);
    if (reused && std::find(trace.reused.begin(), trace.reused.end(), name) == trace.reused.end()) {
        trace.reused.push_back(name);
    }
}

/// cache.get() that also notes in the trace whether the value was there.
template <typename T>
std::shared_ptr<const T> cached(const RunContext& context,
                                RunTrace& trace,
                                CachedStage stage,
                                std::uint64_t key,
                                const std::function<T()>& make) {
    bool reused = true;
    auto value = context.cache.get<T>(stage, key, [&] {
        reused = false;
        return make();
    });
    account(trace, stage, reused);
    return value;
}

FullFeatures encodeFull(const RunContext& context,
                        const View& view,
                        std::uint64_t key,
                        ShiftMetric metric) {
    const Stopwatch watch;
    EncoderOutput output = context.vlm.encode(view, {}, true, context.stop);
    const std::vector<at::Tensor> hidden = std::move(output.hidden);
    output.hidden.clear();
    const double ms = watch.ms();
    FullFeatures full{
        key, output, ShiftReference(metric, HostRows(output.features).matrix()), {}, ms};
    for (std::size_t l = 1; l < hidden.size(); ++l) {
        const HostRows rows(hidden[l].slice(0, 1));
        full.after_layer.emplace_back(metric, rows.matrix());
    }
    return full;
}

/// out = mix * in (or a gather), as the encoder does it; for measuring D after the event.
at::Tensor reducedRows(const Reduction& reduction, const at::Tensor& tokens) {
    const auto keep = at::tensor(reduction.keep, at::kLong).to(tokens.device());
    at::Tensor kept = tokens.index_select(0, keep);
    if (!reduction.mix.defined()) {
        return kept;
    }
    at::Tensor mixed = reduction.mix.to(tokens.device()).matmul(tokens);
    if (reduction.keep_norm) {
        mixed =
            at::mul(mixed, at::div(kept.norm(2, 1, true), mixed.norm(2, 1, true).clamp_min(1e-12)));
    }
    return mixed;
}

std::vector<float> perPatch(const at::Tensor& values,
                            const std::vector<std::int32_t>& patches,
                            int n_patches) {
    if (!values.defined()) {
        return {};
    }
    std::vector<float> out(static_cast<std::size_t>(n_patches),
                           std::numeric_limits<float>::quiet_NaN());
    const at::Tensor host = values.to(at::kCPU, at::kFloat).contiguous();
    const float* data = host.const_data_ptr<float>();
    for (std::size_t slot = 0; slot < patches.size(); ++slot) {
        out[static_cast<std::size_t>(patches[slot])] = data[slot];
    }
    return out;
}

std::vector<float> hostVector(const at::Tensor& values) {
    const at::Tensor host = values.to(at::kCPU, at::kFloat).contiguous();
    return {host.const_data_ptr<float>(), host.const_data_ptr<float>() + host.numel()};
}

/// Runs a method's encoder pass layer by layer and writes down what it did.
class PassRecorder {
public:
    PassRecorder(const RunContext& context,
                 const PruneMethod& method,
                 const View& view,
                 const FullFeatures& full)
        : context_(context),
          method_(method),
          view_(view),
          full_(full),
          budget_(effectiveBudget(context.request.settings, view.grid)) {
        pass.patches.resize(static_cast<std::size_t>(view.grid.count()));
        std::iota(pass.patches.begin(), pass.patches.end(), 0);
    }

    std::optional<EncoderReduction> operator()(const EncoderTap& tap) {
        const Stopwatch watch;
        const at::Tensor tokens = tap.tokens.slice(0, 1);
        if (!pass.mass.defined()) {
            pass.mass = at::ones({tokens.size(0)}, tokens.options());
        }
        LayerOutcome outcome = method_.afterLayer({.settings = context_.request.settings,
                                                   .grid = view_.grid,
                                                   .layer = tap.layer,
                                                   .last_layer = context_.vlm.lastEncoderLayer(),
                                                   .budget = budget_,
                                                   .patches = pass.patches,
                                                   .tokens = tokens,
                                                   .cls_attention = tap.cls_attention,
                                                   .keys = tap.keys,
                                                   .values = tap.values,
                                                   .mass = pass.mass,
                                                   .score = pass.score});
        pass.score = outcome.score;
        context_.emit(Progress{context_.request.id,
                               "encode",
                               static_cast<std::uint64_t>(tap.layer) + 1,
                               static_cast<std::uint64_t>(context_.vlm.lastEncoderLayer()) + 1});
        if (!outcome.reduction) {
            return std::nullopt;
        }
        record(tap.layer, tokens, *outcome.reduction);
        pass.stages.back().ms = watch.ms();
        return EncoderReduction{
            outcome.reduction->keep, outcome.reduction->mix, outcome.reduction->keep_norm};
    }

    EncoderPass pass;

private:
    void record(int layer, const at::Tensor& tokens, const Reduction& reduction) {
        const int n_patches = view_.grid.count();
        StageTrace stage;
        stage.site = {Site::Kind::EncoderLayer, layer};
        stage.name = reduction.name;
        stage.tokens_in = static_cast<int>(pass.patches.size());
        stage.tokens_out = static_cast<int>(reduction.keep.size());
        stage.score = perPatch(reduction.deciding_score, pass.patches, n_patches);
        stage.transfers = reduction.transfers;

        const HostRows after(reducedRows(reduction, tokens));
        const auto at_layer = static_cast<std::size_t>(layer);
        stage.shift_before = full_.after_layer.at(at_layer).measure(after.matrix()).value;
        const ShiftReference before(shiftMetricFrom(context_.request.settings.metric),
                                    HostRows(tokens).matrix());
        pass.chained_shift += before.measure(after.matrix()).value;

        const at::Tensor keep = at::tensor(reduction.keep, at::kLong).to(tokens.device());
        pass.mass = reduction.mass.defined() ? reduction.mass : pass.mass.index_select(0, keep);
        if (pass.score.defined()) {
            pass.score = pass.score.index_select(0, keep.to(pass.score.device()));
        }
        stage.mass = hostVector(pass.mass);
        std::vector<std::int32_t> patches;
        stage.slot_from_patch.assign(static_cast<std::size_t>(n_patches), -1);
        for (const std::int64_t slot : reduction.keep) {
            const std::int32_t patch = pass.patches.at(static_cast<std::size_t>(slot));
            stage.slot_from_patch[static_cast<std::size_t>(patch)] =
                static_cast<std::int32_t>(patches.size());
            patches.push_back(patch);
        }
        pass.patches = std::move(patches);
        pass.stages.push_back(std::move(stage));
    }

    const RunContext& context_;
    const PruneMethod& method_;
    const View& view_;
    const FullFeatures& full_;
    int budget_;
};

EncoderPass encodePruned(const RunContext& context,
                         const PruneMethod& method,
                         const View& view,
                         const FullFeatures& full,
                         std::uint64_t key) {
    const Stopwatch watch;
    PassRecorder recorder(context, method, view, full);
    EncoderOutput output = context.vlm.encode(
        view, [&](const EncoderTap& tap) { return recorder(tap); }, false, context.stop);
    EncoderPass pass = std::move(recorder.pass);
    pass.key = key;
    pass.output = std::move(output);
    pass.ms = watch.ms();
    return pass;
}

/// Methods that prune after the encoder start from the un-pruned pass itself.
EncoderPass passOfAll(const FullFeatures& full) {
    EncoderPass pass;
    pass.key = full.key;
    pass.output = full.output;
    const std::int64_t n = full.output.features.size(0);
    pass.patches.resize(static_cast<std::size_t>(n));
    std::iota(pass.patches.begin(), pass.patches.end(), 0);
    pass.mass = at::ones({n}, full.output.features.options());
    return pass;
}

NullBand cachedNullBand(const RunContext& context,
                        RunTrace& trace,
                        const ShiftReference& reference,
                        std::uint64_t key,
                        int place,
                        int k) {
    const std::uint64_t seed = context.request.settings.seed;
    const auto band_key = Hasher().add(key).add(place).add(k).add(seed).value();
    return *cached<NullBand>(context, trace, CachedStage::NullBand, band_key, [&] {
        throwIfStopped(context.stop);
        return reference.nullBand(k, seed);
    });
}

constexpr int kSelectedPlace = -1;

/// The question's input embeddings, or none for methods that do not read the text.
at::Tensor questionEmbeddings(const RunContext& context, const TokenSequence& text) {
    return context.vlm.embed(text.question).to(at::kFloat);
}

}  // namespace

int effectiveBudget(const RunSettings& settings, const PatchGrid& grid) {
    return std::min(settings.budget, grid.count());
}

Stopwatch::Stopwatch() : start_ns_(std::chrono::steady_clock::now().time_since_epoch().count()) {}

double Stopwatch::ms() const {
    const std::chrono::steady_clock::duration elapsed(
        std::chrono::steady_clock::now().time_since_epoch().count() - start_ns_);
    return std::chrono::duration<double, std::milli>(elapsed).count();
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
                   at::get_num_threads()};
    trace.image = {request.image_name,
                   hex(contentHash(*request.image)),
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
        return Preprocessed{key,
                            preprocess(*request.image,
                                       context.vlm.preprocessConfig(),
                                       request.settings.image_mode,
                                       context.vlm.patchSize())};
    });
    trace.timings_ms.preprocess = watch.ms();
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
    const ShiftMetric metric = shiftMetricFrom(context.request.settings.metric);
    PerView<FullFeatures> result;
    for (std::size_t v = 0; v < input.views.size(); ++v) {
        throwIfStopped(context.stop);
        const auto key = Hasher()
                             .add(input.key)
                             .add(static_cast<int>(v))
                             .add(context.request.settings.metric)
                             .value();
        result.push_back(cached<FullFeatures>(context, trace, CachedStage::Features, key, [&] {
            context.emit(Progress{context.request.id, "encode", v, input.views.size()});
            return encodeFull(context, input.views[v], key, metric);
        }));
    }
    const bool own_pass = methodOf(context).in_encoder;
    (own_pass ? trace.timings_ms.reference : trace.timings_ms.encode) = watch.ms();
    return result;
}

PerView<EncoderPass> encoderStage(const RunContext& context,
                                  const Preprocessed& input,
                                  const PerView<FullFeatures>& full,
                                  RunTrace& trace) {
    const c10::InferenceMode guard;
    const MethodSpec& spec = methodOf(context);
    PerView<EncoderPass> result;
    if (!spec.in_encoder) {
        for (const auto& view : full) {
            result.push_back(std::make_shared<const EncoderPass>(passOfAll(*view)));
        }
        return result;
    }
    const Stopwatch watch;
    const RunSettings& settings = context.request.settings;
    const std::unique_ptr<PruneMethod> method = makeMethod(settings.method);
    for (std::size_t v = 0; v < full.size(); ++v) {
        throwIfStopped(context.stop);
        Hasher hasher;
        hasher.add(full[v]->key).add(settings.method);
        hasher.add(effectiveBudget(settings, input.views[v].grid));
        addParams(hasher, spec, settings, ParamEffect::EncoderPass);
        const std::uint64_t key = hasher.value();
        result.push_back(cached<EncoderPass>(context, trace, CachedStage::EncoderPass, key, [&] {
            return encodePruned(context, *method, input.views[v], *full[v], key);
        }));
    }
    trace.timings_ms.encode = watch.ms();
    return result;
}

PerView<SelectedTokens> selectionStage(const RunContext& context,
                                       const Preprocessed& input,
                                       const PerView<FullFeatures>& full,
                                       const PerView<EncoderPass>& passes,
                                       const TokenSequence& text,
                                       RunTrace& trace) {
    const c10::InferenceMode guard;
    const Stopwatch watch;
    const MethodSpec& spec = methodOf(context);
    const RunSettings& settings = context.request.settings;
    const std::unique_ptr<PruneMethod> method = makeMethod(settings.method);
    PerView<SelectedTokens> result;
    for (std::size_t v = 0; v < passes.size(); ++v) {
        throwIfStopped(context.stop);
        const PatchGrid& grid = input.views[v].grid;
        const int budget = spec.uses_budget ? effectiveBudget(settings, grid) : grid.count();
        if (spec.uses_budget && settings.budget > grid.count()) {
            trace.notes.push_back("Budget " + std::to_string(settings.budget) +
                                  " is more than the " + std::to_string(grid.count()) +
                                  " patches of a view: " + std::to_string(grid.count()) +
                                  " taken.");
        }
        Hasher hasher;
        hasher.add(passes[v]->key).add(settings.method).add(budget).add(settings.metric);
        if (spec.uses_threshold) {
            hasher.add(settings.tau).add(static_cast<int>(settings.trigger)).add(settings.phi);
        }
        if (spec.uses_seed || spec.uses_threshold) {
            hasher.add(settings.seed);
        }
        if (spec.uses_text) {
            for (const std::int64_t id : text.question) {
                hasher.add(id);
            }
        }
        addParams(hasher, spec, settings, ParamEffect::Selection);
        const std::uint64_t key = hasher.value();
        result.push_back(cached<SelectedTokens>(context, trace, CachedStage::Selection, key, [&] {
            const Stopwatch own;
            const EncoderPass& pass = *passes[v];
            SelectView view{
                .settings = settings,
                .grid = grid,
                .layer = context.vlm.lastEncoderLayer(),
                .budget = budget,
                .patches = pass.patches,
                .tokens = pass.output.features,
                .cls_attention = pass.output.cls_attention,
                .keys = pass.output.keys,
                .values = pass.output.values,
                .mass = pass.mass,
                .score = pass.score,
                .chained_shift = pass.chained_shift,
                .full = &full[v]->selected,
                .text = spec.uses_text ? questionEmbeddings(context, text) : at::Tensor(),
                .project =
                    [&](const at::Tensor& features) {
                        return context.vlm.project(features).to(at::kFloat);
                    },
                .null_band =
                    [&] {
                        return cachedNullBand(context,
                                              trace,
                                              full[v]->selected,
                                              full[v]->key,
                                              kSelectedPlace,
                                              budget);
                    }};
            Selection selection = method->select(view);
            return SelectedTokens{key, std::move(selection), own.ms()};
        }));
        ViewTrace& view_trace = trace.views[v];
        view_trace.stages = passes[v]->stages;
        const Selection& selection = result.back()->selection;
        view_trace.stages.insert(
            view_trace.stages.end(), selection.stages.begin(), selection.stages.end());
        view_trace.kept = selection.kept;
        view_trace.shift = selection.shift;
        trace.tokens.visual_kept += static_cast<int>(selection.tokens.size(0));
    }
    trace.timings_ms.select = watch.ms();
    return result;
}

void nullBandStage(const RunContext& context, const PerView<FullFeatures>& full, RunTrace& trace) {
    for (std::size_t v = 0; v < full.size(); ++v) {
        ViewTrace& view = trace.views[v];
        for (StageTrace& stage : view.stages) {
            const bool at_layer = stage.site.kind == Site::Kind::EncoderLayer;
            const ShiftReference& reference =
                at_layer ? full[v]->after_layer.at(static_cast<std::size_t>(stage.site.layer))
                         : full[v]->selected;
            stage.null_band = cachedNullBand(context,
                                             trace,
                                             reference,
                                             full[v]->key,
                                             at_layer ? stage.site.layer : kSelectedPlace,
                                             stage.tokens_out);
        }
        if (!view.kept.empty()) {
            view.shift.null_band = cachedNullBand(context,
                                                  trace,
                                                  full[v]->selected,
                                                  full[v]->key,
                                                  kSelectedPlace,
                                                  static_cast<int>(view.kept.size()));
        }
    }
}

at::Tensor projectStage(const RunContext& context,
                        const PerView<FullFeatures>& full,
                        const PerView<SelectedTokens>& selections,
                        RunTrace& trace) {
    const c10::InferenceMode guard;
    const Stopwatch watch;
    const bool with_cls = context.vlm.keepsCls() && context.request.settings.method == "none";
    std::vector<at::Tensor> rows;
    for (std::size_t v = 0; v < selections.size(); ++v) {
        if (with_cls) {
            rows.push_back(full[v]->output.cls_features);
            ++trace.tokens.visual_kept;
        }
        rows.push_back(selections[v]->selection.tokens);
    }
    at::Tensor visual = context.vlm.project(at::cat(rows, 0));
    trace.timings_ms.project = watch.ms();
    return visual;
}

}  // namespace prunescope
