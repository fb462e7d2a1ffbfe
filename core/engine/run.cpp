#include "core/engine/run.h"

#include "core/engine/stages.h"
#include "core/engine/visual_rows.h"

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
    // What the cache holds to the end is told at the end alone.
    const std::uint64_t visual_key = visualKey(context, selections);
    const bool is_known = context.request.want_answer &&
                          isAnswerKnown(context, text, pruned, visual_key) &&
                          areNullBandsKnown(context, full, pruned, trace);
    const bool tells_parts = !context.unpruned && !is_known;
    if (tells_parts) {
        context.emit(Selected{context.request.id, std::make_shared<const RunTrace>(trace)});
    }
    nullBandStage(context, full, pruned, trace);
    if (tells_parts) {
        context.emit(Refined{context.request.id, std::make_shared<const RunTrace>(trace)});
    }
    if (context.request.want_answer) {
        context.settle(is_known ? 0 : context.request.settle_ms);
        const auto visual = [&] {
            return changedRows(
                context, full, selections, projectStage(context, full, selections, trace), trace);
        };
        trace.answer = pruned ? answerPruned(context, *pruned, trace)
                              : answerStage(context, text, {visual_key, visual}, trace);
    }
    trace.cache = context.cache.counters();
    return trace;
}

}  // namespace prunescope
