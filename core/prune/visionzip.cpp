#include "core/prune/visionzip.h"

#include "core/prune/cover.h"
#include "core/prune/encoder_score.h"
#include "core/prune/row_plan.h"

#include <algorithm>

#include <ATen/ops/zeros.h>

namespace prunescope {

namespace {

std::vector<std::int64_t> othersOf(const std::vector<std::int64_t>& ascending, std::size_t n) {
    std::vector<std::int64_t> out;
    std::size_t next = 0;
    for (std::size_t slot = 0; slot < n; ++slot) {
        if (next < ascending.size() && ascending[next] == static_cast<std::int64_t>(slot)) {
            ++next;
        } else {
            out.push_back(static_cast<std::int64_t>(slot));
        }
    }
    return out;
}

// Step 5: a contextual row is its target plus the mean of its members (their sum has twice the norm
// of a token), or the plain mean of both.
void planContextual(const ContextGroups& groups,
                    const std::vector<std::int64_t>& left,
                    bool as_mean,
                    RowPlan& plan) {
    const std::size_t first = plan.rows.size();
    const std::size_t pool = plan.score.size();
    std::vector<int> members(groups.target.size(), -1);  // without the target
    for (const int group : groups.group) {
        ++members[toSize(group)];
    }
    plan.mix = at::zeros(
        {static_cast<std::int64_t>(first + members.size()), static_cast<std::int64_t>(pool)},
        at::TensorOptions().dtype(at::kFloat));
    float* mix = plan.mix.mutable_data_ptr<float>();
    plan.cluster_of.assign(pool, -1);
    for (std::size_t r = 0; r < left.size(); ++r) {
        const auto group = toSize(groups.group[r]);
        const bool is_target = groups.target[group] == static_cast<int>(r);
        const int n = as_mean ? members[group] + 1 : std::max(members[group], 1);
        mix[(first + group) * pool + toSize(left[r])] =
            is_target && !as_mean ? 1.0F : 1.0F / static_cast<float>(n);
        plan.cluster_of[toSize(left[r])] = groups.group[r];
    }
    for (const int target : groups.target) {
        plan.rows.push_back({RowKind::Merged, left[toSize(target)]});
        plan.centres.push_back(left[toSize(target)]);
    }
}

}  // namespace

VisionZipSplit visionZipSplit(int k, int contextual) {
    const int wanted = contextual > 0 ? contextual : std::max(1, roundHalfUp(k * 10 / 64.0));
    const int dominant = std::max(1, k - wanted);
    return {dominant, k - dominant};
}

ContextGroups contextGroups(const at::Tensor& keys, int n_groups, std::span<const char> banned) {
    const int n = static_cast<int>(keys.size(0));
    std::vector<int> candidates;
    for (int r = 0; r < n; ++r) {
        if (banned.empty() || banned[toSize(r)] == 0) {
            candidates.push_back(r);
        }
    }
    const int step = std::max(1, static_cast<int>(candidates.size()) / n_groups);
    ContextGroups out;
    std::vector<std::int64_t> targets;
    std::vector<int> own_group(toSize(n), -1);
    for (int c = 0; c < n_groups; ++c) {
        out.target.push_back(candidates[toSize(c * step)]);
        targets.push_back(out.target.back());
        own_group[toSize(out.target.back())] = c;
    }
    const FineCosines similarity = fineCosines(keys, gatherRows(keys, targets));
    for (int r = 0; r < n; ++r) {
        const int own = own_group[toSize(r)];
        out.group.push_back(own >= 0 ? own : bestSlot(similarity.row(r), {}, {}));
    }
    return out;
}

Selection VisionZip::select(const SelectView& view) const {
    const Stopwatch watch;
    const MethodParams params(view.settings);
    const int k = keptCount(view);
    const SlotRules rules = slotRules(view.rules, view.patches);
    const int dominant =
        std::max(visionZipSplit(k, params.integer("contextual")).dominant, rules.pins() + 1);
    const int contextual = k - dominant;
    RowPlan plan;
    plan.score = toHostVector(clsScore(view.cls_attention));
    plan.rows.push_back({RowKind::Cls, -1});
    const std::vector<std::int64_t> top = topSlots(plan.score, dominant - 1, rules);
    for (const std::int64_t slot : top) {
        plan.rows.push_back({RowKind::Patch, slot});
    }
    if (contextual > 0) {
        const std::vector<std::int64_t> left = othersOf(top, plan.score.size());
        const at::Tensor keys = gatherRows(view.keys.slice(1, 1).mean(0), left);
        planContextual(contextGroups(keys, contextual, rules.of(left).banned),
                       left,
                       params.choice("merge") == "mean",
                       plan);
    }
    return planned(view, plan, watch);
}

}  // namespace prunescope
