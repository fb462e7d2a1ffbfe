#include "core/metric/shift.h"

#include "core/base/error.h"
#include "core/base/random.h"
#include "tests/metric/features.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

namespace prunescope {

namespace {

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

TEST(Shift, NullBandIsTheSameHoweverItsDrawsAreSpread) {
    const Features full = normals(40, 70, 4, 5.0);  // more channels than a block of them
    for (const ShiftMetricInfo& metric : shiftMetrics()) {
        const ShiftReference reference(metric.metric, full.view());
        for (const int k : {1, 9, 33, 40}) {
            const NullBand alone = reference.nullBand(k, 7, 21);
            for (const int parts : {2, 3, 16, 21}) {
                const ForRanges spread = [parts](int n, const auto& work) {
                    std::vector<std::jthread> threads;
                    for (int part = parts - 1; part >= 0; --part) {
                        threads.emplace_back(work, n * part / parts, n * (part + 1) / parts);
                    }
                };
                EXPECT_EQ(reference.nullBand(k, 7, 21, spread), alone)
                    << metric.id << ", k = " << k << ", " << parts << " threads";
            }
        }
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

TEST(Shift, ChannelsThatAddMostAreListedWithTheirShares) {
    Features full = normals(80, 12, 10);
    Features kept = full.pick(drawWithoutReplacement(80, 20, 1));
    for (int i = 0; i < kept.rows; ++i) {
        kept.values[static_cast<std::size_t>(i * 12 + 7)] += 5.0F;   // a shifted mean
        kept.values[static_cast<std::size_t>(i * 12 + 3)] *= 0.01F;  // a lost variance
    }
    for (const ShiftMetricInfo& info : shiftMetrics()) {
        const ShiftReference reference(info.metric, full.view());
        EXPECT_TRUE(reference.measure(kept.view()).channels.empty()) << info.id;
        const ShiftValue shift = reference.measure(kept.view(), 5);
        if (!info.has_channels) {
            EXPECT_TRUE(shift.channels.empty()) << info.id;
            continue;
        }
        ASSERT_EQ(shift.channels.size(), 5U) << info.id;
        const ShiftValue all = reference.measure(kept.view(), 100);
        ASSERT_EQ(all.channels.size(), 12U) << info.id;
        double sum = 0;
        double share = 0;
        for (std::size_t i = 0; i < all.channels.size(); ++i) {
            const ChannelShift& one = all.channels[i];
            sum += one.mean_term + one.variance_term;
            share += one.share;
            EXPECT_NEAR(one.share, (one.mean_term + one.variance_term) / shift.value, 1e-9);
            EXPECT_TRUE(i == 0 || all.channels[i - 1].share >= one.share) << info.id;
        }
        EXPECT_NEAR(sum, shift.value, 1e-9 * shift.value) << info.id;
        EXPECT_NEAR(share, 1, 1e-9) << info.id;
        const bool dreads_lost_variance =
            info.metric == ShiftMetric::KlDiagRev || info.metric == ShiftMetric::KlDiagJ;
        const ChannelShift& first = shift.channels[0];
        EXPECT_EQ(first.channel, dreads_lost_variance ? 3 : 7) << info.id;
        EXPECT_EQ(first.variance_term > first.mean_term, dreads_lost_variance) << info.id;
    }
}

}  // namespace prunescope
