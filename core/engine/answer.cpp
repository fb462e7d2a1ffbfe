#include "core/base/hash.h"
#include "core/base/stop.h"
#include "core/engine/greedy.h"
#include "core/engine/stage_tools.h"
#include "core/engine/stages.h"
#include "core/model/decoder_pass.h"
#include "core/model/kv_cache.h"
#include "core/prune/select.h"

#include <algorithm>
#include <cmath>

#include <ATen/ops/cat.h>
#include <c10/core/InferenceMode.h>

namespace prunescope {

namespace {

/// The language model's state after system prompt and picture, or after the whole prompt where
/// tokens left between its layers: what leaves depends on all of it. The cache object is lent to
/// one answer at a time (one engine thread) and taken back to `mark` before each.
struct Prefix {
    std::shared_ptr<KvCache> cache;
    KvCache::Mark mark;
    at::Tensor logits;  ///< [V] after the whole prompt
    double ms = 0;      ///< of the layers that ran for it
};

/// An answer and what it took.
struct Answered {
    AnswerTrace answer;
    double prefill_ms = 0;
    double decode_ms = 0;
    double project_ms = 0;
};

std::uint64_t hashOf(const at::Tensor& tensor) {
    const at::Tensor host = tensor.to(at::kCPU).contiguous();
    return Hasher()
        .add(std::span(static_cast<const std::uint8_t*>(host.const_data_ptr()),
                       static_cast<std::size_t>(host.nbytes())))
        .value();
}

/// Takes logits apart token by token until a stop token or the limit.
AnswerTrace decode(const RunContext& context, KvCache& cache, at::Tensor logits) {
    const Vlm& vlm = context.vlm;
    const int limit = context.request.settings.max_new_tokens;
    AnswerTrace answer;
    for (;;) {
        throwIfStopped(context.stop);
        const Choice next = greedy(logits, vlm.vocabularyLimit());
        const std::string before = answer.text;
        answer.ids.push_back(next.id);
        answer.probability.push_back(next.probability);
        answer.text = vlm.tokenizer().decode(answer.ids, true);
        const bool extends = answer.text.starts_with(before);
        answer.pieces.push_back(extends ? answer.text.substr(before.size())
                                        : vlm.tokenizer().tokenText(next.id));
        context.emit(AnswerToken{context.request.id, context.unpruned, next.id, answer.text});
        if (vlm.isStopToken(next.id)) {
            break;
        }
        if (static_cast<int>(answer.ids.size()) >= limit) {
            answer.hit_length_limit = true;
            break;
        }
        logits = vlm.feed(cache, vlm.embed({next.id}), false, context.stop);
    }
    answer.complete = true;
    return answer;
}

std::uint64_t answerKey(const RunContext& context, const PrunedPrompt& prompt) {
    return Hasher().add(prompt.key).add(context.request.settings.max_new_tokens).value();
}

std::uint64_t prefixKey(const RunContext& context,
                        const TokenSequence& text,
                        const at::Tensor& visual) {
    Hasher hasher;
    hasher.add(context.vlm.report().fingerprint).add(hashOf(visual));
    for (const std::int64_t id : text.before) {
        hasher.add(id);
    }
    return hasher.value();
}

/// Prefill, as far as it is not in the cache, and decoding. Sets `prefix_reused`.
Answered answerTo(const RunContext& context,
                  const TokenSequence& text,
                  const at::Tensor& visual,
                  RunTrace& trace,
                  bool& prefix_reused) {
    const Vlm& vlm = context.vlm;
    const int max_new = context.request.settings.max_new_tokens;
    const int n_prefix = static_cast<int>(text.before.size()) + static_cast<int>(visual.size(0));
    const int n_prompt = n_prefix + static_cast<int>(text.after.size());
    checkLength(vlm, n_prompt, max_new);
    const auto prefill = [&](int capacity) {
        std::shared_ptr<KvCache> cache = vlm.newCache(capacity);
        vlm.feed(*cache, at::cat({vlm.embed(text.before), visual}, 0), false, context.stop);
        const KvCache::Mark mark = cache->mark();
        return Prefix{std::move(cache), mark, {}, 0};
    };
    Stopwatch watch;
    prefix_reused = true;
    const auto prefix =
        context.cache.get<Prefix>(CachedStage::Prefix, prefixKey(context, text, visual), [&] {
            prefix_reused = false;
            // Room for a longer question later; a question that does not fit makes a new prefix.
            constexpr int kSpare = 256;
            const int capacity =
                std::min(vlm.contextLength(),
                         n_prefix + kSpare + static_cast<int>(text.after.size()) + max_new);
            Prefix filled = prefill(capacity);
            filled.ms = watch.ms();
            return filled;
        });
    std::shared_ptr<KvCache> cache = prefix->cache;
    cache->rewind(prefix->mark);
    const int needed = n_prompt + max_new;
    if (cache->capacity() < needed) {
        cache = prefill(needed).cache;
        prefix_reused = false;
    }
    const at::Tensor logits = vlm.feed(*cache, vlm.embed(text.after), false, context.stop);
    trace.timings_ms.prefill = watch.ms();
    const double reused_ms = prefix_reused ? prefix->ms : 0;
    watch = Stopwatch();
    AnswerTrace made = decode(context, *cache, logits);
    trace.timings_ms.decode = watch.ms();
    return {std::move(made),
            trace.timings_ms.prefill + reused_ms,
            trace.timings_ms.decode,
            trace.timings_ms.project};
}

/// Says so where the answer's probabilities are no numbers.
void noteNonFinite(const AnswerTrace& answer, RunTrace& trace) {
    if (std::any_of(answer.probability.begin(), answer.probability.end(), [](float p) {
            return !std::isfinite(p);
        })) {
        trace.notes.push_back(
            "The language model gives values that are not finite numbers, so the answer means "
            "nothing: the weights may be damaged, or need fp32.");
    }
}

}  // namespace

void checkLength(const Vlm& vlm, int n_prompt, int n_answer) {
    if (n_prompt + n_answer > vlm.contextLength()) {
        throw Error(ErrorCode::Input,
                    "Prompt, picture and answer need " + std::to_string(n_prompt + n_answer) +
                        " positions, and the model has " + std::to_string(vlm.contextLength()) +
                        ".",
                    "Shorten the prompt, or lower the budget or the answer's length.");
    }
}

std::uint64_t answerKey(const RunContext& context,
                        const TokenSequence& text,
                        std::uint64_t visual_key) {
    Hasher hasher;
    hasher.add(visual_key).add(context.request.settings.max_new_tokens);
    for (const std::vector<std::int64_t>* ids : {&text.before, &text.after}) {
        hasher.add(static_cast<std::uint64_t>(ids->size()));
        for (const std::int64_t id : *ids) {
            hasher.add(id);
        }
    }
    return hasher.value();
}

std::uint64_t visualKey(const RunContext& context, const PerView<SelectedTokens>& selections) {
    Hasher hasher;
    for (const auto& selection : selections) {
        hasher.add(selection->key);
    }
    for (const std::vector<ViewPatch>* list : {&context.request.omit, &context.request.leave_in}) {
        hasher.add(static_cast<std::uint64_t>(list->size()));
        for (const ViewPatch& patch : *list) {
            hasher.add(patch.view).add(static_cast<int>(patch.patch));
        }
    }
    return hasher.value();
}

bool isAnswerKnown(const RunContext& context,
                   const TokenSequence& text,
                   const std::optional<PrunedPrompt>& pruned,
                   std::uint64_t visual_key) {
    return context.cache.contains(
        CachedStage::Answer,
        pruned ? answerKey(context, *pruned) : answerKey(context, text, visual_key));
}

AnswerTrace answerStage(const RunContext& context,
                        const TokenSequence& text,
                        const VisualRows& visual,
                        RunTrace& trace) {
    const c10::InferenceMode guard;
    bool prefix_reused = false;
    bool answer_reused = true;
    const auto answered =
        context.cache.get<Answered>(CachedStage::Answer, answerKey(context, text, visual.key), [&] {
            answer_reused = false;
            return answerTo(context, text, visual.make(), trace, prefix_reused);
        });
    trace.cost_ms.project = answered->project_ms;
    trace.cost_ms.prefill = answered->prefill_ms;
    trace.cost_ms.decode = answered->decode_ms;
    if (answer_reused) {
        account(trace, CachedStage::Answer, true);
    } else {
        account(trace, CachedStage::Prefix, prefix_reused);
    }
    noteNonFinite(answered->answer, trace);
    return answered->answer;
}

AnswerTrace answerPruned(const RunContext& context, const PrunedPrompt& prompt, RunTrace& trace) {
    const c10::InferenceMode guard;
    const int max_new = context.request.settings.max_new_tokens;
    const std::uint64_t key = answerKey(context, prompt);
    const auto prefill = [&] {
        const std::shared_ptr<DecoderPass> pass = prompt.pass();
        const Stopwatch watch;
        const at::Tensor logits = pass->finish(false, context.stop);
        trace.timings_ms.prefill += watch.ms();
        return Prefix{pass->cache(), pass->cache()->mark(), logits, watch.ms()};
    };
    const auto answered = cached<Answered>(context, trace, CachedStage::Answer, key, [&] {
        Prefix prefix = *cached<Prefix>(context, trace, CachedStage::Prefix, prompt.key, prefill);
        if (prefix.cache->capacity() < prefix.mark.positions + max_new) {
            prefix = prefill();
        }
        prefix.cache->rewind(prefix.mark);
        const Stopwatch watch;
        AnswerTrace made = decode(context, *prefix.cache, prefix.logits);
        trace.timings_ms.decode = watch.ms();
        return Answered{std::move(made), prefix.ms, trace.timings_ms.decode, 0};
    });
    trace.cost_ms.prefill += answered->prefill_ms;
    trace.cost_ms.decode = answered->decode_ms;
    noteNonFinite(answered->answer, trace);
    return answered->answer;
}

}  // namespace prunescope
