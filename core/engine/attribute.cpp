#include "core/base/stop.h"
#include "core/engine/answer_attention.h"
#include "core/engine/greedy.h"
#include "core/engine/run.h"
#include "core/engine/stage_tools.h"
#include "core/engine/stages.h"
#include "core/engine/visual_rows.h"
#include "core/model/kv_cache.h"
#include "core/prune/select.h"

#include <numeric>
#include <optional>
#include <utility>

#include <ATen/ops/cat.h>
#include <c10/core/InferenceMode.h>

namespace prunescope {

namespace {

/// A given answer as some prompt sees it, and the greedy answer to that prompt.
struct Followed {
    std::vector<double> log_probability;  ///< [T] of the given answer's tokens
    std::vector<std::int64_t> ids;        ///< greedy
    int first_difference = -1;
};

/// Where the greedy answer leaves the given one.
struct Branch {
    KvCache::Mark mark;
    std::int64_t id = 0;
};

/// The finished run that is asked about, and what its prompts are made of.
struct Subject {
    TokenSequence text;
    PerView<FullFeatures> full;
    std::vector<PlacedRow> rows;
    at::Tensor visual;  ///< [n, Dt]
    AnswerTrace answer;
    std::uint64_t key = 0;
    RunTrace trace;
};

/// Feeds the prompt and then the answer token by token: the calls of answerStage() with their
/// shapes, so that what comes out is what a run of its own gives, to the bit.
Followed follow(const RunContext& context, const Subject& subject, const at::Tensor& visual) {
    const Vlm& vlm = context.vlm;
    const std::vector<std::int64_t>& answer = subject.answer.ids;
    const TokenSequence& text = subject.text;
    const int max_new = context.request.settings.max_new_tokens;
    const int n_prompt =
        static_cast<int>(text.before.size() + text.after.size()) + static_cast<int>(visual.size(0));
    checkLength(vlm, n_prompt, max_new);
    const std::unique_ptr<KvCache> cache = vlm.newCache(n_prompt + max_new);
    const auto next = [&](std::int64_t id) {
        return vlm.feed(*cache, vlm.embed({id}), false, context.stop);
    };
    vlm.feed(*cache, at::cat({vlm.embed(text.before), visual}, 0), false, context.stop);
    at::Tensor logits = vlm.feed(*cache, vlm.embed(text.after), false, context.stop);
    Followed out;
    std::optional<Branch> branch;
    for (std::size_t t = 0; t < answer.size(); ++t) {
        const std::int64_t chosen = greedy(logits, vlm.vocabularyLimit()).id;
        if (!branch && chosen != answer[t]) {
            branch = Branch{cache->mark(), chosen};
            out.first_difference = static_cast<int>(t);
        }
        out.log_probability.push_back(logProbability(logits, vlm.vocabularyLimit(), answer[t]));
        if (t + 1 < answer.size()) {
            logits = next(answer[t]);
        }
    }
    out.ids = answer;
    if (branch) {
        cache->rewind(branch->mark);
        out.ids.resize(toSize(out.first_difference));
        out.ids.push_back(branch->id);
        while (!vlm.isStopToken(out.ids.back()) && static_cast<int>(out.ids.size()) < max_new) {
            out.ids.push_back(greedy(next(out.ids.back()), vlm.vocabularyLimit()).id);
        }
    }
    return out;
}

/// The run itself: all of it comes from the cache when the run came before.
Subject finishedRun(const RunContext& context) {
    Subject subject;
    subject.trace = beginTrace(context);
    const Vlm& vlm = context.vlm;
    RunTrace& trace = subject.trace;
    subject.text =
        buildPrompt(vlm.tokenizer(), vlm.chatTemplate(), vlm.imageToken(), context.request.prompt);
    const auto input = preprocessStage(context, trace);
    subject.full = featuresStage(context, *input, trace);
    const auto passes = encoderStage(context, *input, subject.full, trace);
    const auto selections =
        selectionStage(context, *input, subject.full, passes, subject.text, trace);
    subject.visual = projectStage(context, subject.full, selections, trace);
    subject.rows = visualRows(context, selections);
    const std::uint64_t visual_key = visualKey(context, selections);
    subject.answer =
        answerStage(context, subject.text, {visual_key, [&] { return subject.visual; }}, trace);
    subject.key = answerKey(context, subject.text, visual_key);
    return subject;
}

/// Which change of the rows an effect is of.
struct Change {
    bool added = false;
    int view = 0;
    OutputRow token;
    int row = 0;
};

std::vector<Change> changesAsked(const Subject& subject, const AttributionRequest& asked) {
    std::vector<Change> changes;
    for (std::size_t i = 0; asked.leave_out && i < subject.rows.size(); ++i) {
        const PlacedRow& placed = subject.rows[i];
        if (placed.row.kind != RowKind::Padding) {
            changes.push_back({false, placed.view, placed.row, static_cast<int>(i)});
        }
    }
    for (const ViewPatch& patch : asked.leave_in) {
        changes.push_back({true,
                           patch.view,
                           {RowKind::Patch, patch.patch},
                           placeFor(subject.rows, patch, subject.trace)});
    }
    return changes;
}

/// @param change  null: none, the run as it is
std::shared_ptr<const Followed> followed(const RunContext& context,
                                         const Subject& subject,
                                         const Change* change) {
    Hasher hasher;
    hasher.add(subject.key);
    if (change != nullptr) {
        hasher.add(change->added ? 1 : 0).add(change->view).add(change->row);
        hasher.add(static_cast<int>(change->token.patch));
    }
    return context.cache.get<Followed>(CachedStage::Attribution, hasher.value(), [&] {
        if (change == nullptr) {
            return follow(context, subject, subject.visual);
        }
        if (!change->added) {
            return follow(context, subject, withoutRow(subject.visual, change->row));
        }
        const at::Tensor row =
            projectedPatch(context, subject.full, {change->view, change->token.patch});
        return follow(context, subject, withRow(subject.visual, change->row, row));
    });
}

using Attention = std::vector<std::vector<double>>;

std::shared_ptr<const Attention> attentionOf(const RunContext& context, const Subject& subject) {
    const std::uint64_t key = Hasher().add(subject.key).add("attention").value();
    return context.cache.get<Attention>(CachedStage::Attribution, key, [&] {
        return answerAttention(
            context.vlm, subject.text, subject.visual, subject.answer.ids, context.stop);
    });
}

TokenEffect effectOf(const Vlm& vlm,
                     const Change& change,
                     const std::vector<double>& base,
                     const Followed& with) {
    TokenEffect effect{change.added, change.view, change.token, change.row, 0, {}, {}, {}, -1};
    for (std::size_t t = 0; t < base.size(); ++t) {
        effect.delta_of.push_back(with.log_probability[t] - base[t]);
    }
    effect.delta = std::accumulate(effect.delta_of.begin(), effect.delta_of.end(), 0.0);
    effect.ids = with.ids;
    effect.text = vlm.tokenizer().decode(with.ids, true);
    effect.first_difference = with.first_difference;
    return effect;
}

}  // namespace

Attribution attribute(const RunContext& context) {
    const RunRequest& request = context.request;
    require(request.omit.empty() && request.leave_in.empty(),
            "attribution is of a run whose rows are its method's own");
    requireRowsBeforeModel(context);
    const c10::InferenceMode guard;
    const RunContext quiet{context.vlm, context.cache, request, context.stop};
    const Subject subject = finishedRun(quiet);
    const AttributionRequest asked = request.attribution.value_or(AttributionRequest{});
    const std::vector<Change> changes = changesAsked(subject, asked);
    const auto base = followed(context, subject, nullptr);
    Attribution result;
    result.answer = subject.answer;
    result.log_probability = base->log_probability;
    result.rows = subject.rows;
    result.total = static_cast<int>(changes.size());
    const auto tell = [&] {
        context.emit(Progress{request.id,
                              "attribute",
                              result.effects.size(),
                              static_cast<std::uint64_t>(result.total)});
        context.emit(Attributed{request.id, std::make_shared<const Attribution>(result)});
    };
    // Behind the first effect, which someone waits for.
    const auto look = [&] {
        if (asked.attention && result.attention.empty()) {
            result.attention = *attentionOf(context, subject);
            tell();
        }
    };
    tell();
    for (const Change& change : changes) {
        throwIfStopped(context.stop);
        result.effects.push_back(effectOf(
            context.vlm, change, result.log_probability, *followed(context, subject, &change)));
        tell();
        look();
    }
    look();
    return result;
}

}  // namespace prunescope
