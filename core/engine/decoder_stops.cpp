#include "core/engine/decoder_stops.h"

#include "core/base/error.h"
#include "core/prune/select.h"

#include <algorithm>
#include <numeric>
#include <utility>

#include <ATen/ops/cat.h>

namespace prunescope {

namespace {

void check(const DecoderReduction& decided, const DecoderView& view) {
    const auto n = view.n_visual;
    bool holds = decided.keep.size() == toSize(view.stop.keep) &&
                 decided.recycled.size() == toSize(view.stop.recycled);
    std::int64_t last = -1;
    for (const std::int64_t row : decided.keep) {
        holds = holds && row > last && row < n;
        last = row;
    }
    for (const RecycledRow& made : decided.recycled) {
        holds = holds && !made.members.empty() &&
                std::ranges::all_of(made.members, [&](std::int64_t row) {
                    return row >= 0 && row < n && !std::ranges::binary_search(decided.keep, row);
                });
    }
    holds = holds && view.rules.of(decided.keep).pins() == view.rules.pins();
    require(holds, "a method kept other rows than its plan says");
}

/// Visual rows within their span as rows of the sequence.
std::vector<std::int64_t> inSequence(std::vector<std::int64_t> rows, std::int64_t first) {
    for (std::int64_t& row : rows) {
        row += first;
    }
    return rows;
}

RowChange rowChange(const DecoderReduction& decided,
                    const DecoderView& view,
                    std::int64_t n_prompt) {
    RowChange change;
    change.keep.resize(toSize(view.first_visual));
    std::iota(change.keep.begin(), change.keep.end(), 0);
    const std::vector<std::int64_t> kept = inSequence(decided.keep, view.first_visual);
    change.keep.insert(change.keep.end(), kept.begin(), kept.end());
    change.means_at = static_cast<std::int64_t>(change.keep.size());
    for (std::int64_t row = view.firstText(); row < view.n_rows; ++row) {
        change.keep.push_back(row);
    }
    for (const RecycledRow& made : decided.recycled) {
        change.means.push_back(inSequence(made.members, view.first_visual));
    }
    const std::size_t total = change.keep.size() + change.means.size();
    if (decided.positions == DecoderReduction::Positions::Renumber) {
        change.positions.resize(total);
        std::iota(change.positions.begin(), change.positions.end(), 0);
        change.next_position = static_cast<std::int64_t>(total);
        return change;
    }
    for (const std::int64_t row : change.keep) {
        change.positions.push_back(view.positions[toSize(row)]);
    }
    std::vector<std::int64_t> centres;
    for (const RecycledRow& made : decided.recycled) {
        centres.push_back(view.positions[toSize(made.centre + view.first_visual)]);
    }
    change.positions.insert(
        change.positions.begin() + change.means_at, centres.begin(), centres.end());
    change.next_position = n_prompt;
    return change;
}

DecoderView viewOf(const DecoderPass& pass, const StopContext& context, const DecoderStop& due) {
    DecoderView view{.settings = context.settings, .stop = due, .layers = context.layers};
    const PromptEmbeddings& prompt = context.prompt;
    view.first_visual = prompt.before.size(0);
    view.n_rows = pass.rows();
    view.n_visual = view.n_rows - view.first_visual - prompt.after.size(0);
    view.positions = pass.positions();
    view.hidden = [&pass] { return pass.hidden(); };
    view.normed = [&pass] { return pass.normed(); };
    view.keys = [&pass] { return pass.lastKeys(); };
    view.attention = [&pass](const std::vector<std::int64_t>& rows) {
        return pass.lastAttention(rows);
    };
    view.next_attention = [&pass](const std::vector<std::int64_t>& rows) {
        return pass.nextAttention(rows);
    };
    view.visual_embeddings = prompt.visual.to(at::kFloat);
    view.text_embeddings = prompt.after.to(at::kFloat);
    view.rotary_frequencies = context.rotary_frequencies;
    return view;
}

}  // namespace

at::Tensor PromptEmbeddings::sequence() const {
    return at::cat({before, visual, after}, 0);
}

std::vector<DecoderEvent> runStops(DecoderPass& pass,
                                   const StopContext& context,
                                   const std::stop_token& stop,
                                   const std::function<void(int)>& progress) {
    const std::int64_t n_prompt = pass.rows();
    std::vector<DecoderEvent> events;
    SlotRules rules = context.rules;
    for (const DecoderStop& due : context.plan.stops) {
        while (pass.nextLayer() < due.layer) {
            pass.advance(pass.nextLayer() + 1, stop);
            progress(pass.nextLayer());
        }
        const Stopwatch watch;
        DecoderView view = viewOf(pass, context, due);
        view.rules = rules;
        DecoderEvent event{due, context.method.beforeDecoderLayer(view), {}, {}, 0};
        check(event.reduction, view);
        rules = rules.of(event.reduction.keep);
        if (rules.any()) {
            rules.pinned.resize(toSize(due.count()), 0);  // recycled rows come last
        }
        event.before = pass.hidden().narrow(0, view.first_visual, view.n_visual);
        pass.change(rowChange(event.reduction, view, n_prompt));
        event.ms = watch.ms();
        event.after = pass.hidden().narrow(0, view.first_visual, due.count());
        events.push_back(std::move(event));
    }
    return events;
}

}  // namespace prunescope
