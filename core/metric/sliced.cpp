#include "core/base/random.h"
#include "core/metric/measure.h"
#include "core/metric/rows.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>
#include <numeric>

namespace prunescope {

namespace {

constexpr int kDirections = 128;
constexpr std::size_t kQuantiles = 200;

using Quantiles = std::array<double, kQuantiles>;

// [128, d] unit rows of normals, two uniforms each, SplitMix64 from 0.
Rows directionsOf(int width) {
    SplitMix64 random(0);
    Rows out(kDirections, width);
    for (double& value : out.values) {
        const double radius = std::sqrt(-2.0 * std::log(1.0 - random.uniform()));
        value = radius * std::cos(2.0 * std::numbers::pi * random.uniform());
    }
    for (int i = 0; i < out.rows; ++i) {
        const std::span<double> row = out.row(i);
        const double norm = std::sqrt(dot(row, row));
        for (double& value : row) {
            value /= norm;
        }
    }
    return out;
}

// At (i + 1/2) / 200, linear between the values.
Quantiles quantilesOf(const std::vector<double>& sorted) {
    Quantiles out{};
    for (std::size_t i = 0; i < kQuantiles; ++i) {
        const double at = (static_cast<double>(i) + 0.5) / static_cast<double>(kQuantiles) *
                          static_cast<double>(sorted.size() - 1);
        const auto low = static_cast<std::size_t>(at);
        const std::size_t high = std::min(low + 1, sorted.size() - 1);
        out[i] = sorted[low] + (at - static_cast<double>(low)) * (sorted[high] - sorted[low]);
    }
    return out;
}

double distanceOf(const Quantiles& a, const Quantiles& b) {
    double sum = 0;
    for (std::size_t i = 0; i < kQuantiles; ++i) {
        sum += (a[i] - b[i]) * (a[i] - b[i]);
    }
    return sum / static_cast<double>(kQuantiles);
}

double varianceOf(std::span<const double> values) {
    double mean = 0;
    for (const double value : values) {
        mean += value / static_cast<double>(values.size());
    }
    double sum = 0;
    for (const double value : values) {
        sum += (value - mean) * (value - mean);
    }
    return sum / static_cast<double>(values.size());
}

// The full set along one direction.
struct Slice {
    explicit Slice(std::span<const double> projected) : order(projected.size()) {
        std::iota(order.begin(), order.end(), 0);
        std::sort(order.begin(), order.end(), [&](std::int32_t a, std::int32_t b) {
            return comesBefore(projected[static_cast<std::size_t>(a)],
                               projected[static_cast<std::size_t>(b)]);
        });
        for (const std::int32_t slot : order) {
            sorted.push_back(projected[static_cast<std::size_t>(slot)]);
        }
        quantiles = quantilesOf(sorted);
    }

    // What of the full set is marked, ascending: a walk instead of a sort for every draw.
    void gather(const std::vector<char>& marked, std::vector<double>& out) const {
        out.resize(order.size() + 1);
        std::size_t n = 0;
        for (std::size_t i = 0; i < order.size(); ++i) {
            out[n] = sorted[i];
            n += static_cast<std::size_t>(marked[static_cast<std::size_t>(order[i])]);
        }
        out.resize(n);
    }

    std::vector<std::int32_t> order;  // slots by their projection
    std::vector<double> sorted;
    Quantiles quantiles;
};

/// slicedW2: the squared Wasserstein distance of the projections on fixed directions, on average,
/// in units of the projected variance of the full set.
class Sliced : public ShiftMeasure {
public:
    explicit Sliced(TokenMatrix full) : directions_(directionsOf(full.cols)), rows_(full.rows) {
        const Rows projected = products(directions_, Rows(full));
        for (int p = 0; p < kDirections; ++p) {
            slices_.emplace_back(projected.row(p));
            // Equal rows project to equal values up to rounding; that is no variance.
            variance_ += isConstant(full) ? 0.0 : varianceOf(projected.row(p)) / kDirections;
        }
    }

    ShiftValue measure(TokenMatrix kept, int /*channels*/) const override {
        const Rows projected = products(directions_, Rows(kept));
        double sum = 0;
        for (int p = 0; p < kDirections; ++p) {
            const std::span<const double> row = projected.row(p);
            std::vector<double> sorted(row.begin(), row.end());
            std::sort(sorted.begin(), sorted.end(), comesBefore);
            sum += distanceOf(quantilesOf(sorted), slices_[static_cast<std::size_t>(p)].quantiles);
        }
        ShiftValue out;
        out.value = ratioOrInfinity(sum / kDirections, variance_);
        return out;
    }

    std::vector<double> ofDraws(const std::vector<Draw>& draws) const override {
        std::vector<double> values;
        std::vector<double> sorted;
        for (const Draw& draw : draws) {
            std::vector<char> marked(static_cast<std::size_t>(rows_), 0);
            for (const std::int32_t slot : draw) {
                marked[static_cast<std::size_t>(slot)] = 1;
            }
            double sum = 0;
            for (const Slice& slice : slices_) {
                slice.gather(marked, sorted);
                sum += distanceOf(quantilesOf(sorted), slice.quantiles);
            }
            values.push_back(ratioOrInfinity(sum / kDirections, variance_));
        }
        return values;
    }

private:
    static bool isConstant(TokenMatrix full) {
        for (int i = 1; i < full.rows; ++i) {
            if (!std::ranges::equal(full.row(i), full.row(0))) {
                return false;
            }
        }
        return true;
    }

    Rows directions_;  // [P, d]
    int rows_;
    std::vector<Slice> slices_;  // one per direction
    double variance_ = 0;        // mean projected
};

}  // namespace

std::unique_ptr<const ShiftMeasure> makeSliced(TokenMatrix full) {
    return std::make_unique<Sliced>(full);
}

}  // namespace prunescope
