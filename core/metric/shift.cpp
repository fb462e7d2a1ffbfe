#include "core/metric/shift.h"

#include "core/base/error.h"
#include "core/base/random.h"
#include "core/metric/measure.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>

namespace prunescope {

namespace {

std::unique_ptr<const ShiftMeasure> makeMeasure(ShiftMetric metric, TokenMatrix full) {
    switch (metric) {
        case ShiftMetric::KlFull:
            return makeGaussian(full);
        case ShiftMetric::MmdRbf:
            return makeKernel(full);
        case ShiftMetric::CovCka:
            return makeSecondMoments(full);
        case ShiftMetric::MeanCos:
            return makeMeanCosine(full);
        case ShiftMetric::SlicedW2:
            return makeSliced(full);
        case ShiftMetric::Coverage:
            return makeCoverage(full);
        case ShiftMetric::KlDiagFwd:
        case ShiftMetric::KlDiagRev:
        case ShiftMetric::KlDiagJ:
        case ShiftMetric::FrechetDiag:
            break;
    }
    return makeDiagonal(metric, full);
}

double percentile(const std::vector<double>& sorted, double p) {
    const double place = p * static_cast<double>(sorted.size() - 1);
    const auto low = static_cast<std::size_t>(place);
    const std::size_t high = std::min(low + 1, sorted.size() - 1);
    if (sorted[low] == sorted[high]) {
        return sorted[low];  // also where both are infinite
    }
    return sorted[low] + (place - static_cast<double>(low)) * (sorted[high] - sorted[low]);
}

}  // namespace

bool comesBefore(double a, double b) {
    return a < b || (std::isnan(b) && !std::isnan(a));
}

double ratioOrInfinity(double numerator, double denominator) {
    if (denominator > 0 || std::isnan(numerator) || std::isnan(denominator)) {
        return numerator / denominator;
    }
    return numerator > 0 ? std::numeric_limits<double>::infinity() : 0.0;
}

ShiftReference::ShiftReference(ShiftMetric metric, TokenMatrix full)
    : rows_(full.rows), cols_(full.cols) {
    require(
        rows_ >= 1 && cols_ >= 1 &&
            full.values.size() == static_cast<std::size_t>(rows_) * static_cast<std::size_t>(cols_),
        "ShiftReference: the full set must be [N >= 1, d >= 1]");
    measure_ = makeMeasure(metric, full);
}

ShiftValue ShiftReference::measure(TokenMatrix kept, int channels) const {
    require(kept.cols == cols_ && kept.rows >= 1 &&
                kept.values.size() ==
                    static_cast<std::size_t>(kept.rows) * static_cast<std::size_t>(kept.cols),
            "ShiftReference: the kept set must be [k >= 1, d] with the full set's d");
    return measure_->measure(kept, channels);
}

NullBand ShiftReference::nullBand(int k,
                                  std::uint64_t seed,
                                  int draws,
                                  const ForRanges& for_ranges) const {
    require(k >= 1 && k <= rows_ && draws >= 1, "nullBand: 1 <= k <= N and at least one draw");
    const int n_draws = std::min(draws, measure_->affordableDraws(k));
    std::vector<double> values(static_cast<std::size_t>(n_draws));
    const auto draw_range = [&](int begin, int end) {
        std::vector<Draw> sets;
        sets.reserve(static_cast<std::size_t>(end - begin));
        for (int draw = begin; draw < end; ++draw) {
            sets.push_back(
                drawWithoutReplacement(rows_, k, seed + static_cast<std::uint64_t>(draw)));
        }
        std::ranges::copy(measure_->ofDraws(sets), values.begin() + begin);
    };
    if (for_ranges) {
        for_ranges(n_draws, draw_range);
    } else {
        draw_range(0, n_draws);
    }
    std::sort(values.begin(), values.end(), comesBefore);
    return {percentile(values, 0.05), percentile(values, 0.5), percentile(values, 0.95), n_draws};
}

}  // namespace prunescope
