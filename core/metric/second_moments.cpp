#include "core/metric/measure.h"
#include "core/metric/rows.h"

#include <algorithm>
#include <cmath>

namespace prunescope {

namespace {

constexpr double kRounding = 1e-13;

/// covCKA: rows are not paired, so second moments are compared, through products of rows:
/// 1 - |B Aᵀ|² / (|A Aᵀ| |B Bᵀ|) with A, B centred on their own means.
class SecondMoments : public ShiftMeasure {
public:
    explicit SecondMoments(TokenMatrix full) : full_(full) {
        centreRows(full_, meanOfRows(full_));
        gram_ = gram(full_);
        norm_ = std::sqrt(squareSum(gram_));
    }

    ShiftValue measure(TokenMatrix kept, int /*channels*/) const override {
        Rows rows(kept);
        centreRows(rows, meanOfRows(rows));
        ShiftValue out;
        out.value = valueOf(squareSum(products(rows, full_)), std::sqrt(squareSum(gram(rows))));
        return out;
    }

    std::vector<double> ofDraws(const std::vector<Draw>& draws) const override {
        std::vector<double> values;
        values.reserve(draws.size());
        for (const Draw& draw : draws) {
            values.push_back(ofDraw(draw));
        }
        return values;
    }

private:
    // The draw's rows centred on their mean, multiplied with all rows of the full set: products
    // that are known, less their mean over the draw.
    double ofDraw(const Draw& draw) const {
        const auto k = static_cast<int>(draw.size());
        std::vector<double> centre(static_cast<std::size_t>(gram_.cols), 0.0);
        for (const std::int32_t i : draw) {
            const std::span<const double> row = gram_.row(i);
            for (std::size_t j = 0; j < row.size(); ++j) {
                centre[j] += row[j] / k;
            }
        }
        double grand_mean = 0;
        for (const std::int32_t j : draw) {
            grand_mean += centre[static_cast<std::size_t>(j)] / k;
        }
        double cross = 0;
        double own = 0;
        double squares = 0;
        for (const std::int32_t i : draw) {
            const std::span<const double> row = gram_.row(i);
            for (std::size_t j = 0; j < row.size(); ++j) {
                cross += (row[j] - centre[j]) * (row[j] - centre[j]);
            }
            const double shift = grand_mean - centre[static_cast<std::size_t>(i)];
            for (const std::int32_t j : draw) {
                const auto at = static_cast<std::size_t>(j);
                const double product = row[at] - centre[at] + shift;
                own += product * product;
            }
            squares += row[static_cast<std::size_t>(i)];
        }
        // Equal rows less their mean are nothing, whatever rounding leaves of their products.
        const bool is_constant = std::sqrt(own) <= kRounding * squares;
        return is_constant ? valueOf(0, 0) : valueOf(cross, std::sqrt(own));
    }

    double valueOf(double cross, double own_norm) const {
        if (own_norm == 0 || norm_ == 0) {
            return own_norm == norm_ ? 0.0 : 1.0;
        }
        const double value = 1 - cross / (own_norm * norm_);
        return value < 0 ? 0.0 : value;
    }

    Rows full_;  // centred
    Rows gram_;
    double norm_ = 0;  // |B Bᵀ|
};

}  // namespace

std::unique_ptr<const ShiftMeasure> makeSecondMoments(TokenMatrix full) {
    return std::make_unique<SecondMoments>(full);
}

}  // namespace prunescope
