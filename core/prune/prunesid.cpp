#include "core/prune/prunesid.h"

#include "core/prune/cover.h"
#include "core/prune/encoder_score.h"
#include "core/prune/row_plan.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include <ATen/ops/linalg_eigh.h>
#include <ATen/ops/sigmoid.h>

namespace prunescope {

namespace {

// Mean cosine over all pairs i < j: from the sum of the unit rows, without the pairs themselves.
double meanPairCosine(const at::Tensor& rows) {
    const at::Tensor unit = unitRows(rows.to(at::kDouble));
    const double n = static_cast<double>(rows.size(0));
    const double all = unit.sum(0).square().sum().item<double>();
    const double own = unit.square().sum().item<double>();  // zero rows have no cosine of 1
    return n < 2 ? 0.0 : (all - own) / (n * (n - 1));
}

// Greedy: the best that is left survives and suppresses what is too similar to it.
// `ranked` are the group's slots by falling score; survivors move to the front, order kept.
// The first `pins` are never suppressed.
int suppress(const CosineMatrix& similarity,
             double theta,
             int pins,
             std::vector<std::int64_t>& ranked) {
    std::vector<char> gone(ranked.size(), 0);
    std::vector<std::int64_t> survivors;
    std::vector<std::int64_t> rest;
    for (std::size_t i = 0; i < ranked.size(); ++i) {
        if (gone[i] != 0) {
            rest.push_back(ranked[i]);
            continue;
        }
        survivors.push_back(ranked[i]);
        for (std::size_t j = std::max(i + 1, toSize(pins));
             j < ranked.size() && similarity.rows > 0;
             ++j) {
            const bool too_similar = double{similarity.row(static_cast<int>(i))[j]} > theta;
            gone[j] = too_similar ? 1 : gone[j];
        }
    }
    const int kept = static_cast<int>(survivors.size());
    survivors.insert(survivors.end(), rest.begin(), rest.end());
    ranked = std::move(survivors);
    return kept;
}

// Groups by falling (or rising) number of survivors, ties to the lower group.
std::vector<std::size_t> groupsBySurvivors(const std::vector<int>& survivors, bool rising) {
    std::vector<std::size_t> order(survivors.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
        return rising ? survivors[a] < survivors[b] : survivors[a] > survivors[b];
    });
    return order;
}

int sumOf(const std::vector<int>& values) {
    return std::accumulate(values.begin(), values.end(), 0);
}

// up_g: never above the survivors at first, then raised together until the budget fits in.
std::vector<int> upperBounds(const RankedGroups& groups, int budget) {
    std::vector<int> upper;
    int patches = 0;
    for (std::size_t g = 0; g < groups.slots.size(); ++g) {
        const int n = static_cast<int>(groups.slots[g].size());
        upper.push_back(std::min({5 * ((budget + 63) / 64), n, groups.survivors[g]}));
        patches += n;
    }
    while (sumOf(upper) < std::min(budget, patches)) {
        for (std::size_t g = 0; g < upper.size(); ++g) {
            upper[g] = std::min(upper[g] + 1, static_cast<int>(groups.slots[g].size()));
        }
    }
    return upper;
}

}  // namespace

std::vector<int> principalGroups(const at::Tensor& rows, int n_groups) {
    // Columns of B are tokens, centred over the channels; right singular vectors of B are
    // eigenvectors of its Gram matrix.
    const at::Tensor squashed = at::sigmoid(rows.to(at::kCPU, at::kDouble));
    const at::Tensor centred = squashed.sub(squashed.mean(1, true));
    const std::int64_t n = rows.size(0);
    const at::Tensor vectors =
        std::get<1>(at::linalg_eigh(symmetricProduct(centred))).abs();  // ascending eigenvalues
    const at::Tensor leading =
        vectors.slice(1, n - n_groups).flip(at::IntArrayRef{1}).contiguous();  // [N, groups]
    const std::span<const double> loadings(leading.const_data_ptr<double>(),
                                           toSize(n) * toSize(n_groups));
    std::vector<int> out;
    for (std::int64_t i = 0; i < n; ++i) {
        out.push_back(
            bestSlot(loadings.subspan(toSize(i) * toSize(n_groups), toSize(n_groups)), {}, {}));
    }
    return out;
}

RankedGroups suppressInGroups(const at::Tensor& rows,
                              std::span<const float> score,
                              const std::vector<int>& group_of,
                              int n_groups,
                              double threshold,
                              const SlotRules& rules) {
    RankedGroups out;
    out.slots.resize(toSize(n_groups));
    out.pins.resize(toSize(n_groups), 0);
    for (const std::int64_t slot : rankedSlots(score, static_cast<int>(score.size()), rules)) {
        const auto group = toSize(group_of[toSize(slot)]);
        out.slots[group].push_back(slot);
        out.pins[group] += rules.isPinned(toSize(slot)) ? 1 : 0;
    }
    const double theta = threshold * meanPairCosine(rows);
    for (std::size_t g = 0; g < out.slots.size(); ++g) {
        std::vector<std::int64_t>& ranked = out.slots[g];
        // No cosine is above 1: nothing is suppressed, and nothing has to be compared.
        const bool compares = theta < 1.0 && ranked.size() > 1;
        out.survivors.push_back(
            suppress(compares ? selfCosines(gatherRows(rows, ranked)) : CosineMatrix{},
                     theta,
                     out.pins[g],
                     ranked));
    }
    return out;
}

std::vector<int> groupQuotas(const RankedGroups& groups, int budget) {
    std::vector<int> quota;
    const std::vector<int> upper = upperBounds(groups, budget);
    std::vector<int> lower;
    for (const auto& slots : groups.slots) {
        lower.push_back(slots.empty() ? 0 : 1);
    }
    const int rest = std::max(0, budget - sumOf(lower) - 1);  // R
    const std::int64_t survivors = sumOf(groups.survivors);
    std::int64_t cumulative = 0;
    std::int64_t before = 0;  // round(R Pi_g) in integers
    for (std::size_t g = 0; g < upper.size(); ++g) {
        cumulative += groups.survivors[g];
        const std::int64_t now = (2 * rest * cumulative + survivors) / (2 * survivors);
        quota.push_back(std::min(lower[g] + static_cast<int>(now - before), upper[g]));
        before = now;
    }
    int missing = std::max(0, rest + sumOf(lower) - sumOf(quota));
    for (const std::size_t g : groupsBySurvivors(groups.survivors, false)) {
        const int more = std::min(missing, upper[g] - quota[g]);
        quota[g] += more;
        missing -= more;
    }
    int excess = std::max(0, sumOf(quota) - (budget - 1));
    for (const std::size_t g : groupsBySurvivors(groups.survivors, true)) {
        const int fewer = std::min(excess, quota[g]);
        quota[g] -= fewer;
        excess -= fewer;
    }
    return quota;
}

Selection PruneSid::select(const SelectView& view) const {
    const Stopwatch watch;
    const MethodParams params(view.settings);
    const int budget = keptCount(view);  // T, CLS included
    const int n_groups = std::max(1, budget / params.integer("group_size"));
    RowPlan plan;
    plan.score = toHostVector(clsScore(view.cls_attention));
    const std::vector<int> group_of = principalGroups(view.tokens, n_groups);
    const RankedGroups groups = suppressInGroups(view.tokens,
                                                 plan.score,
                                                 group_of,
                                                 n_groups,
                                                 budget / params.number("suppression"),
                                                 slotRules(view.rules, view.patches));
    std::vector<int> quota = groupQuotas(groups, budget);
    raiseTo(groups.pins, quota);
    plan.cluster_of.assign(group_of.begin(), group_of.end());
    plan.rows.push_back({RowKind::Cls, -1});
    for (std::size_t g = 0; g < groups.slots.size(); ++g) {
        for (std::size_t i = 0; i < toSize(quota[g]); ++i) {
            plan.rows.push_back({RowKind::Patch, groups.slots[g][i]});
        }
    }
    return planned(view, plan, watch);
}

}  // namespace prunescope
