#include "core/base/stop.h"
#include "core/engine/decoder_stops.h"
#include "core/engine/shift_stage.h"
#include "core/engine/stage_tools.h"
#include "core/engine/stages.h"
#include "core/prune/select.h"
#include "core/trace/patch_rules.h"

#include <algorithm>
#include <limits>
#include <numeric>
#include <utility>

#include <c10/core/InferenceMode.h>

namespace prunescope {

namespace {

/// A visual row of the language model and what it stands for.
struct VisualRow {
    std::size_t view = 0;
    OutputRow row;
    float mass = 1.0F;
};

/// Turns what happened between the layers into stages of every view, in patches.
class DecoderRecorder {
public:
    DecoderRecorder(const RunContext& context,
                    const PerView<FullFeatures>& full,
                    const PerView<SelectedTokens>& selections,
                    RunTrace& trace)
        : context_(context), full_(full), trace_(trace) {
        for (std::size_t v = 0; v < selections.size(); ++v) {
            for (const OutputRow& row : selections[v]->selection.rows) {
                rows_.push_back({v, row, 1.0F});
            }
        }
        outcome.views.resize(selections.size());
    }

    void record(const DecoderEvent& event) {
        const std::vector<VisualRow> after = rowsAfter(event.reduction);
        for (std::size_t v = 0; v < outcome.views.size(); ++v) {
            recordView(event, after, v);
        }
        rows_ = after;
    }

    /// The rows that reached the end, and D of their patches' features.
    void finish() {
        for (std::size_t v = 0; v < outcome.views.size(); ++v) {
            DecoderViewOutcome& view = outcome.views[v];
            for (const std::size_t row : rowsOfView(rows_, v)) {
                view.rows.push_back(rows_[row].row);
                view.kept.push_back(rows_[row].row.patch);
            }
            std::ranges::sort(view.kept);
            if (view.kept.empty()) {
                continue;
            }
            const std::vector<std::int64_t> patches(view.kept.begin(), view.kept.end());
            const auto reference = referenceAt(context_, trace_, *full_[v], kSelectedPlace);
            view.shift = measuredShift(
                context_.request.settings,
                reference.get(),
                rowsAt(context_, gatherRows(full_[v]->output.features, patches), kSelectedPlace));
        }
    }

    DecoderOutcome outcome;

private:
    static std::vector<std::size_t> rowsOfView(const std::vector<VisualRow>& rows, std::size_t v) {
        std::vector<std::size_t> out;
        for (std::size_t i = 0; i < rows.size(); ++i) {
            if (rows[i].view == v) {
                out.push_back(i);
            }
        }
        return out;
    }

    std::vector<VisualRow> rowsAfter(const DecoderReduction& decided) const {
        std::vector<VisualRow> after;
        for (const std::int64_t row : decided.keep) {
            after.push_back(rows_[toSize(row)]);
        }
        for (const RecycledRow& made : decided.recycled) {
            VisualRow merged = rows_[toSize(made.centre)];
            merged.row.kind = RowKind::Merged;
            merged.mass = 0;
            for (const std::int64_t member : made.members) {
                merged.mass += rows_[toSize(member)].mass;
            }
            after.push_back(merged);
        }
        return after;
    }

    std::vector<Transfer> transfersOf(const DecoderReduction& decided, std::size_t v) const {
        std::vector<Transfer> out;
        for (const RecycledRow& made : decided.recycled) {
            for (const std::int64_t member : made.members) {
                const VisualRow& from = rows_[toSize(member)];
                const VisualRow& to = rows_[toSize(made.centre)];
                if (member != made.centre && from.view == v && to.view == v) {
                    out.push_back({from.row.patch, to.row.patch, 1.0F});
                }
            }
        }
        return out;
    }

    void recordView(const DecoderEvent& event, const std::vector<VisualRow>& after, std::size_t v) {
        const std::vector<std::size_t> was = rowsOfView(rows_, v);
        const std::vector<std::size_t> is = rowsOfView(after, v);
        if (was.empty()) {
            return;
        }
        const auto n_patches = toSize(trace_.views[v].grid.count());
        StageTrace stage;
        stage.site = {Site::Kind::DecoderLayer, event.stop.layer};
        stage.name = event.reduction.name;
        stage.tokens_in = static_cast<int>(was.size());
        stage.tokens_out = static_cast<int>(is.size());
        stage.ms = event.ms;
        stage.score.assign(n_patches, std::numeric_limits<float>::quiet_NaN());
        for (const std::size_t row : was) {
            stage.score[toSize(rows_[row].row.patch)] = event.reduction.score.at(row);
        }
        stage.slot_from_patch.assign(n_patches, -1);
        for (std::size_t slot = 0; slot < is.size(); ++slot) {
            const VisualRow& row = after[is[slot]];
            stage.slot_from_patch[toSize(row.row.patch)] = static_cast<std::int32_t>(slot);
            stage.mass.push_back(row.mass);
        }
        stage.transfers = transfersOf(event.reduction, v);
        DecoderViewOutcome& view = outcome.views[v];
        view.before.emplace_back(shiftMetricFrom(context_.request.settings.metric),
                                 toHost(compared(event, event.before, was)).view());
        if (!is.empty()) {
            stage.shift_before =
                view.before.back().measure(toHost(compared(event, event.after, is)).view()).value;
        }
        view.stages.push_back(std::move(stage));
    }

    /// Some rows of a layer of the language model, as D compares them.
    at::Tensor compared(const DecoderEvent& event,
                        const at::Tensor& rows,
                        const std::vector<std::size_t>& places) const {
        const std::vector<std::int64_t> wanted(places.begin(), places.end());
        return rowsAt(context_, gatherRows(rows, wanted), event.stop.layer);
    }

    const RunContext& context_;
    const PerView<FullFeatures>& full_;
    RunTrace& trace_;
    std::vector<VisualRow> rows_;  ///< those there are now
};

DecoderShape shapeOf(const RunContext& context,
                     const PerView<SelectedTokens>& selections,
                     const RunTrace& trace) {
    DecoderShape shape;
    shape.layers = context.vlm.decoderLayers();
    for (std::size_t v = 0; v < selections.size(); ++v) {
        shape.visual += static_cast<int>(selections[v]->selection.rows.size());
        shape.budget += effectiveBudget(context.request.settings, trace.views[v].grid, v);
    }
    return shape;
}

std::uint64_t decoderKey(const RunContext& context,
                         const PerView<SelectedTokens>& selections,
                         const DecoderShape& shape,
                         const TokenSequence& text) {
    Hasher hasher;
    hasher.add(context.request.settings.method).add(shape.budget);
    for (const auto& view : selections) {
        hasher.add(view->key);
    }
    for (std::size_t v = 0; v < selections.size(); ++v) {
        addRules(hasher, rulesOfView(context.request.settings, v));
    }
    for (const auto* part : {&text.before, &text.after}) {
        hasher.add(static_cast<int>(part->size()));
        for (const std::int64_t id : *part) {
            hasher.add(id);
        }
    }
    addParams(hasher, methodOf(context), context.request.settings, ParamEffect::Decoder);
    return hasher.value();
}

/// Which visual rows are pinned: of all views, at most as many as every stop keeps, the first ones.
SlotRules pinnedRows(const RunContext& context,
                     const PerView<SelectedTokens>& selections,
                     DecoderPlan& plan) {
    PatchRules pinned;  // rows in place of patches
    std::int32_t n_rows = 0;
    for (std::size_t v = 0; v < selections.size(); ++v) {
        for (const OutputRow& row : selections[v]->selection.rows) {
            if (ruleOf(context.request.settings, v, row.patch) == PatchRule::Pinned) {
                pinned.pinned.push_back(n_rows);
            }
            ++n_rows;
        }
    }
    int room = n_rows;
    for (const DecoderStop& stop : plan.stops) {
        room = std::min(room, stop.keep);
    }
    const auto n_pinned = static_cast<int>(pinned.pinned.size());
    if (n_pinned > room) {
        plan.notes.push_back("The last stage keeps " + std::to_string(room) + " of the " +
                             std::to_string(n_pinned) +
                             " pinned patches for certain, the first ones.");
    }
    std::vector<std::int32_t> rows(toSize(n_rows));
    std::iota(rows.begin(), rows.end(), 0);
    return slotRules(fitting(pinned, room), rows);
}

/// A pass of the prompt up to the plan's last stop, and what happened on the way.
struct HaltedPass {
    std::shared_ptr<DecoderPass> pass;
    std::vector<DecoderEvent> events;
    double ms = 0;
};

HaltedPass runToLastStop(const RunContext& context,
                         const DecoderPlan& plan,
                         const SlotRules& rules,
                         const PromptEmbeddings& prompt) {
    const Vlm& vlm = context.vlm;
    const RunSettings& settings = context.request.settings;
    const at::Tensor sequence = prompt.sequence();
    const auto n_prompt = static_cast<int>(sequence.size(0));
    const int answer = context.request.want_answer ? settings.max_new_tokens : 0;
    checkLength(vlm, n_prompt, answer);
    HaltedPass halted{vlm.newPass(sequence, n_prompt + answer), {}, 0};
    const int layers = vlm.decoderLayers();
    const auto progress = [&](int done) {
        context.emit(Progress{context.request.id,
                              "prefill",
                              static_cast<std::uint64_t>(done),
                              static_cast<std::uint64_t>(layers)});
    };
    const std::unique_ptr<PruneMethod> method = makeMethod(settings.method);
    const StopContext stops{
        *method, settings, plan, prompt, vlm.rotaryFrequencies(), layers, rules};
    halted.events = runStops(*halted.pass, stops, context.stop, progress);
    return halted;
}

void report(const DecoderOutcome& outcome, RunTrace& trace) {
    trace.tokens.visual_kept = outcome.counts.final;
    trace.tokens.layer_mean_in = outcome.counts.layer_mean_in;
    trace.tokens.layer_mean_out = outcome.counts.layer_mean_out;
    trace.cost_ms.prefill = outcome.ms;
    trace.notes.insert(trace.notes.end(), outcome.notes.begin(), outcome.notes.end());
    for (std::size_t v = 0; v < outcome.views.size(); ++v) {
        const DecoderViewOutcome& from = outcome.views[v];
        ViewTrace& to = trace.views[v];
        to.stages.insert(to.stages.end(), from.stages.begin(), from.stages.end());
        to.kept = from.kept;
        to.rows = from.rows;
        to.shift = from.shift;
        dropNonFinite(to);
    }
}

}  // namespace

std::optional<PrunedPrompt> decoderStage(const RunContext& context,
                                         const PerView<FullFeatures>& full,
                                         const PerView<SelectedTokens>& selections,
                                         const TokenSequence& text,
                                         RunTrace& trace) {
    const MethodSpec& spec = methodOf(context);
    if (!spec.in_decoder) {
        return std::nullopt;
    }
    const c10::InferenceMode guard;
    const DecoderShape shape = shapeOf(context, selections, trace);
    DecoderPlan plan = spec.decoder_plan(context.request.settings, shape);
    const SlotRules rules = pinnedRows(context, selections, plan);
    const auto halt = [&context, &full, &selections, &text, &trace, plan, rules] {
        const at::Tensor visual = projectStage(context, full, selections, trace);
        const Stopwatch own;
        HaltedPass halted =
            runToLastStop(context,
                          plan,
                          rules,
                          {context.vlm.embed(text.before), visual, context.vlm.embed(text.after)});
        context.vlm.waitForDevice();
        halted.ms = own.ms();
        trace.timings_ms.prefill += halted.ms;
        return halted;
    };
    std::shared_ptr<DecoderPass> fresh;
    const std::uint64_t key = decoderKey(context, selections, shape, text);
    const auto outcome = cached<DecoderOutcome>(context, trace, CachedStage::DecoderPass, key, [&] {
        HaltedPass halted = halt();
        DecoderRecorder recorder(context, full, selections, trace);
        for (const DecoderEvent& event : halted.events) {
            recorder.record(event);
        }
        recorder.finish();
        fresh = std::move(halted.pass);
        recorder.outcome.counts = visualCounts(plan, shape);
        recorder.outcome.notes = plan.notes;
        recorder.outcome.ms = halted.ms;
        return std::move(recorder.outcome);
    });
    report(*outcome, trace);
    return PrunedPrompt{key, outcome, [fresh, halt] { return fresh ? fresh : halt().pass; }};
}

}  // namespace prunescope
