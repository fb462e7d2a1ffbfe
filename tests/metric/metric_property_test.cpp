// What every shift metric has to keep to, and the formulas written out as plain loops where the
// metric takes another way than its formula.

#include "core/base/error.h"
#include "core/base/random.h"
#include "core/metric/rows.h"
#include "core/metric/shift.h"
#include "tests/metric/features.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include <gtest/gtest.h>

namespace prunescope {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

void expectNear(double actual, double expected, double tolerance) {
    if (std::isinf(expected)) {
        EXPECT_EQ(actual, expected);
    } else {
        EXPECT_NEAR(actual, expected, tolerance);
    }
}

class EveryMetric : public ::testing::TestWithParam<ShiftMetric> {
protected:
    double d(const Features& kept, const Features& full) const {
        return ShiftReference(GetParam(), full.view()).measure(kept.view()).value;
    }
};

TEST_P(EveryMetric, IsNeverNegativeNorNanAndSumsItsTerms) {
    for (std::uint64_t seed = 0; seed < 100; ++seed) {
        SplitMix64 random(seed);
        const int n = 1 + static_cast<int>(random.next() % 60);
        const int width = 1 + static_cast<int>(random.next() % 40);
        const int k = 1 + static_cast<int>(random.next() % static_cast<std::uint64_t>(n));
        const Features full = normals(n, width, seed, 2.0);
        const ShiftReference reference(GetParam(), full.view());
        const ShiftValue shift =
            reference.measure(full.pick(drawWithoutReplacement(n, k, seed)).view());
        EXPECT_GE(shift.value, 0) << seed;
        if (infoOf(GetParam()).has_terms && std::isfinite(shift.value)) {
            EXPECT_NEAR(shift.value, shift.mean_term + shift.variance_term, 1e-12) << seed;
            EXPECT_GE(shift.mean_term, 0) << seed;
            EXPECT_GE(shift.variance_term, 0) << seed;
        } else {
            EXPECT_EQ(shift.mean_term, 0) << seed;
            EXPECT_EQ(shift.variance_term, 0) << seed;
        }
        EXPECT_EQ(shift.value == kInfinity, k == 1 && GetParam() == ShiftMetric::KlFull) << seed;
    }
}

TEST_P(EveryMetric, IsZeroForTheFullSetInAnyOrder) {
    for (const auto& [n, width] : {std::pair(2, 3), {30, 7}, {12, 40}}) {
        const Features full = normals(n, width, 3, 1.0);
        std::vector<std::int32_t> order(static_cast<std::size_t>(n));
        std::iota(order.rbegin(), order.rend(), 0);
        EXPECT_NEAR(d(full, full), 0, 1e-6);
        EXPECT_NEAR(d(full.pick(order), full), 0, 1e-6);
    }
}

TEST_P(EveryMetric, IsBlindToTheOrderOfBothSets) {
    const Features full = normals(40, 9, 4, 1.0);
    std::vector<std::int32_t> picks = drawWithoutReplacement(40, 11, 4);
    const double before = d(full.pick(picks), full);
    std::vector<std::int32_t> order(40);
    std::iota(order.rbegin(), order.rend(), 0);
    std::rotate(picks.begin(), picks.begin() + 5, picks.end());
    EXPECT_NEAR(d(full.pick(picks), full.pick(order)), before, 1e-9 * (1 + before));
}

TEST_P(EveryMetric, GrowsWithTheDistance) {
    const Features full = normals(60, 8, 5, 1.0);
    const std::vector<std::int32_t> picks = drawWithoutReplacement(60, 20, 5);
    Features near = full.pick(picks);
    Features far = near;
    for (std::size_t i = 0; i < far.values.size(); ++i) {
        // Off along one direction, and stretched along it: mean, variances and angles change.
        far.values[i] = i % 8 == 0 ? 9.0F * far.values[i] + 6.0F : far.values[i];
    }
    if (GetParam() != ShiftMetric::Coverage) {  // the nearest rows may stay near
        EXPECT_GT(d(far, full), d(near, full));
    }
    EXPECT_GT(d(full.pick({0}), full), d(near, full));
}

TEST_P(EveryMetric, HasAValueForFeaturesWithoutVariance) {
    const Features flat{std::vector<float>(40, 1.1F), 10, 4};
    const Features other{std::vector<float>(12, 2.0F), 3, 4};
    // Nothing to compare with: the full covariance of equal rows has no determinant.
    const double same = GetParam() == ShiftMetric::KlFull ? kInfinity : 0;
    expectNear(d(flat.pick({0, 3}), flat), same, 1e-12);
    expectNear(d(flat, flat), same, 1e-12);
    EXPECT_FALSE(std::isnan(d(other, flat)));
    EXPECT_FALSE(std::isnan(d(normals(5, 4, 1), flat)));
    EXPECT_FALSE(std::isnan(d(flat, normals(9, 4, 1))));
    const Features zeros{std::vector<float>(24, 0.0F), 6, 4};
    EXPECT_FALSE(std::isnan(d(zeros.pick({1, 2}), zeros)));
    EXPECT_FALSE(std::isnan(d(zeros, normals(9, 4, 1))));
    const NullBand band = ShiftReference(GetParam(), flat.view()).nullBand(4, 0, 20);
    expectNear(band.median, same, 1e-12);
    expectNear(band.p95, same, 1e-12);
}

TEST_P(EveryMetric, DoesNotHideWhatIsNoNumber) {
    Features full = normals(10, 4, 3);
    const ShiftReference reference(GetParam(), full.view());
    full.values[5] = std::numeric_limits<float>::quiet_NaN();
    EXPECT_FALSE(std::isfinite(reference.measure(full.view()).value));
}

TEST_P(EveryMetric, NullBandIsThatOfMeasuredDraws) {
    for (const auto& [n, width] : {std::pair(60, 12), {20, 50}}) {
        const Features full = normals(n, width, 4, 3.0);
        const ShiftReference reference(GetParam(), full.view());
        for (const int k : {1, 2, 7, n / 2, n / 2 + 1, n - 1, n}) {
            std::vector<double> values;
            for (std::uint64_t draw = 0; draw < 21; ++draw) {
                const Features kept = full.pick(drawWithoutReplacement(n, k, 7 + draw));
                values.push_back(reference.measure(kept.view()).value);
            }
            std::sort(values.begin(), values.end());
            SCOPED_TRACE(k);
            const NullBand band = reference.nullBand(k, 7, 21);
            expectNear(band.p5, values[1], 1e-8 * (1 + values[1]));
            expectNear(band.median, values[10], 1e-8 * (1 + values[10]));
            expectNear(band.p95, values[19], 1e-8 * (1 + values[19]));
            EXPECT_EQ(band.draws, 21);
            EXPECT_EQ(band, reference.nullBand(k, 7, 21));
        }
    }
}

INSTANTIATE_TEST_SUITE_P(AllMetrics,
                         EveryMetric,
                         ::testing::ValuesIn([] {
                             std::vector<ShiftMetric> metrics;
                             for (const ShiftMetricInfo& one : shiftMetrics()) {
                                 metrics.push_back(one.metric);
                             }
                             return metrics;
                         }()),
                         [](const ::testing::TestParamInfo<ShiftMetric>& test) {
                             return infoOf(test.param).id;
                         });

// ---- the formulas of methods.md 5.1, written out ------------------------------------------------

Rows covariance(const Features& set) {
    Rows out(set.cols, set.cols);
    for (int a = 0; a < set.cols; ++a) {
        for (int b = 0; b < set.cols; ++b) {
            double mean_a = 0;
            double mean_b = 0;
            for (int i = 0; i < set.rows; ++i) {
                mean_a += set.at(i, a) / set.rows;
                mean_b += set.at(i, b) / set.rows;
            }
            for (int i = 0; i < set.rows; ++i) {
                out.at(a, b) += (set.at(i, a) - mean_a) * (set.at(i, b) - mean_b) / set.rows;
            }
        }
    }
    return out;
}

// Gauss-Jordan with pivots; also gives ln |det|.
Rows inverted(Rows matrix, double& log_determinant) {
    const int n = matrix.rows;
    Rows inverse(n, n);
    log_determinant = 0;
    for (int i = 0; i < n; ++i) {
        inverse.at(i, i) = 1;
    }
    for (int c = 0; c < n; ++c) {
        int pivot = c;
        for (int r = c + 1; r < n; ++r) {
            pivot = std::fabs(matrix.at(r, c)) > std::fabs(matrix.at(pivot, c)) ? r : pivot;
        }
        for (int j = 0; j < n; ++j) {
            std::swap(matrix.at(c, j), matrix.at(pivot, j));
            std::swap(inverse.at(c, j), inverse.at(pivot, j));
        }
        const double scale = matrix.at(c, c);
        log_determinant += std::log(std::fabs(scale));
        for (int j = 0; j < n; ++j) {
            matrix.at(c, j) /= scale;
            inverse.at(c, j) /= scale;
        }
        for (int r = 0; r < n; ++r) {
            const double factor = r == c ? 0.0 : matrix.at(r, c);
            for (int j = 0; j < n; ++j) {
                matrix.at(r, j) -= factor * matrix.at(c, j);
                inverse.at(r, j) -= factor * inverse.at(c, j);
            }
        }
    }
    return inverse;
}

Rows shrunk(Rows covariance_matrix) {
    const double level = 0.2 * trace(covariance_matrix) / covariance_matrix.rows;
    for (double& value : covariance_matrix.values) {
        value *= 0.8;
    }
    for (int i = 0; i < covariance_matrix.rows; ++i) {
        covariance_matrix.at(i, i) += level;
    }
    return covariance_matrix;
}

TEST(KlFull, EqualsTheFormulaOverChannelsWhicheverSideIsLonger) {
    for (const auto& [n, width, k] : {std::tuple(30, 6, 9), {12, 20, 5}, {9, 9, 9}, {40, 3, 2}}) {
        const Features full = normals(n, width, 11, 2.0);
        const Features kept = normals(k, width, 12, 1.5);
        double log_f = 0;
        double log_k = 0;
        const Rows s_k = shrunk(covariance(kept));
        const Rows inverse_f = inverted(shrunk(covariance(full)), log_f);
        inverted(s_k, log_k);
        std::vector<double> difference(static_cast<std::size_t>(width), 0.0);
        for (int c = 0; c < width; ++c) {
            for (int i = 0; i < k; ++i) {
                difference[static_cast<std::size_t>(c)] += kept.at(i, c) / k;
            }
            for (int i = 0; i < n; ++i) {
                difference[static_cast<std::size_t>(c)] -= full.at(i, c) / n;
            }
        }
        double traces = 0;
        double means = 0;
        for (int a = 0; a < width; ++a) {
            for (int b = 0; b < width; ++b) {
                traces += inverse_f.at(a, b) * s_k.at(b, a);
                means += difference[static_cast<std::size_t>(a)] * inverse_f.at(a, b) *
                         difference[static_cast<std::size_t>(b)];
            }
        }
        const double expected = (traces + means - width + log_f - log_k) / (2 * width);
        const ShiftValue shift =
            ShiftReference(ShiftMetric::KlFull, full.view()).measure(kept.view());
        EXPECT_NEAR(shift.value, expected, 1e-9 * (1 + expected)) << n << " x " << width;
        EXPECT_NEAR(shift.mean_term, means / (2 * width), 1e-9) << n << " x " << width;
    }
}

TEST(KlFull, TakesFewerDrawsWhereTheyAreDear) {
    const Features full = normals(500, 4, 2);
    const ShiftReference reference(ShiftMetric::KlFull, full.view());
    EXPECT_EQ(reference.nullBand(16, 0).draws, 200);
    const int dear = reference.nullBand(400, 0).draws;
    EXPECT_GE(dear, 20);
    EXPECT_LT(dear, 200);
}

TEST(MmdRbf, EqualsTheFormulaOverPairs) {
    const Features full = normals(25, 6, 13, 4.0);
    const Features kept = normals(7, 6, 14, 3.0);
    const auto distance = [](const Features& a, int i, const Features& b, int j) {
        double sum = 0;
        for (int c = 0; c < a.cols; ++c) {
            sum += (a.at(i, c) - b.at(j, c)) * (a.at(i, c) - b.at(j, c));
        }
        return sum;
    };
    std::vector<double> pairs;
    for (int i = 0; i < full.rows; ++i) {
        for (int j = i + 1; j < full.rows; ++j) {
            pairs.push_back(distance(full, i, full, j));
        }
    }
    std::sort(pairs.begin(), pairs.end());
    const double median = (pairs[149] + pairs[150]) / 2;
    const auto meanKernel = [&](const Features& a, const Features& b) {
        double sum = 0;
        for (int i = 0; i < a.rows; ++i) {
            for (int j = 0; j < b.rows; ++j) {
                sum += std::exp(-distance(a, i, b, j) / (2 * median));
            }
        }
        return sum / a.rows / b.rows;
    };
    ASSERT_EQ(pairs.size(), 300U);
    const double expected =
        meanKernel(kept, kept) + meanKernel(full, full) - 2 * meanKernel(kept, full);
    EXPECT_NEAR(ShiftReference(ShiftMetric::MmdRbf, full.view()).measure(kept.view()).value,
                expected,
                1e-12);
}

TEST(CovCka, OfOneTokenIsOne) {
    const Features full = normals(20, 5, 15);
    const ShiftReference reference(ShiftMetric::CovCka, full.view());
    EXPECT_EQ(reference.measure(full.pick({3}).view()).value, 1);
    EXPECT_EQ(reference.nullBand(1, 0, 5).median, 1);
    EXPECT_EQ(reference.measure(full.pick({3, 3, 3}).view()).value, 1) << "equal rows";
}

TEST(Coverage, EqualsTheFormulaOverPairs) {
    const Features full = normals(18, 5, 16);
    const std::vector<std::int32_t> picks{2, 9, 17};
    double sum = 0;
    for (int i = 0; i < full.rows; ++i) {
        double nearest = -2;
        for (const std::int32_t j : picks) {
            double product = 0;
            double left = 0;
            double right = 0;
            for (int c = 0; c < full.cols; ++c) {
                product += full.at(i, c) * full.at(j, c);
                left += full.at(i, c) * full.at(i, c);
                right += full.at(j, c) * full.at(j, c);
            }
            nearest = std::max(nearest, product / std::sqrt(left * right));
        }
        sum += nearest;
    }
    EXPECT_NEAR(
        ShiftReference(ShiftMetric::Coverage, full.view()).measure(full.pick(picks).view()).value,
        1 - sum / full.rows,
        1e-12);
}

// ---- the products ------------------------------------------------------------------------------

TEST(Rows, ProductsEqualPlainLoopsForAnySize) {
    for (const auto& [m, n, depth] : {std::tuple(1, 1, 1), {5, 3, 7}, {4, 8, 256}, {9, 6, 300}}) {
        const Rows a(normals(m, depth, 1).view());
        const Rows b(normals(n, depth, 2).view());
        const Rows product = products(a, b);
        const Rows own = gram(a);
        for (int i = 0; i < m; ++i) {
            for (int j = 0; j < n; ++j) {
                double sum = 0;
                for (int p = 0; p < depth; ++p) {
                    sum += a.at(i, p) * b.at(j, p);
                }
                EXPECT_NEAR(product.at(i, j), sum, 1e-9);
            }
            for (int j = 0; j < m; ++j) {
                EXPECT_NEAR(own.at(i, j), dot(a.row(i), a.row(j)), 1e-9);
            }
        }
    }
}

TEST(Rows, CholeskyInvertsAndRefusesWhatIsNotPositive) {
    Rows matrix = gram(Rows(normals(9, 20, 3).view()));
    Rows factor = matrix;
    ASSERT_TRUE(cholesky(factor));
    const Rows inverse = inverseFromCholesky(factor);
    for (int i = 0; i < 9; ++i) {
        for (int j = 0; j < 9; ++j) {
            EXPECT_NEAR(dot(matrix.row(i), inverse.row(j)), i == j ? 1 : 0, 1e-9);
        }
    }
    double log_determinant = 0;
    inverted(matrix, log_determinant);
    EXPECT_NEAR(logDeterminant(factor), log_determinant, 1e-9);
    matrix.at(4, 4) = -1;
    EXPECT_FALSE(cholesky(matrix));
}

}  // namespace
}  // namespace prunescope
