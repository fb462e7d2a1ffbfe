#include "core/dataset/statistics.h"

#include "core/base/random.h"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace prunescope {

namespace {

double percentile(const std::vector<double>& sorted, double share) {
    const double place = share * static_cast<double>(sorted.size() - 1);
    const auto below = static_cast<std::size_t>(place);
    const std::size_t above = std::min(below + 1, sorted.size() - 1);
    const double part = place - static_cast<double>(below);
    return sorted[below] + part * (sorted[above] - sorted[below]);
}

std::vector<std::size_t> orderBy(const std::vector<Pair>& pairs, double Pair::*field) {
    std::vector<std::size_t> order(pairs.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
        return pairs[a].*field < pairs[b].*field;
    });
    return order;
}

}  // namespace

Interval intervalOf(double value, std::vector<double> values) {
    if (values.empty()) {
        return {value, value, value};
    }
    std::sort(values.begin(), values.end());
    return {value, percentile(values, 0.025), percentile(values, 0.975)};
}

std::vector<int> resampledWeights(std::size_t n, std::uint64_t seed) {
    std::vector<int> weights(n, 0);
    SplitMix64 random(seed);
    for (std::size_t i = 0; i < n; ++i) {
        ++weights[static_cast<std::size_t>(random.next() % n)];
    }
    return weights;
}

RankCorrelation::RankCorrelation(std::vector<Pair> pairs)
    : pairs_(std::move(pairs)),
      by_x_(orderBy(pairs_, &Pair::x)),
      by_y_(orderBy(pairs_, &Pair::y)) {}

std::vector<double> RankCorrelation::ranks(const std::vector<std::size_t>& order,
                                           bool of_x,
                                           std::span<const int> weights) const {
    const auto valueAt = [&](std::size_t i) { return of_x ? pairs_[i].x : pairs_[i].y; };
    const auto weightAt = [&](std::size_t i) {
        return weights.empty() ? 1.0 : static_cast<double>(weights[pairs_[i].unit]);
    };
    std::vector<double> ranks(pairs_.size());
    double before = 0;
    for (std::size_t begin = 0; begin < order.size();) {
        std::size_t end = begin;
        double weight = 0;
        while (end < order.size() && valueAt(order[end]) == valueAt(order[begin])) {
            weight += weightAt(order[end++]);
        }
        for (std::size_t i = begin; i < end; ++i) {
            ranks[order[i]] = before + (weight + 1) / 2;
        }
        before += weight;
        begin = end;
    }
    return ranks;
}

std::optional<double> RankCorrelation::value(std::span<const int> weights) const {
    const std::vector<double> x = ranks(by_x_, true, weights);
    const std::vector<double> y = ranks(by_y_, false, weights);
    double n = 0;
    double sum_x = 0;
    double sum_y = 0;
    const auto weightAt = [&](std::size_t i) {
        return weights.empty() ? 1.0 : static_cast<double>(weights[pairs_[i].unit]);
    };
    for (std::size_t i = 0; i < pairs_.size(); ++i) {
        n += weightAt(i);
        sum_x += weightAt(i) * x[i];
        sum_y += weightAt(i) * y[i];
    }
    double xx = 0;
    double yy = 0;
    double xy = 0;
    for (std::size_t i = 0; i < pairs_.size(); ++i) {
        const double dx = x[i] - sum_x / n;
        const double dy = y[i] - sum_y / n;
        xx += weightAt(i) * dx * dx;
        yy += weightAt(i) * dy * dy;
        xy += weightAt(i) * dx * dy;
    }
    // Ranks are halves of integers: what is left of a constant is rounding.
    constexpr double kNothing = 1e-9;
    if (n < 2 || xx <= kNothing || yy <= kNothing) {
        return std::nullopt;
    }
    return xy / std::sqrt(xx * yy);
}

}  // namespace prunescope
