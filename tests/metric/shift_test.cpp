#include "core/metric/shift.h"

#include "core/base/error.h"
#include "core/base/random.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>
#include <numeric>

#include <gtest/gtest.h>

namespace prunescope {

namespace {

struct Features {
    std::vector<float> values;
    int rows = 0;
    int cols = 0;

    TokenMatrix view() const { return {values, rows, cols}; }

    Features pick(const std::vector<std::int32_t>& slots) const {
        Features out{{}, static_cast<int>(slots.size()), cols};
        for (const std::int32_t slot : slots) {
            const std::span<const float> row = view().row(slot);
            out.values.insert(out.values.end(), row.begin(), row.end());
        }
        return out;
    }
};

// Independent normals (Box-Muller on our own generator: the same everywhere).
Features normals(int rows, int cols, std::uint64_t seed, double offset = 0) {
    SplitMix64 random(seed);
    Features out{{}, rows, cols};
    for (int i = 0; i < rows * cols; ++i) {
        const double radius = std::sqrt(-2.0 * std::log(1.0 - random.uniform()));
        const double angle = 2.0 * std::numbers::pi * random.uniform();
        out.values.push_back(static_cast<float>(radius * std::cos(angle) + offset));
    }
    return out;
}

// methods.md 5.1 item 1, as it is written: plain loops in double.
double plainD(const Features& kept, const Features& full) {
    const auto moments = [](const Features& set, int c) {
        double mean = 0;
        for (int i = 0; i < set.rows; ++i) {
            mean += static_cast<double>(set.view().row(i)[static_cast<std::size_t>(c)]) / set.rows;
        }
        double variance = 0;
        for (int i = 0; i < set.rows; ++i) {
            const double difference =
                static_cast<double>(set.view().row(i)[static_cast<std::size_t>(c)]) - mean;
            variance += difference * difference / set.rows;
        }
        return std::pair(mean, variance);
    };
    double e = 0;
    for (int c = 0; c < full.cols; ++c) {
        e += 1e-6 * moments(full, c).second / full.cols;
    }
    double sum = 0;
    for (int c = 0; c < full.cols; ++c) {
        const auto [mean_k, v_k] = moments(kept, c);
        const auto [mean_f, v_f] = moments(full, c);
        sum += std::log((v_f + e) / (v_k + e)) +
               ((v_k + e) + (mean_k - mean_f) * (mean_k - mean_f)) / (v_f + e) - 1;
    }
    return sum / (2 * full.cols);
}

}  // namespace

TEST(Shift, EqualsTheFormulaWrittenOut) {
    const Features full = normals(90, 17, 1, 3.0);
    const ShiftReference reference(ShiftMetric::KlDiagFwd, full.view());
    for (const int k : {1, 2, 7, 45, 89, 90}) {
        const Features kept = full.pick(drawWithoutReplacement(90, k, 5));
        const ShiftValue shift = reference.measure(kept.view());
        EXPECT_NEAR(shift.value, plainD(kept, full), 1e-9 * (1 + plainD(kept, full))) << k;
        EXPECT_DOUBLE_EQ(shift.value, shift.mean_term + shift.variance_term);
        EXPECT_GE(shift.value, 0);
    }
}

TEST(Shift, IsZeroForTheFullSetAndBlindToOrder) {
    const Features full = normals(64, 8, 2);
    const ShiftReference reference(ShiftMetric::KlDiagFwd, full.view());
    EXPECT_NEAR(reference.measure(full.view()).value, 0, 1e-12);
    std::vector<std::int32_t> order(64);
    std::iota(order.rbegin(), order.rend(), 0);
    EXPECT_NEAR(reference.measure(full.pick(order).view()).value, 0, 1e-12);
}

TEST(Shift, ConstantFeaturesGiveZeroNotNan) {
    const Features full{std::vector<float>(40, 1.1F), 10, 4};
    const ShiftReference reference(ShiftMetric::KlDiagFwd, full.view());
    EXPECT_EQ(reference.measure(full.pick({0, 3}).view()).value, 0);
    EXPECT_EQ(reference.nullBand(4, 0).median, 0);
    const Features one_row = normals(1, 4, 3);
    const ShiftReference single(ShiftMetric::KlDiagFwd, one_row.view());
    EXPECT_EQ(single.measure(one_row.view()).value, 0);
    EXPECT_EQ(single.nullBand(1, 0).p95, 0);
}

TEST(Shift, FeaturesThatAreNotNumbersAreNotHidden) {
    Features full = normals(10, 4, 3);
    const ShiftReference reference(ShiftMetric::KlDiagFwd, full.view());
    full.values[5] = std::numeric_limits<float>::quiet_NaN();
    EXPECT_TRUE(std::isnan(reference.measure(full.view()).value));
}

TEST(Shift, NullBandIsThatOfMeasuredDraws) {
    const Features full = normals(60, 12, 4, 5.0);
    const ShiftReference reference(ShiftMetric::KlDiagFwd, full.view());
    for (const int k : {1, 3, 29, 30, 31, 50, 60}) {  // below and above half
        std::vector<double> values;
        for (std::uint64_t draw = 0; draw < 21; ++draw) {
            const Features kept = full.pick(drawWithoutReplacement(60, k, 7 + draw));
            values.push_back(reference.measure(kept.view()).value);
        }
        std::sort(values.begin(), values.end());
        const NullBand band = reference.nullBand(k, 7, 21);
        EXPECT_NEAR(band.median, values[10], 1e-9) << k;
        EXPECT_NEAR(band.p5, values[1], 1e-9) << k;
        EXPECT_NEAR(band.p95, values[19], 1e-9) << k;
        EXPECT_EQ(band.draws, 21);
        EXPECT_EQ(band, reference.nullBand(k, 7, 21));
    }
}

TEST(Shift, PercentilesAreInterpolated) {
    const Features full = normals(30, 5, 6);
    const ShiftReference reference(ShiftMetric::KlDiagFwd, full.view());
    const NullBand first = reference.nullBand(5, 0, 1);
    const NullBand second = reference.nullBand(5, 1, 1);
    const NullBand both = reference.nullBand(5, 0, 2);
    EXPECT_NEAR(both.median, (first.median + second.median) / 2, 1e-12);
    EXPECT_NEAR(
        both.p5,
        std::min(first.median, second.median) + 0.05 * std::fabs(first.median - second.median),
        1e-12);
}

TEST(Shift, RandomDrawsLieInTheExpectedBands) {
    // methods.md 5.3, iid rows of the table, +-30 %.
    const Features full = normals(576, 1024, 8);
    const ShiftReference reference(ShiftMetric::KlDiagFwd, full.view());
    const std::pair<int, double> expected[] = {
        {10, 0.108}, {16, 0.065}, {32, 0.030}, {64, 0.014}, {100, 0.0084}};
    for (const auto& [k, value] : expected) {
        const NullBand band = reference.nullBand(k, 0);
        EXPECT_NEAR(band.median, value, 0.3 * value) << k;
        EXPECT_LE(band.p5, band.median);
        EXPECT_LE(band.median, band.p95);
        EXPECT_EQ(band.draws, 200);
    }
}

TEST(Shift, RefusesWhatCannotBeMeasured) {
    const Features full = normals(10, 4, 9);
    const ShiftReference reference(ShiftMetric::KlDiagFwd, full.view());
    EXPECT_THROW(reference.measure(normals(3, 5, 1).view()), Error);
    EXPECT_THROW(reference.measure(TokenMatrix{{}, 0, 4}), Error);
    EXPECT_THROW(reference.nullBand(0, 0), Error);
    EXPECT_THROW(reference.nullBand(11, 0), Error);
    EXPECT_THROW(ShiftReference(ShiftMetric::KlDiagFwd, TokenMatrix{{}, 0, 4}), Error);
}

TEST(Shift, MetricsAreFoundByTheirNames) {
    for (const ShiftMetricInfo& info : shiftMetrics()) {
        EXPECT_EQ(shiftMetricFrom(info.id), info.metric);
        EXPECT_FALSE(info.title.empty());
        EXPECT_FALSE(info.formula.empty());
    }
    EXPECT_THROW(shiftMetricFrom("klDiag"), Error);
}

}  // namespace prunescope
