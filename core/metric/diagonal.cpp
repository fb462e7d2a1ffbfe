#include "core/metric/measure.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <limits>
#include <numeric>

namespace prunescope {

namespace {

// Channels with no variance anywhere leave e = 0 and 0/0; this keeps equal sets at exactly 0.
constexpr double kLeastEpsilon = 1e-30;

// Draws pass over the full set a few channels at a time: these stay in the cache, and their sums in
// registers and the first-level cache.
constexpr std::size_t kBlockChannels = 64;

using ChannelRow = std::array<double, kBlockChannels>;

std::size_t size(int n) {
    return static_cast<std::size_t>(n);
}

struct Moments {
    std::vector<double> mean;      // [d]
    std::vector<double> variance;  // [d], biased
};

Moments momentsOf(TokenMatrix set) {
    Moments out{std::vector<double>(size(set.cols), 0.0), std::vector<double>(size(set.cols), 0.0)};
    for (int i = 0; i < set.rows; ++i) {
        const std::span<const float> row = set.row(i);
        for (std::size_t j = 0; j < row.size(); ++j) {
            out.mean[j] += static_cast<double>(row[j]);
        }
    }
    for (double& mean : out.mean) {
        mean /= set.rows;
    }
    for (int i = 0; i < set.rows; ++i) {
        const std::span<const float> row = set.row(i);
        for (std::size_t j = 0; j < row.size(); ++j) {
            const double difference = static_cast<double>(row[j]) - out.mean[j];
            out.variance[j] += difference * difference;
        }
    }
    for (double& variance : out.variance) {
        variance /= set.rows;
    }
    return out;
}

// What one channel adds to D, before the factor that all channels share.
struct Terms {
    double mean = 0;
    double variance = 0;

    Terms& operator+=(const Terms& other) {
        mean += other.mean;
        variance += other.variance;
        return *this;
    }
};

// KL of one-dimensional normals without the factor 1/2: `from` against `to`, variances > 0.
Terms divergence(double mean_difference, double from, double to) {
    const double ratio = from / to;
    return {mean_difference * mean_difference / to, ratio - 1.0 - std::log(ratio)};
}

template <ShiftMetric kMetric>
Terms termsOf(double mean_difference, double variance_k, double variance_f, double epsilon) {
    if constexpr (kMetric == ShiftMetric::FrechetDiag) {
        const double spread = std::sqrt(variance_k) - std::sqrt(variance_f);
        return {mean_difference * mean_difference, spread * spread};
    } else if constexpr (kMetric == ShiftMetric::KlDiagFwd) {
        return divergence(mean_difference, variance_k + epsilon, variance_f + epsilon);
    } else if constexpr (kMetric == ShiftMetric::KlDiagRev) {
        return divergence(mean_difference, variance_f + epsilon, variance_k + epsilon);
    } else {
        const Terms forward =
            divergence(mean_difference, variance_k + epsilon, variance_f + epsilon);
        const Terms reverse =
            divergence(mean_difference, variance_f + epsilon, variance_k + epsilon);
        return {(forward.mean + reverse.mean) / 2, (forward.variance + reverse.variance) / 2};
    }
}

// First and second moments of a set, per channel of a block.
struct BlockSums {
    ChannelRow sum{};
    ChannelRow square{};
};

// Rows come in fours so that the accumulators are read and written a quarter as often: they, not
// the arithmetic, set the time.
BlockSums sumsOf(const std::vector<ChannelRow>& block, const Draw& rows) {
    BlockSums out;
    std::size_t i = 0;
    for (; i + 4 <= rows.size(); i += 4) {
        const ChannelRow& a = block[size(rows[i])];
        const ChannelRow& b = block[size(rows[i + 1])];
        const ChannelRow& c = block[size(rows[i + 2])];
        const ChannelRow& d = block[size(rows[i + 3])];
        for (std::size_t j = 0; j < kBlockChannels; ++j) {
            out.sum[j] += (a[j] + b[j]) + (c[j] + d[j]);
            out.square[j] += (a[j] * a[j] + b[j] * b[j]) + (c[j] * c[j] + d[j] * d[j]);
        }
    }
    for (; i < rows.size(); ++i) {
        const ChannelRow& a = block[size(rows[i])];
        for (std::size_t j = 0; j < kBlockChannels; ++j) {
            out.sum[j] += a[j];
            out.square[j] += a[j] * a[j];
        }
    }
    return out;
}

Draw complementOf(const Draw& ascending, int n) {
    Draw rest;
    rest.reserve(size(n) - ascending.size());
    std::size_t next = 0;
    for (std::int32_t i = 0; i < n; ++i) {
        if (next < ascending.size() && ascending[next] == i) {
            ++next;
        } else {
            rest.push_back(i);
        }
    }
    return rest;
}

template <ShiftMetric kMetric>
class Diagonal : public ShiftMeasure {
public:
    explicit Diagonal(TokenMatrix full)
        : rows_(full.rows),
          cols_(full.cols),
          full_(full.values.begin(), full.values.end()),
          moments_(momentsOf(full)),
          total_variance_(std::accumulate(moments_.variance.begin(), moments_.variance.end(), 0.0)),
          epsilon_(std::max(1e-6 * total_variance_ / cols_, kLeastEpsilon)) {}

    ShiftValue measure(TokenMatrix kept, int channels) const override {
        const Moments of_kept = momentsOf(kept);
        std::vector<Terms> terms(size(cols_));
        Terms sum;
        for (std::size_t j = 0; j < terms.size(); ++j) {
            terms[j] = termsOf<kMetric>(of_kept.mean[j] - moments_.mean[j],
                                        of_kept.variance[j],
                                        moments_.variance[j],
                                        epsilon_);
            sum += terms[j];
        }
        ShiftValue out = valueOf(sum);
        if (channels > 0 && out.value > 0 && std::isfinite(out.value)) {
            out.channels = largest(terms, sum, channels);
        }
        return out;
    }

    std::vector<double> ofDraws(const std::vector<Draw>& draws) const override;

private:
    double scaled(double sum) const {
        if constexpr (kMetric == ShiftMetric::FrechetDiag) {
            return ratioOrInfinity(sum, total_variance_);
        } else {
            return 0.5 * sum / cols_;
        }
    }

    ShiftValue valueOf(const Terms& sum) const {
        ShiftValue out;
        out.mean_term = scaled(sum.mean);
        // Rounding alone can leave -1e-17; a NaN stays one.
        out.variance_term = scaled(sum.variance < 0 ? 0.0 : sum.variance);
        out.value = out.mean_term + out.variance_term;
        return out;
    }

    std::vector<ChannelShift> largest(const std::vector<Terms>& terms,
                                      const Terms& sum,
                                      int channels) const {
        std::vector<std::int32_t> order(terms.size());
        std::iota(order.begin(), order.end(), 0);
        const auto total = [&](std::int32_t c) {
            return terms[size(c)].mean + terms[size(c)].variance;
        };
        const auto n_listed = std::min(size(channels), order.size());
        const auto end = order.begin() + static_cast<std::ptrdiff_t>(n_listed);
        std::partial_sort(order.begin(), end, order.end(), [&](std::int32_t a, std::int32_t b) {
            return total(a) != total(b) ? total(a) > total(b) : a < b;
        });
        std::vector<ChannelShift> out;
        for (auto it = order.begin(); it != end; ++it) {
            const Terms& one = terms[size(*it)];
            out.push_back({*it,
                           total(*it) / (sum.mean + sum.variance),
                           scaled(one.mean),
                           scaled(one.variance)});
        }
        return out;
    }

    int rows_;
    int cols_;
    std::vector<float> full_;  // [N, d]
    Moments moments_;
    double total_variance_;
    double epsilon_;  // 1e-6 * mean(variance)
};

template <ShiftMetric kMetric>
std::vector<double> Diagonal<kMetric>::ofDraws(const std::vector<Draw>& draws) const {
    const int k = static_cast<int>(draws.front().size());
    // A draw of more than half is had from what it leaves out: the sums over all rows are known.
    const bool by_complement = k > rows_ / 2;
    std::vector<Draw> sets = draws;
    if (by_complement) {
        for (Draw& set : sets) {
            set = complementOf(set, rows_);
        }
    }
    Draw every(size(rows_));
    std::iota(every.begin(), every.end(), 0);

    std::vector<Terms> sums(draws.size());
    std::vector<ChannelRow> block(size(rows_));
    for (std::size_t first = 0; first < size(cols_); first += kBlockChannels) {
        const std::size_t n_channels = std::min(kBlockChannels, size(cols_) - first);
        // Centred on the full mean, one pass gives the variance without cancellation.
        for (std::size_t i = 0; i < block.size(); ++i) {
            for (std::size_t j = 0; j < n_channels; ++j) {
                const float value = full_[i * size(cols_) + first + j];
                block[i][j] = static_cast<double>(value) - moments_.mean[first + j];
            }
        }
        const BlockSums whole = by_complement ? sumsOf(block, every) : BlockSums{};
        for (std::size_t draw = 0; draw < sets.size(); ++draw) {
            const BlockSums part = sumsOf(block, sets[draw]);
            for (std::size_t j = 0; j < n_channels; ++j) {
                const double total = by_complement ? whole.sum[j] - part.sum[j] : part.sum[j];
                const double squares =
                    by_complement ? whole.square[j] - part.square[j] : part.square[j];
                const double mean = total / k;
                const double variance = std::max(squares / k - mean * mean, 0.0);
                sums[draw] +=
                    termsOf<kMetric>(mean, variance, moments_.variance[first + j], epsilon_);
            }
        }
    }
    std::vector<double> values;
    values.reserve(sums.size());
    for (const Terms& sum : sums) {
        values.push_back(valueOf(sum).value);
    }
    return values;
}

}  // namespace

std::unique_ptr<const ShiftMeasure> makeDiagonal(ShiftMetric metric, TokenMatrix full) {
    switch (metric) {
        case ShiftMetric::KlDiagRev:
            return std::make_unique<Diagonal<ShiftMetric::KlDiagRev>>(full);
        case ShiftMetric::KlDiagJ:
            return std::make_unique<Diagonal<ShiftMetric::KlDiagJ>>(full);
        case ShiftMetric::FrechetDiag:
            return std::make_unique<Diagonal<ShiftMetric::FrechetDiag>>(full);
        default:
            return std::make_unique<Diagonal<ShiftMetric::KlDiagFwd>>(full);
    }
}

}  // namespace prunescope
