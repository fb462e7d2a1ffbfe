#include "core/metric/measure.h"
#include "core/metric/rows.h"

#include <algorithm>
#include <cmath>

namespace prunescope {

namespace {

std::vector<double> squaredNorms(const Rows& rows) {
    std::vector<double> out;
    for (int i = 0; i < rows.rows; ++i) {
        out.push_back(dot(rows.row(i), rows.row(i)));
    }
    return out;
}

// |x - y|^2 in the place of <x, y>.
void toSquaredDistances(Rows& products,
                        const std::vector<double>& left,
                        const std::vector<double>& right) {
    for (int i = 0; i < products.rows; ++i) {
        const std::span<double> row = products.row(i);
        for (std::size_t j = 0; j < row.size(); ++j) {
            row[j] = std::max(left[static_cast<std::size_t>(i)] + right[j] - 2 * row[j], 0.0);
        }
    }
}

// The middle of all pairs i < j; of an even number, the mean of the middle two.
double medianOfPairs(const Rows& distances) {
    std::vector<double> pairs;
    for (int i = 0; i < distances.rows; ++i) {
        const std::span<const double> row = distances.row(i);
        pairs.insert(pairs.end(), row.begin() + i + 1, row.end());
    }
    if (pairs.empty()) {
        return 0;
    }
    const auto middle = pairs.begin() + static_cast<std::ptrdiff_t>(pairs.size() / 2);
    std::nth_element(pairs.begin(), middle, pairs.end(), comesBefore);
    return pairs.size() % 2 == 1
               ? *middle
               : (*middle + *std::max_element(pairs.begin(), middle, comesBefore)) / 2;
}

double meanOf(const Rows& rows) {
    double sum = 0;
    for (const double value : rows.values) {
        sum += value;
    }
    return sum / static_cast<double>(rows.values.size());
}

/// mmdRbf, the biased estimate: mean K_kk + mean K_ff - 2 mean K_kf.
class Kernel : public ShiftMeasure {
public:
    explicit Kernel(TokenMatrix full) : full_(full), mean_(meanOfRows(full_)) {
        centreRows(full_, mean_);  // distances stay, and lose fewer digits
        norms_ = squaredNorms(full_);
        kernel_ = gram(full_);
        toSquaredDistances(kernel_, norms_, norms_);
        const double median = medianOfPairs(kernel_);
        bandwidth_ = 2 * (median > 0 ? median : 1.0);
        toKernel(kernel_);
        for (int i = 0; i < kernel_.rows; ++i) {
            kernel_.at(i, i) = 1;
            double sum = 0;
            for (const double value : kernel_.row(i)) {
                sum += value;
            }
            row_means_.push_back(sum / kernel_.cols);
        }
        mean_kernel_ = meanOf(kernel_);
    }

    ShiftValue measure(TokenMatrix kept, int /*channels*/) const override {
        Rows rows(kept);
        centreRows(rows, mean_);
        const std::vector<double> norms = squaredNorms(rows);
        Rows own = gram(rows);
        toSquaredDistances(own, norms, norms);
        toKernel(own);
        Rows cross = products(rows, full_);
        toSquaredDistances(cross, norms, norms_);
        toKernel(cross);
        ShiftValue out;
        out.value = atLeastZero(meanOf(own) + mean_kernel_ - 2 * meanOf(cross));
        return out;
    }

    std::vector<double> ofDraws(const std::vector<Draw>& draws) const override {
        std::vector<double> values;
        for (const Draw& draw : draws) {
            double own = 0;
            double cross = 0;
            for (const std::int32_t i : draw) {
                const std::span<const double> row = kernel_.row(i);
                for (const std::int32_t j : draw) {
                    own += row[static_cast<std::size_t>(j)];
                }
                cross += row_means_[static_cast<std::size_t>(i)];
            }
            const auto k = static_cast<double>(draw.size());
            values.push_back(atLeastZero(own / k / k + mean_kernel_ - 2 * cross / k));
        }
        return values;
    }

private:
    void toKernel(Rows& distances) const {
        for (double& value : distances.values) {
            value = std::exp(-value / bandwidth_);
        }
    }

    // Rounding can leave -1e-17; a NaN stays one.
    static double atLeastZero(double value) { return value < 0 ? 0.0 : value; }

    Rows full_;                 // centred
    std::vector<double> mean_;  // that was taken off
    std::vector<double> norms_;
    double bandwidth_ = 1;  // 2 x median
    Rows kernel_;           // [N, N]
    std::vector<double> row_means_;
    double mean_kernel_ = 0;
};

}  // namespace

std::unique_ptr<const ShiftMeasure> makeKernel(TokenMatrix full) {
    return std::make_unique<Kernel>(full);
}

}  // namespace prunescope
