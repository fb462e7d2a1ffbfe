#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace prunescope {

/// A value with its 95 % interval.
struct Interval {
    double value = 0;
    double low = 0;
    double high = 0;

    bool operator==(const Interval&) const = default;
};

/// The 2.5 and 97.5 percentiles of `values` (by linear interpolation), as low and high around
/// `value`. No values: low = high = value.
Interval intervalOf(double value, std::vector<double> values);

/// How often each of n units is drawn when n are drawn with replacement.
std::vector<int> resampledWeights(std::size_t n, std::uint64_t seed);

/// Two values of a unit, for rank correlations over resampled units.
struct Pair {
    double x = 0;
    double y = 0;
    std::size_t unit = 0;
};

/// Spearman's rank correlation with mean ranks for ties, where a pair counts as often as its unit
/// was drawn. Sorts once; each evaluation is linear in the pairs.
class RankCorrelation {
public:
    explicit RankCorrelation(std::vector<Pair> pairs);

    /// @param weights  per unit; empty: all 1. Nothing where x or y does not vary.
    std::optional<double> value(std::span<const int> weights = {}) const;

private:
    std::vector<double> ranks(const std::vector<std::size_t>& order,
                              bool of_x,
                              std::span<const int> weights) const;
    std::vector<Pair> pairs_;
    std::vector<std::size_t> by_x_;
    std::vector<std::size_t> by_y_;
};

}  // namespace prunescope
