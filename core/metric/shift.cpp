#include "core/metric/shift.h"

#include "core/base/error.h"
#include "core/base/random.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <numeric>

namespace prunescope {

namespace {

// Channels with no variance anywhere leave e = 0 and 0/0; this keeps equal sets at exactly 0.
constexpr double kLeastEpsilon = 1e-30;

// Draws pass over the full set a few channels at a time: these stay in the cache, and their sums in
// registers and the first-level cache.
constexpr std::size_t kBlockChannels = 64;

using ChannelRow = std::array<double, kBlockChannels>;

// First and second moments of a set, per channel of a block.
struct Moments {
    ChannelRow sum{};
    ChannelRow square{};
};

std::size_t size(int n) {
    return static_cast<std::size_t>(n);
}

// klDiagFwd from a channel's means and variances (methods.md 5.1 item 1). `mean_k` and `mean_f` may
// both be shifted by the same amount.
struct ChannelSum {
    double mean = 0;
    double variance = 0;

    void add(double mean_difference, double variance_k, double variance_f, double epsilon) {
        const double denominator = variance_f + epsilon;
        const double ratio = (variance_k + epsilon) / denominator;
        mean += mean_difference * mean_difference / denominator;
        variance += ratio - 1.0 - std::log(ratio);
    }

    ShiftValue over(int channels) const {
        const double scale = 0.5 / static_cast<double>(channels);
        ShiftValue out;
        out.mean_term = scale * mean;
        // Rounding alone can leave -1e-17; a NaN stays one.
        out.variance_term = variance < 0 ? 0.0 : scale * variance;
        out.value = out.mean_term + out.variance_term;
        return out;
    }
};

double percentile(const std::vector<double>& sorted, double p) {
    const double place = p * static_cast<double>(sorted.size() - 1);
    const auto low = static_cast<std::size_t>(place);
    const std::size_t high = std::min(low + 1, sorted.size() - 1);
    return sorted[low] + (place - static_cast<double>(low)) * (sorted[high] - sorted[low]);
}

// Rows come in fours so that the accumulators are read and written a quarter as often: they, not
// the arithmetic, set the time.
Moments momentsOf(const std::vector<ChannelRow>& block, const std::vector<std::int32_t>& rows) {
    Moments out;
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

std::vector<std::int32_t> complementOf(const std::vector<std::int32_t>& ascending, int n) {
    std::vector<std::int32_t> rest;
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

}  // namespace

const std::vector<ShiftMetricInfo>& shiftMetrics() {
    static const std::vector<ShiftMetricInfo> metrics{
        {ShiftMetric::KlDiagFwd,
         "klDiagFwd",
         "KL divergence, kept to full, per channel",
         "D = 1/(2d) sum_c [ ln(v_f/v_k) + (v_k + (mu_k - mu_f)^2)/v_f - 1 ],  v = variance + 1e-6 "
         "mean(v_f)"},
    };
    return metrics;
}

ShiftMetric shiftMetricFrom(const std::string& id) {
    std::string choices;
    for (const ShiftMetricInfo& info : shiftMetrics()) {
        if (info.id == id) {
            return info.metric;
        }
        choices += (choices.empty() ? "" : ", ") + info.id;
    }
    throw Error(ErrorCode::Usage, "there is no shift metric \"" + id + "\"", "use " + choices);
}

ShiftReference::ShiftReference(ShiftMetric metric, TokenMatrix full)
    : metric_(metric),
      rows_(full.rows),
      cols_(full.cols),
      full_(full.values.begin(), full.values.end()),
      mean_(size(full.cols), 0.0),
      variance_(size(full.cols), 0.0) {
    require(rows_ >= 1 && cols_ >= 1 && full_.size() == size(rows_) * size(cols_),
            "ShiftReference: the full set must be [N >= 1, d >= 1]");
    for (int i = 0; i < rows_; ++i) {
        const std::span<const float> row = full.row(i);
        for (std::size_t j = 0; j < row.size(); ++j) {
            mean_[j] += static_cast<double>(row[j]);
        }
    }
    for (double& mean : mean_) {
        mean /= rows_;
    }
    for (int i = 0; i < rows_; ++i) {
        const std::span<const float> row = full.row(i);
        for (std::size_t j = 0; j < row.size(); ++j) {
            const double difference = static_cast<double>(row[j]) - mean_[j];
            variance_[j] += difference * difference;
        }
    }
    double total = 0;
    for (double& variance : variance_) {
        variance /= rows_;
        total += variance;
    }
    epsilon_ = std::max(1e-6 * total / cols_, kLeastEpsilon);
}

ShiftValue ShiftReference::measure(TokenMatrix kept) const {
    require(kept.cols == cols_ && kept.rows >= 1 &&
                kept.values.size() == size(kept.rows) * size(kept.cols),
            "ShiftReference: the kept set must be [k >= 1, d] with the full set's d");
    std::vector<double> mean(size(cols_), 0.0);
    std::vector<double> variance(size(cols_), 0.0);
    for (int i = 0; i < kept.rows; ++i) {
        const std::span<const float> row = kept.row(i);
        for (std::size_t j = 0; j < row.size(); ++j) {
            mean[j] += static_cast<double>(row[j]);
        }
    }
    for (double& value : mean) {
        value /= kept.rows;
    }
    for (int i = 0; i < kept.rows; ++i) {
        const std::span<const float> row = kept.row(i);
        for (std::size_t j = 0; j < row.size(); ++j) {
            const double difference = static_cast<double>(row[j]) - mean[j];
            variance[j] += difference * difference;
        }
    }
    ChannelSum sum;
    for (std::size_t j = 0; j < mean.size(); ++j) {
        sum.add(mean[j] - mean_[j], variance[j] / kept.rows, variance_[j], epsilon_);
    }
    return sum.over(cols_);
}

NullBand ShiftReference::nullBand(int k, std::uint64_t seed, int draws) const {
    require(k >= 1 && k <= rows_ && draws >= 1, "nullBand: 1 <= k <= N and at least one draw");
    // A draw of more than half is had from what it leaves out: the sums over all rows are known.
    const bool by_complement = k > rows_ / 2;
    std::vector<std::vector<std::int32_t>> sets;
    sets.reserve(size(draws));
    for (int draw = 0; draw < draws; ++draw) {
        sets.push_back(drawWithoutReplacement(rows_, k, seed + static_cast<std::uint64_t>(draw)));
        if (by_complement) {
            sets.back() = complementOf(sets.back(), rows_);
        }
    }
    std::vector<std::int32_t> every(size(rows_));
    std::iota(every.begin(), every.end(), 0);

    std::vector<ChannelSum> sums(size(draws));
    std::vector<ChannelRow> block(size(rows_));
    for (std::size_t first = 0; first < size(cols_); first += kBlockChannels) {
        const std::size_t n_channels = std::min(kBlockChannels, size(cols_) - first);
        // Centred on the full mean, one pass gives the variance without cancellation.
        for (std::size_t i = 0; i < block.size(); ++i) {
            for (std::size_t j = 0; j < n_channels; ++j) {
                const float value = full_[i * size(cols_) + first + j];
                block[i][j] = static_cast<double>(value) - mean_[first + j];
            }
        }
        const Moments whole = by_complement ? momentsOf(block, every) : Moments{};
        for (std::size_t draw = 0; draw < sets.size(); ++draw) {
            const Moments part = momentsOf(block, sets[draw]);
            for (std::size_t j = 0; j < n_channels; ++j) {
                const double total = by_complement ? whole.sum[j] - part.sum[j] : part.sum[j];
                const double squares =
                    by_complement ? whole.square[j] - part.square[j] : part.square[j];
                const double mean = total / k;
                const double variance = std::max(squares / k - mean * mean, 0.0);
                sums[draw].add(mean, variance, variance_[first + j], epsilon_);
            }
        }
    }
    std::vector<double> values;
    values.reserve(sums.size());
    for (const ChannelSum& sum : sums) {
        values.push_back(sum.over(cols_).value);
    }
    std::sort(values.begin(), values.end());
    return {percentile(values, 0.05), percentile(values, 0.5), percentile(values, 0.95), draws};
}

}  // namespace prunescope
