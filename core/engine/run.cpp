#include "core/engine/run.h"

#include "core/engine/null_bands.h"
#include "core/engine/stages.h"
#include "core/engine/visual_rows.h"

#include <chrono>

namespace prunescope {

RunTrace run(const RunContext& context) {
    RunTrace trace = beginTrace(context);
    if (!context.request.omit.empty() || !context.request.leave_in.empty()) {
        requireRowsBeforeModel(context);
    }
    const Vlm& vlm = context.vlm;

    const TokenSequence text =
        buildPrompt(vlm.tokenizer(), vlm.chatTemplate(), vlm.imageToken(), context.request.prompt);
    trace.tokens.text = static_cast<int>(text.before.size() + text.after.size());

    const auto input = preprocessStage(context, trace);
    const auto full = featuresStage(context, *input, trace);
    const auto passes = encoderStage(context, *input, full, trace);
    const auto selections = selectionStage(context, *input, full, passes, text, trace);
    const auto pruned = decoderStage(context, full, selections, text, trace);
    NullBands null_bands(context, full, pruned, trace);
    // What the cache holds to the end is told at the end alone.
    const std::uint64_t visual_key = visualKey(context, selections);
    const bool is_known = context.request.want_answer && null_bands.areComplete() &&
                          isAnswerKnown(context, text, pruned, visual_key);
    const bool tells_parts = !context.unpruned && !is_known;
    if (tells_parts) {
        context.emit(Selected{context.request.id, std::make_shared<const RunTrace>(trace)});
    }
    // No answer waits for null bands: they take the time in which it waits for stillness, and what
    // they need beyond that comes after it.
    const auto still = NullBands::Clock::now() +
                       std::chrono::milliseconds(is_known ? 0 : context.request.settle_ms);
    if (null_bands.drawUntil(still) && tells_parts) {
        context.emit(Refined{context.request.id, std::make_shared<const RunTrace>(trace)});
    }
    if (context.request.want_answer) {
        context.settle(still);
        const auto visual = [&] {
            return changedRows(
                context, full, selections, projectStage(context, full, selections, trace), trace);
        };
        trace.answer = pruned ? answerPruned(context, *pruned, trace)
                              : answerStage(context, text, {visual_key, visual}, trace);
        if (!null_bands.areComplete() && tells_parts) {  // a stop from here on costs no answer
            context.emit(Refined{context.request.id, std::make_shared<const RunTrace>(trace)});
        }
    }
    null_bands.drawRest();
    trace.cache = context.cache.counters();
    return trace;
}

}  // namespace prunescope
