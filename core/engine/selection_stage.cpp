#include "core/base/stop.h"
#include "core/engine/null_bands.h"
#include "core/engine/shift_stage.h"
#include "core/engine/stage_tools.h"
#include "core/engine/stages.h"
#include "core/model/text_tower.h"
#include "core/prune/select.h"
#include "core/trace/patch_rules.h"

#include <algorithm>
#include <functional>
#include <optional>
#include <utility>

#include <ATen/ops/cat.h>
#include <ATen/ops/zeros.h>
#include <c10/core/InferenceMode.h>

namespace prunescope {

namespace {

/// What the selection of one view depends on, save whether it is re-selected.
std::uint64_t selectionKey(const RunContext& context,
                           const EncoderPass& pass,
                           int budget,
                           const PatchRules& rules,
                           const TokenSequence& text) {
    const MethodSpec& spec = methodOf(context);
    const RunSettings& settings = context.request.settings;
    Hasher hasher;
    // Inside the language model: here every token goes on, as without pruning.
    const std::string method = spec.in_decoder ? kUnprunedMethod : settings.method;
    hasher.add(pass.key).add(method).add(budget);
    hasher.add(settings.metric).add(static_cast<int>(settings.place));
    addRules(hasher, rules);
    if (spec.in_decoder) {
        return hasher.value();
    }
    if (spec.uses_seed) {
        hasher.add(settings.seed);
    }
    if (spec.uses_text) {
        for (const std::int64_t id : text.question) {
            hasher.add(id);
        }
        if (context.vlm.textTower() != nullptr) {  // its tokenizer tells more texts apart
            hasher.add(context.request.prompt);
        }
    }
    addParams(hasher, spec, settings, ParamEffect::Selection);
    return hasher.value();
}

/// Patches and question where CLIP compares them. The question's side takes as long as a selection
/// may, and so is kept as the patches' is.
ClipSpace clipSpace(const RunContext& context, RunTrace& trace, const EncoderPass& pass) {
    const TextTower& tower = *context.vlm.textTower();
    const auto kept = [&](std::uint64_t key, const std::function<at::Tensor()>& make) {
        return *cached<at::Tensor>(context, trace, CachedStage::Projection, key, make);
    };
    const std::string& question = context.request.prompt;
    return {kept(Hasher().add("clip").add(pass.key).value(),
                 [&] { return tower.patches(pass.output.features); }),
            kept(Hasher().add("clip question").add(question).value(),
                 [&] { return tower.question(question, context.stop); })};
}

/// One view's selection: the method sees the pass, the full set and, where it reads it, the
/// question.
Selection selectFrom(const RunContext& context,
                     RunTrace& trace,
                     const PatchGrid& grid,
                     const FullFeatures& full,
                     const EncoderPass& pass,
                     int budget,
                     const PatchRules& rules,
                     const ShiftThreshold& threshold,
                     const TokenSequence& text) {
    const auto project = [&](const at::Tensor& features) {
        return context.vlm.project(features).to(at::kFloat);
    };
    const bool reads_text = methodOf(context).uses_text && !methodOf(context).in_decoder;
    const auto reference = referenceAt(context, trace, full, kSelectedPlace);
    const bool has_tower = reads_text && context.vlm.textTower() != nullptr;
    const SelectView view{
        .settings = context.request.settings,
        .grid = grid,
        .layer = context.vlm.lastEncoderLayer(),
        .budget = budget,
        .patches = pass.patches,
        .tokens = pass.output.features,
        .cls = pass.output.cls_features,
        .cls_attention = pass.output.cls_attention,
        .keys = pass.output.keys,
        .values = pass.output.values,
        .mass = pass.mass,
        .score = pass.score,
        .chained_shift = pass.chained_shift,
        .full = reference.get(),
        .text = reads_text ? context.vlm.embed(text.question).to(at::kFloat) : at::Tensor(),
        .project = project,
        .projected =
            [&] {
                return *cached<at::Tensor>(context, trace, CachedStage::Projection, pass.key, [&] {
                    return project(pass.output.features);
                });
            },
        .threshold = threshold,
        .wide_taps =
            [&] {
                WideAttention taps = context.vlm.wideAttention(pass.output.next_input);
                return WideTaps{taps.cls_attention, taps.keys};
            },
        .clip = has_tower ? std::function([&] { return clipSpace(context, trace, pass); })
                          : std::function<ClipSpace()>(),
        .rules = rules};
    return makeMethod(context.request.settings.method)->select(view);
}

ShiftThreshold thresholdOf(const RunContext& context,
                           RunTrace& trace,
                           const FullFeatures& full,
                           int budget) {
    const RunSettings& settings = context.request.settings;
    ShiftThreshold out{effectiveTrigger(settings), 0, {}};
    if (out.trigger == Trigger::Auto) {
        out.value = settings.tau;
    } else if (out.trigger == Trigger::Relative) {
        out.null_band = nullBandAt(context, trace, full, kSelectedPlace, budget);
        out.value = settings.phi * out.null_band.median;
    }
    return out;
}

/// The threshold decides between two outcomes and does nothing else: what is kept is named by
/// whether the view fires, so that every threshold on one side of kappa finds it. Which side a
/// threshold lies on is known from kappa, which one selection on either side gives.
std::shared_ptr<const SelectedTokens> selectionBeside(const RunContext& context,
                                                      RunTrace& trace,
                                                      const ShiftThreshold& threshold,
                                                      std::uint64_t key,
                                                      const std::function<Selection()>& select) {
    std::optional<SelectedTokens> made;
    const auto make = [&] {
        const Stopwatch own;
        Selection selection = select();
        return SelectedTokens{0, std::move(selection), own.ms()};
    };
    using Kappa = std::optional<double>;
    const auto kappa = context.cache.get<Kappa>(CachedStage::Breakpoint, key, [&] {
        made = make();
        return made->selection.shift.kappa;
    });
    const bool fires = firesAt(threshold.trigger, *kappa, threshold.value);
    const auto side = Hasher().add(key).add(fires).value();
    return cached<SelectedTokens>(context, trace, CachedStage::Selection, side, [&] {
        SelectedTokens out = made ? *std::exchange(made, std::nullopt) : make();
        require(out.selection.shift.fired == fires, "a method fires where kappa says it does");
        out.key = side;
        return out;
    });
}

/// What a budget cannot hold, for whoever asked for it.
void noteBudget(const RunContext& context,
                const PatchGrid& grid,
                std::size_t view,
                std::vector<std::string>& notes) {
    const MethodSpec& spec = methodOf(context);
    const RunSettings& settings = context.request.settings;
    if (!spec.uses_budget) {
        return;
    }
    const int budget = effectiveBudget(settings, grid, view);
    if (settings.budget > grid.count()) {
        notes.push_back("Budget " + std::to_string(settings.budget) + " is more than the " +
                        std::to_string(grid.count()) +
                        " patches of a view: " + std::to_string(budget) + " taken.");
    } else if (settings.budget > budget) {
        notes.push_back("Budget " + std::to_string(settings.budget) + " is more than the " +
                        std::to_string(budget) +
                        " patches that are not banned: " + std::to_string(budget) + " taken.");
    }
    const std::string beyond = spec.in_decoder
                                   ? ""
                                   : pinsBeyond(rulesOfView(settings, view),
                                                budget - spec.rows_without_patch,
                                                "A budget of " + std::to_string(settings.budget));
    if (!beyond.empty()) {
        notes.push_back(beyond);
    }
}

}  // namespace

bool holdsCls(const RunContext& context) {
    return context.vlm.keepsCls() && context.request.settings.method == kUnprunedMethod;
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
    PerView<SelectedTokens> result;
    for (std::size_t v = 0; v < passes.size(); ++v) {
        throwIfStopped(context.stop);
        const PatchGrid& grid = input.views[v].grid;
        const bool prunes_here = spec.uses_budget && !spec.in_decoder;
        const int budget = prunes_here ? effectiveBudget(settings, grid, v) : grid.count();
        const PatchRules rules = effectiveRules(context, grid, v);
        noteBudget(context, grid, v, trace.notes);
        const std::uint64_t key = selectionKey(context, *passes[v], budget, rules, text);
        const ShiftThreshold threshold = thresholdOf(context, trace, *full[v], budget);
        result.push_back(selectionBeside(context, trace, threshold, key, [&] {
            return selectFrom(
                context, trace, grid, *full[v], *passes[v], budget, rules, threshold, text);
        }));
        trace.cost_ms.select += result.back()->ms;
        ViewTrace& view_trace = trace.views[v];
        view_trace.stages = passes[v]->stages;
        const Selection& selection = result.back()->selection;
        if (v == 0 && !selection.note.empty()) {
            trace.notes.push_back(selection.note);
        }
        view_trace.stages.insert(
            view_trace.stages.end(), selection.stages.begin(), selection.stages.end());
        view_trace.kept = selection.kept;
        view_trace.rows = selection.rows;
        view_trace.shift = selection.shift;
        view_trace.shift.tau = threshold.value;  // of this run, also where another one selected
        view_trace.shift.null_band = threshold.null_band;
        dropNonFinite(view_trace);
        trace.tokens.visual_kept +=
            static_cast<int>(selection.rows.size()) + (holdsCls(context) ? 1 : 0);
    }
    trace.tokens.sameInEveryLayer();
    trace.timings_ms.select = watch.ms();
    return result;
}

at::Tensor outputFeatures(const RunContext& context,
                          const PerView<FullFeatures>& full,
                          const PerView<SelectedTokens>& selections) {
    std::vector<at::Tensor> rows;
    for (std::size_t v = 0; v < selections.size(); ++v) {
        if (holdsCls(context)) {
            rows.push_back(full[v]->output.cls_features);
        }
        rows.push_back(selections[v]->selection.tokens);
    }
    return at::cat(rows, 0);
}

at::Tensor projectStage(const RunContext& context,
                        const PerView<FullFeatures>& full,
                        const PerView<SelectedTokens>& selections,
                        RunTrace& trace) {
    const c10::InferenceMode guard;
    const Stopwatch watch;
    const at::Tensor projected = context.vlm.project(outputFeatures(context, full, selections));
    std::vector<at::Tensor> rows;
    std::int64_t next = 0;
    for (const auto& view : selections) {
        const Selection& selection = view->selection;
        const std::int64_t n = selection.tokens.size(0) + (holdsCls(context) ? 1 : 0);
        rows.push_back(projected.narrow(0, next, n));
        next += n;
        if (selection.paddingRows() > 0) {
            rows.push_back(
                at::zeros({selection.paddingRows(), projected.size(1)}, projected.options()));
        }
    }
    at::Tensor visual = rows.size() == 1 ? projected : at::cat(rows, 0);
    context.vlm.waitForDevice();
    trace.timings_ms.project = watch.ms();
    trace.cost_ms.project = trace.timings_ms.project;
    return visual;
}

}  // namespace prunescope
