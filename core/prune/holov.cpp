#include "core/prune/holov.h"

#include "core/prune/encoder_score.h"
#include "core/prune/row_plan.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include <ATen/ops/matmul.h>

namespace prunescope {

namespace {

constexpr double kEpsilon = 1e-6;
constexpr double kAttentionScale = 1000;
constexpr int kCropsPerSide = 4;

double meanOf(std::span<const double> values) {
    return std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
}

// Mean and spread of each row's cosines with the others. The zeroed diagonal counts in the spread,
// as released.
std::vector<double> varieties(const HostMatrix& cosines) {
    const int n = cosines.rows;
    std::vector<double> out;
    for (int i = 0; i < n; ++i) {
        const auto at = [&](int j) { return i == j ? 0.0 : double{cosines.row(i)[toSize(j)]}; };
        double mean = 0;
        for (int j = 0; j < n; ++j) {
            mean += at(j) / (n - 1);
        }
        double spread = 0;
        for (int j = 0; j < n; ++j) {
            spread += (at(j) - mean) * (at(j) - mean) / (n - 1);
        }
        out.push_back(spread);
    }
    return out;
}

std::vector<float> valuesAt(std::span<const float> values, const std::vector<std::int64_t>& slots) {
    std::vector<float> out;
    for (const std::int64_t slot : slots) {
        out.push_back(values[toSize(slot)]);
    }
    return out;
}

}  // namespace

std::vector<std::vector<std::int64_t>> sequenceParts(int n, int parts) {
    std::vector<std::vector<std::int64_t>> out(toSize(parts));
    std::int64_t next = 0;
    for (int c = 0; c < parts; ++c) {
        out[toSize(c)].resize(toSize(n / parts + (c < n % parts ? 1 : 0)));
        for (std::int64_t& slot : out[toSize(c)]) {
            slot = next++;
        }
    }
    return out;
}

std::vector<std::vector<std::int64_t>> spatialParts(const PatchGrid& grid, int side) {
    std::vector<std::vector<std::int64_t>> out;
    for (const auto& rows : sequenceParts(grid.rows, side)) {
        for (const auto& cols : sequenceParts(grid.cols, side)) {
            std::vector<std::int64_t> part;
            for (const std::int64_t row : rows) {
                for (const std::int64_t col : cols) {
                    part.push_back(row * grid.cols + col);
                }
            }
            out.push_back(std::move(part));
        }
    }
    return out;
}

std::vector<double> holisticScore(const at::Tensor& rows,
                                  std::span<const float> attention,
                                  double alpha) {
    const at::Tensor unit = unitRows(rows);
    const std::vector<double> variety = varieties(toHost(at::matmul(unit, unit.transpose(0, 1))));
    std::vector<double> score;
    for (const float a : attention) {
        score.push_back(kAttentionScale * double{a});
    }
    // b >= 0, so that its mean is the mean of |b|.
    const double lambda = meanOf(score) / (meanOf(variety) + kEpsilon);
    for (std::size_t i = 0; i < score.size(); ++i) {
        score[i] += alpha * lambda * variety[i];
    }
    return score;
}

std::vector<int> holisticQuotas(const std::vector<double>& weight, int k) {
    const double sum = std::accumulate(weight.begin(), weight.end(), 0.0) + kEpsilon;
    std::vector<int> quota;
    std::vector<float> share;
    int given = 0;
    for (const double w : weight) {
        const double own = std::isfinite(w / sum) ? w / sum : 0;  // broken weights: nothing is due
        share.push_back(static_cast<float>(own));
        quota.push_back(static_cast<int>(std::floor(own * k)));
        given += quota.back();
    }
    for (const std::int64_t part : topSlots(share, k - given)) {
        ++quota[toSize(part)];
    }
    return quota;
}

Selection HoloV::select(const SelectView& view) const {
    const Stopwatch watch;
    const MethodParams params(view.settings);
    const int k = keptCount(view);
    const auto parts =
        params.isOn("spatial_crops")
            ? spatialParts(view.grid, kCropsPerSide)
            : sequenceParts(static_cast<int>(view.patches.size()), params.integer("partitions"));
    const std::vector<float> attention = toHostVector(clsScore(view.cls_attention));
    const at::Tensor projected = view.projected();

    RowPlan plan;
    plan.score = attention;
    std::vector<double> weight;
    for (const auto& part : parts) {
        const std::vector<float> own = valuesAt(attention, part);
        if (part.size() < 2) {  // a lone token: its raw attention, as released
            weight.push_back(part.empty() ? 0.0 : double{own[0]});
            continue;
        }
        weight.push_back(
            meanOf(holisticScore(gatherRows(projected, part), own, params.number("alpha"))));
    }
    std::vector<int> quota = holisticQuotas(weight, k);
    std::vector<SlotRules> rules;
    std::vector<int> pins;
    for (const auto& part : parts) {
        rules.push_back(slotRules(view.rules, view.patches).of(part));
        pins.push_back(rules.back().pins());
    }
    raiseTo(pins, quota);
    for (std::size_t c = 0; c < parts.size(); ++c) {
        for (const std::int64_t i :
             rankedSlots(valuesAt(attention, parts[c]), quota[c], rules[c])) {
            plan.rows.push_back({RowKind::Patch, parts[c][toSize(i)]});
        }
    }
    plan.rows.resize(toSize(k), {RowKind::Padding, -1});  // what a partition lacks is not passed on
    return planned(view, plan, watch);
}

}  // namespace prunescope
