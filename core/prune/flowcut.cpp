#include "core/prune/flowcut.h"

#include "core/prune/dcp_schedule.h"
#include "core/prune/encoder_score.h"
#include "core/prune/row_plan.h"

#include <algorithm>
#include <numeric>

namespace prunescope {

namespace {

// Steps 5 and 6: how many stay after this layer.
int countAfter(const LayerView& view) {
    const int n = static_cast<int>(view.patches.size());
    const int to_last = view.last_layer - 1 - view.layer;  // rpl
    const bool is_only_layer = view.last_layer == 0;
    if (!is_only_layer && (to_last < 0 || to_last % 2 != 0)) {
        return n;
    }
    const std::vector<float> attention = toHostVector(shares(clsScore(view.cls_attention)));
    return flowCutCount(attention, std::min(view.budget, n), to_last);
}

}  // namespace

LayerOutcome FlowCut::afterLayer(const LayerView& view) const {
    LayerOutcome out;
    // Step 5: at every layer, also where nothing is pruned.
    const at::Tensor score = flowCutScore(view.cls_attention, view.values);
    out.score = view.score.defined() ? view.score.mul(0.5).add(score, 0.5) : score;
    const SlotRules rules = slotRules(view.rules, view.patches);
    const int n = static_cast<int>(view.patches.size());
    const int due = countAfter(view);
    const int n_keep = due < n ? std::min(due, n - rules.bans()) : n;
    if (n_keep < n) {
        Reduction reduction;
        reduction.name = "FlowCut";
        reduction.deciding_score = toHostVector(out.score);
        reduction.keep = topSlots(reduction.deciding_score, n_keep, rules);
        out.reduction = std::move(reduction);
    }
    return out;
}

Selection FlowCut::select(const SelectView& view) const {
    const Stopwatch watch;
    std::vector<std::int64_t> all(view.patches.size());  // k by now: nothing is left to choose
    std::iota(all.begin(), all.end(), 0);
    return plainSelection(view, all, toHostVector(view.score), watch);
}

}  // namespace prunescope
