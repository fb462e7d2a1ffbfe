#include "core/prune/cover.h"

#include <algorithm>
#include <limits>

#include <ATen/ops/matmul.h>

namespace prunescope {

namespace {

// Gains this small beside the first ones, and distances this small, are what is left of rounding.
constexpr double kRounding = 1e-12;

double distanceOf(double cosine) {
    return 1.0 - cosine < kRounding ? 0.0 : 1.0 - cosine;
}

// Coverage and gains. A gain can only fall as coverage grows, so an old one is an upper bound and
// is computed anew only where it could still win.
class Gains {
public:
    explicit Gains(const CoverInput& in)
        : in_(in), covered_(in.mass.size(), 0.0), gain_(in.mass.size(), 0.0) {
        for (std::size_t j = 0; j < gain_.size(); ++j) {
            refresh(j);
        }
        floor_ = kRounding * *std::max_element(gain_.begin(), gain_.end());
    }

    void refresh(std::size_t j) {
        const std::span<const double> row = in_.similarity.row(static_cast<int>(j));
        double gain = 0;
        for (std::size_t i = 0; i < row.size(); ++i) {
            gain += static_cast<double>(in_.mass[i]) * std::max(row[i] - covered_[i], 0.0);
        }
        gain_[j] = gain;
    }

    void pick(int j) {
        const std::span<const double> row = in_.similarity.row(j);
        for (std::size_t i = 0; i < covered_.size(); ++i) {
            covered_[i] = row[i] > covered_[i] ? row[i] : covered_[i];
        }
    }

    double at(std::size_t j) const { return gain_[j] > floor_ ? gain_[j] : 0.0; }

    double floor() const { return floor_; }

private:
    CoverInput in_;
    std::vector<double> covered_;  // m_i
    std::vector<double> gain_;     // G_j, or what it was at an earlier pick
    double floor_ = 0;
};

// Slots that may still be picked, pinned ones first taken out.
std::vector<char> openAtFirst(const CoverInput& in, std::span<const std::int64_t> pinned) {
    const std::size_t n = in.mass.size();
    std::vector<char> open = in.rules != nullptr ? in.rules->open(n) : std::vector<char>(n, 1);
    for (const std::int64_t slot : pinned) {
        open[toSize(slot)] = 0;
    }
    return open;
}

std::vector<std::int64_t> pinnedOf(const CoverInput& in) {
    return in.rules != nullptr ? in.rules->pinnedSlots() : std::vector<std::int64_t>();
}

// The largest value of those not computed anew yet, or -1 where none is left.
int largestOld(std::span<const double> value,
               std::span<const char> open,
               std::span<const char> fresh) {
    int best = -1;
    for (std::size_t j = 0; j < value.size(); ++j) {
        if (open[j] != 0 && fresh[j] == 0 && (best < 0 || value[j] > value[toSize(best)])) {
            best = static_cast<int>(j);
        }
    }
    return best;
}

}  // namespace

CosineMatrix cosineMatrix(const at::Tensor& rows, const at::Tensor& others) {
    const at::Tensor product =
        at::matmul(unitRows(rows.to(at::kDouble)), unitRows(others.to(at::kDouble)).transpose(0, 1))
            .to(at::kCPU)
            .contiguous();
    CosineMatrix out;
    out.rows = static_cast<int>(product.size(0));
    out.cols = static_cast<int>(product.size(1));
    const double* data = product.const_data_ptr<double>();
    out.values.assign(data, data + product.numel());
    return out;
}

std::vector<double> symmetricProduct(const at::Tensor& rows) {
    constexpr std::int64_t kBlock = 96;  // 6 x 6 blocks of 576, of which 21 are computed
    const std::int64_t n = rows.size(0);
    std::vector<double> out(toSize(n) * toSize(n));
    for (std::int64_t from = 0; from < n; from += kBlock) {
        const std::int64_t to = std::min(from + kBlock, n);
        const at::Tensor block =
            at::matmul(rows.slice(0, from, to), rows.slice(0, 0, to).transpose(0, 1))
                .to(at::kCPU)
                .contiguous();
        const double* data = block.const_data_ptr<double>();
        for (std::int64_t i = from; i < to; ++i, data += to) {
            std::copy(data, data + i + 1, out.begin() + i * n);
            for (std::int64_t j = 0; j < i; ++j) {
                out[toSize(j * n + i)] = data[j];
            }
        }
    }
    return out;
}

CosineMatrix selfCosines(const at::Tensor& rows) {
    CosineMatrix out;
    out.rows = static_cast<int>(rows.size(0));
    out.cols = out.rows;
    out.values = symmetricProduct(unitRows(rows.to(at::kDouble)));
    for (std::size_t i = 0; i < toSize(out.rows); ++i) {
        double& own = out.values[i * toSize(out.rows) + i];
        own = own > 0.5 ? 1.0 : 0.0;
    }
    return out;
}

std::vector<int> facilityLocation(const CoverInput& in, int k, const Saliency& saliency) {
    const std::size_t n = in.mass.size();
    Gains gains(in);
    const auto valueOf = [&](std::size_t j) {
        return gains.at(j) * (saliency.factor.empty() ? 1.0 : saliency.factor[j]) +
               (saliency.bonus.empty() ? 0.0 : saliency.bonus[j]);
    };
    const std::vector<std::int64_t> pinned = pinnedOf(in);
    std::vector<char> open = openAtFirst(in, pinned);
    std::vector<double> value(n);
    for (std::size_t j = 0; j < n; ++j) {
        value[j] = valueOf(j);
    }
    std::vector<int> picks(pinned.begin(), pinned.end());
    std::ranges::for_each(picks, [&](int j) { gains.pick(j); });
    while (static_cast<int>(picks.size()) < k) {
        std::vector<char> fresh(n, 0);
        double largest = -std::numeric_limits<double>::infinity();
        for (int j = largestOld(value, open, fresh); j >= 0; j = largestOld(value, open, fresh)) {
            const auto at = toSize(j);
            const double slack =
                gains.floor() * (saliency.factor.empty() ? 1.0 : saliency.factor[at]);
            if (!tiesWith(value[at] + slack, largest)) {
                break;  // neither the best nor its tie can be among the rest
            }
            gains.refresh(at);
            value[at] = valueOf(at);
            fresh[at] = 1;
            largest = std::max(largest, value[at]);
        }
        // Gains that are no numbers leave nothing fresh; then the tie rule decides among all.
        const bool any = std::find(fresh.begin(), fresh.end(), 1) != fresh.end();
        const int best = bestSlot(value, any ? fresh : open, in.preference);
        open[toSize(best)] = 0;
        gains.pick(best);
        picks.push_back(best);
    }
    return picks;
}

std::vector<int> farthestPoints(const CoverInput& in, int k) {
    const std::size_t n = in.mass.size();
    const std::vector<std::int64_t> pinned = pinnedOf(in);
    std::vector<char> open = openAtFirst(in, pinned);
    std::vector<double> distance(n, 0.0);
    // The first: farthest from its nearest other token.
    for (std::size_t j = 0; j < n && n > 1; ++j) {
        const std::span<const double> row = in.similarity.row(static_cast<int>(j));
        double nearest = std::numeric_limits<double>::infinity();
        for (std::size_t i = 0; i < n; ++i) {
            if (i != j) {
                nearest = std::min(nearest, distanceOf(row[i]));
            }
        }
        distance[j] = nearest;
    }
    std::vector<int> picks;
    for (int t = 0; t < k; ++t) {
        const bool is_pinned = toSize(t) < pinned.size();
        const int best = is_pinned ? static_cast<int>(pinned[toSize(t)])
                                   : bestSlot(distance, open, in.preference);
        open[toSize(best)] = 0;
        picks.push_back(best);
        const std::span<const double> row = in.similarity.row(best);
        for (std::size_t i = 0; i < n; ++i) {
            const double to_best = distanceOf(row[i]);
            distance[i] = t == 0 ? to_best : std::min(distance[i], to_best);
        }
    }
    return picks;
}

}  // namespace prunescope
