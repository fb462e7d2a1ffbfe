#include "core/prune/cover.h"

#include "core/prune/cosine_rows.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <numeric>

#include <ATen/ops/empty.h>
#include <ATen/ops/matmul.h>

namespace prunescope {

namespace {

// Gains this small beside the first ones, and distances this small, are what is left of rounding.
constexpr double kGainRounding = 1e-7;
constexpr float kCosineRounding = 1e-6F;

double distanceOf(float cosine) {
    return 1.0 - static_cast<double>(cosine);
}

// Coverage and gains. A gain can only fall as coverage grows, so an old one is an upper bound and
// is computed anew only where it could still win.
class Gains {
public:
    explicit Gains(const CoverInput& in)
        : in_(in), covered_(in.mass.size(), 0.0F), gain_(in.mass.size(), 0.0) {
        for (std::size_t j = 0; j < gain_.size(); ++j) {
            refresh(j);
        }
        floor_ = kGainRounding * *std::max_element(gain_.begin(), gain_.end());
    }

    void refresh(std::size_t j) {
        const std::span<const float> row = in_.similarity.row(static_cast<int>(j));
        std::array<double, kLanes> gain{};  // sums side by side, which the compiler makes one
        std::size_t i = 0;
        for (; i + kLanes <= row.size(); i += kLanes) {
            for (std::size_t lane = 0; lane < kLanes; ++lane) {
                gain[lane] += gainOver(row, i + lane);
            }
        }
        for (; i < row.size(); ++i) {
            gain[0] += gainOver(row, i);
        }
        gain_[j] = std::accumulate(gain.begin(), gain.end(), 0.0);
    }

    void pick(int j) {
        const std::span<const float> row = in_.similarity.row(j);
        for (std::size_t i = 0; i < covered_.size(); ++i) {
            covered_[i] = row[i] > covered_[i] ? row[i] : covered_[i];
        }
    }

    double at(std::size_t j) const { return gain_[j] > floor_ ? gain_[j] : 0.0; }

    double floor() const { return floor_; }

private:
    static constexpr std::size_t kLanes = 8;

    double gainOver(std::span<const float> row, std::size_t i) const {
        return static_cast<double>(in_.mass[i] * std::max(row[i] - covered_[i], 0.0F));
    }

    CoverInput in_;
    std::vector<float> covered_;  // m_i
    std::vector<double> gain_;    // G_j, or what it was at an earlier pick
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

template <typename Number>
CosineTable<Number> tableOf(const at::Tensor& product) {
    const at::Tensor host = product.to(at::kCPU).contiguous();
    const Number* data = host.const_data_ptr<Number>();
    return {{data, data + host.numel()},
            static_cast<int>(host.size(0)),
            static_cast<int>(host.size(1))};
}

void snapToOne(CosineMatrix& cosines) {
    for (float& value : cosines.values) {
        value = value > 1.0F - kCosineRounding ? 1.0F : value;
    }
}

template <typename Number>
void fillSymmetric(const at::Tensor& rows, const at::Tensor& product) {
    constexpr std::int64_t kBlock = 96;  // 6 x 6 blocks of 576, of which 21 are computed
    const std::int64_t n = rows.size(0);
    Number* out = product.mutable_data_ptr<Number>();
    for (std::int64_t from = 0; from < n; from += kBlock) {
        const std::int64_t to = std::min(from + kBlock, n);
        const at::Tensor block =
            at::matmul(rows.slice(0, from, to), rows.slice(0, 0, to).transpose(0, 1))
                .to(at::kCPU)
                .contiguous();
        const Number* data = block.const_data_ptr<Number>();
        for (std::int64_t i = from; i < to; ++i) {
            std::copy_n(data + (i - from) * to, i + 1, out + i * n);
        }
        for (std::int64_t j = 0; j < to; ++j) {  // row j gets its column, a stretch of this block
            for (std::int64_t i = std::max(from, j + 1); i < to; ++i) {
                out[j * n + i] = data[(i - from) * to + j];
            }
        }
    }
}

}  // namespace

CosineMatrix cosineMatrix(const at::Tensor& rows, const at::Tensor& others) {
    CosineMatrix out = tableOf<float>(
        at::matmul(unitRows(rows.to(at::kFloat)), unitRows(others.to(at::kFloat)).transpose(0, 1)));
    snapToOne(out);
    return out;
}

FineCosines fineCosines(const at::Tensor& rows, const at::Tensor& others) {
    const CosineRows unit(rows);
    const HostMatrix directions = toHost(others);
    FineCosines out;
    out.rows = unit.count();
    out.cols = directions.rows;
    out.values.resize(toSize(out.rows) * toSize(out.cols));
    for (int u = 0; u < out.cols; ++u) {
        const std::span<const float> row = directions.row(u);
        const double length = std::max(std::sqrt(dotProduct(row, row)), 1e-12);
        for (int i = 0; i < out.rows; ++i) {
            out.values[toSize(i) * toSize(out.cols) + toSize(u)] = unit.along(i, row) / length;
        }
    }
    return out;
}

at::Tensor symmetricProduct(const at::Tensor& rows) {
    const at::Tensor out = at::empty({rows.size(0), rows.size(0)}, rows.options().device(at::kCPU));
    if (rows.scalar_type() == at::kDouble) {
        fillSymmetric<double>(rows, out);
    } else {
        fillSymmetric<float>(rows, out);
    }
    return out;
}

CosineMatrix selfCosines(const at::Tensor& rows) {
    CosineMatrix out = tableOf<float>(symmetricProduct(unitRows(rows.to(at::kFloat))));
    snapToOne(out);
    for (std::size_t i = 0; i < toSize(out.rows); ++i) {
        float& own = out.values[i * toSize(out.rows) + i];
        own = own > 0.5F ? 1.0F : 0.0F;
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
    std::vector<double> value(n);
    for (std::size_t j = 0; j < n; ++j) {
        value[j] = valueOf(j);
    }
    std::vector<int> picks(pinned.begin(), pinned.end());
    std::ranges::for_each(picks, [&](int j) { gains.pick(j); });
    LazyGreedy greedy(value, openAtFirst(in, pinned));
    const auto refresh = [&](int j) {
        gains.refresh(toSize(j));
        value[toSize(j)] = valueOf(toSize(j));
    };
    const auto slack = [&](int j) {
        return gains.floor() * (saliency.factor.empty() ? 1.0 : saliency.factor[toSize(j)]);
    };
    while (static_cast<int>(picks.size()) < k) {
        picks.push_back(greedy.take(refresh, slack, in.preference));
        gains.pick(picks.back());
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
        const std::span<const float> row = in.similarity.row(static_cast<int>(j));
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
        const std::span<const float> row = in.similarity.row(best);
        for (std::size_t i = 0; i < n; ++i) {
            const double to_best = distanceOf(row[i]);
            distance[i] = t == 0 ? to_best : std::min(distance[i], to_best);
        }
    }
    return picks;
}

}  // namespace prunescope
