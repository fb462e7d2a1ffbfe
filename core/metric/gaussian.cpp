#include "core/metric/measure.h"
#include "core/metric/rows.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace prunescope {

namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();
constexpr double kShrinkage = 0.2;  // delta of both covariances

// Equal rows, less their mean taken from their products, leave no more than this of their squares.
constexpr double kRounding = 1e-13;

// Cholesky steps that a null band may take, about a second's worth at k = N / 2.
constexpr double kBandOperations = 2e8;
constexpr int kLeastDraws = 20;

/// klFull. Sigma = (1 - delta) Cov + delta (tr Cov / d) I is the identity, scaled, plus a matrix of
/// rank N at most, so everything is had from the N x N products of the rows instead of the d x d
/// covariance: with B the centred full rows, G = B Bᵀ, s = delta tr / d, c = (1 - delta) / (s N)
/// and M = I + c G,
///   ln det Sf = d ln s + ln det M,   x Sf⁻¹ yᵀ = (x yᵀ - c (x Bᵀ) M⁻¹ (B yᵀ)) / s,
///   and for rows x, y of B themselves  B Sf⁻¹ Bᵀ = (I - M⁻¹) / (s c).
/// M has eigenvalues between 1 and 1 + d (1 - delta) / delta: well conditioned.
class Gaussian : public ShiftMeasure {
public:
    explicit Gaussian(TokenMatrix full) : full_(full), mean_(meanOfRows(full_)) {
        centreRows(full_, mean_);
        gram_ = gram(full_);
        scale_ = kShrinkage * trace(gram_) / full_.rows / full_.cols;
        if (!(scale_ > 0)) {
            return;
        }
        weight_ = (1 - kShrinkage) / (scale_ * full_.rows);
        Rows m = identityPlus(gram_, weight_);
        cholesky(m);
        log_determinant_ = full_.cols * std::log(scale_) + logDeterminant(m);
        inverse_ = inverseFromCholesky(m);
        // tr Sf⁻¹ = (d - tr(M⁻¹ c G)) / s, and M⁻¹ c G = I - M⁻¹.
        inverse_trace_ = (full_.cols - full_.rows + trace(inverse_)) / scale_;
    }

    ShiftValue measure(TokenMatrix kept, int /*channels*/) const override {
        Rows rows(kept);
        const std::vector<double> mean = meanOfRows(rows);
        centreRows(rows, mean);
        // The last row is the difference of the means: it needs the same products.
        rows.values.resize(rows.values.size() + mean.size());
        ++rows.rows;
        for (std::size_t j = 0; j < mean.size(); ++j) {
            rows.row(kept.rows)[j] = mean[j] - mean_[j];
        }
        if (!(scale_ > 0)) {
            return {kInfinity, 0, 0, {}};
        }
        const Rows to_full = products(rows, full_);
        const Rows solved = products(to_full, inverse_);
        double within = 0;
        double between = 0;
        for (int i = 0; i < rows.rows; ++i) {
            const double form =
                (dot(rows.row(i), rows.row(i)) - weight_ * dot(solved.row(i), to_full.row(i))) /
                scale_;
            (i < kept.rows ? within : between) += form;
        }
        rows.values.resize(rows.values.size() - mean.size());
        --rows.rows;
        return valueOf(gram(rows), within / kept.rows, between);
    }

    std::vector<double> ofDraws(const std::vector<Draw>& draws) const override {
        const auto k = static_cast<int>(draws.front().size());
        const bool is_whole = k == full_.rows;  // then all draws are the same
        std::vector<double> values;
        for (const Draw& draw : draws) {
            values.push_back(is_whole && !values.empty() ? values.front() : ofDraw(draw));
        }
        return values;
    }

    int affordableDraws(int k) const override {
        const double each = std::max(static_cast<double>(k) * k * k / 6, 1.0);
        return std::max(kLeastDraws, static_cast<int>(std::min(kBandOperations / each, 1e6)));
    }

private:
    static Rows identityPlus(const Rows& matrix, double weight) {
        Rows out = matrix;
        for (double& value : out.values) {
            value *= weight;
        }
        for (int i = 0; i < out.rows; ++i) {
            out.at(i, i) += 1;
        }
        return out;
    }

    double ofDraw(const Draw& draw) const {
        if (!(scale_ > 0)) {
            return kInfinity;
        }
        const auto k = static_cast<int>(draw.size());
        // G of the drawn rows, then centred on their own mean from both sides.
        Rows own(k, k);
        std::vector<double> row_mean(draw.size(), 0.0);
        double all = 0;
        double diagonal = 0;
        double squares = 0;
        double forms = 0;  // sum over all pairs of rows of x Sf⁻¹ yᵀ
        for (int i = 0; i < k; ++i) {
            const auto at = static_cast<std::size_t>(i);
            const std::span<const double> products = gram_.row(draw[at]);
            const std::span<const double> inverse = inverse_.row(draw[at]);
            const std::span<double> to = own.row(i);
            double inverse_sum = 0;
            for (std::size_t j = 0; j < draw.size(); ++j) {
                to[j] = products[static_cast<std::size_t>(draw[j])];
                row_mean[at] += to[j];
                inverse_sum += inverse[static_cast<std::size_t>(draw[j])];
            }
            all += row_mean[at];
            row_mean[at] /= k;
            squares += products[static_cast<std::size_t>(draw[at])];
            diagonal += 1 - inverse[static_cast<std::size_t>(draw[at])];
            forms += 1 - inverse_sum;
        }
        const double grand_mean = all / k / k;
        for (int i = 0; i < k; ++i) {
            for (int j = 0; j < k; ++j) {
                own.at(i, j) += grand_mean - row_mean[static_cast<std::size_t>(i)] -
                                row_mean[static_cast<std::size_t>(j)];
            }
        }
        if (trace(own) <= kRounding * squares) {
            return kInfinity;
        }
        const double unit = 1 / (scale_ * weight_);
        const double between = unit * forms / k / k;
        return valueOf(own, unit * diagonal / k - between, between).value;
    }

    /// @param own      [k, k] products of the kept rows, centred on their mean
    /// @param within   tr(Sf⁻¹ Cov_k)
    /// @param between  dmuᵀ Sf⁻¹ dmu
    ShiftValue valueOf(const Rows& own, double within, double between) const {
        const int d = full_.cols;
        const double scale = kShrinkage * trace(own) / own.rows / d;
        if (!(scale > 0)) {
            return {std::isnan(scale) ? scale : kInfinity,
                    0,
                    0,
                    {}};  // ln det Sk = -inf, also at k = 1
        }
        Rows m = identityPlus(own, (1 - kShrinkage) / (scale * own.rows));
        cholesky(m);
        const double log_determinant = d * std::log(scale) + logDeterminant(m);
        const double traces = (1 - kShrinkage) * within + scale * inverse_trace_;
        ShiftValue out;
        out.mean_term = between / (2.0 * d);
        out.variance_term =
            std::max((traces - d + log_determinant_ - log_determinant) / (2.0 * d), 0.0);
        out.value = out.mean_term + out.variance_term;
        return out;
    }

    Rows full_;  // centred
    std::vector<double> mean_;
    Rows gram_;
    double scale_ = 0;            // s; 0 where the full set has no variance
    double weight_ = 0;           // c
    double log_determinant_ = 0;  // of Sf
    Rows inverse_;                // M⁻¹
    double inverse_trace_ = 0;    // tr Sf⁻¹
};

}  // namespace

std::unique_ptr<const ShiftMeasure> makeGaussian(TokenMatrix full) {
    return std::make_unique<Gaussian>(full);
}

}  // namespace prunescope
