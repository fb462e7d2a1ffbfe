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

// Coverage and gains, kept up to date: a pick changes the gains only through the rows whose
// coverage it raises, and these become few quickly.
class Gains {
public:
    explicit Gains(const CoverInput& in)
        : in_(in), covered_(in.mass.size(), 0.0), gain_(in.mass.size(), 0.0) {
        for (std::size_t i = 0; i < covered_.size(); ++i) {
            const std::span<const double> row = in.similarity.row(static_cast<int>(i));
            const double weight = in.mass[i];
            for (std::size_t j = 0; j < row.size(); ++j) {
                gain_[j] += weight * std::max(row[j], 0.0);
            }
        }
        const double largest = *std::max_element(gain_.begin(), gain_.end());
        floor_ = kRounding * largest;
    }

    void pick(int j) {
        const std::span<const double> to_pick = in_.similarity.row(j);
        for (std::size_t i = 0; i < covered_.size(); ++i) {
            const double raised = to_pick[i];
            if (!(raised > covered_[i])) {
                continue;
            }
            const double before = covered_[i];
            const double weight = in_.mass[i];
            const std::span<const double> row = in_.similarity.row(static_cast<int>(i));
            for (std::size_t l = 0; l < row.size(); ++l) {
                const double within = std::min(std::max(row[l], before), raised);
                gain_[l] -= weight * (within - before);
            }
            covered_[i] = raised;
        }
    }

    double at(std::size_t j) const { return gain_[j] > floor_ ? gain_[j] : 0.0; }

private:
    CoverInput in_;
    std::vector<double> covered_;  // m_i
    std::vector<double> gain_;     // G_j
    double floor_ = 0;
};

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

CosineMatrix selfCosines(const at::Tensor& rows) {
    CosineMatrix out = cosineMatrix(rows, rows);
    const auto n = toSize(out.rows);
    for (std::size_t i = 0; i < n; ++i) {
        double& own = out.values[i * n + i];
        own = own > 0.5 ? 1.0 : 0.0;
        for (std::size_t j = 0; j < i; ++j) {
            out.values[i * n + j] = out.values[j * n + i];
        }
    }
    return out;
}

std::vector<int> facilityLocation(const CoverInput& in, int k, const Saliency& saliency) {
    const std::size_t n = in.mass.size();
    Gains gains(in);
    std::vector<char> open(n, 1);
    std::vector<double> value(n);
    std::vector<int> picks;
    for (int t = 0; t < k; ++t) {
        for (std::size_t j = 0; j < n; ++j) {
            value[j] = gains.at(j) * (saliency.factor.empty() ? 1.0 : saliency.factor[j]) +
                       (saliency.bonus.empty() ? 0.0 : saliency.bonus[j]);
        }
        const int best = bestSlot(value, open, in.preference);
        open[toSize(best)] = 0;
        gains.pick(best);
        picks.push_back(best);
    }
    return picks;
}

std::vector<int> farthestPoints(const CoverInput& in, int k) {
    const std::size_t n = in.mass.size();
    std::vector<char> open(n, 1);
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
        const int best = bestSlot(distance, open, in.preference);
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
