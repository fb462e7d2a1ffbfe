#include "core/dataset/statistics.h"

#include "core/base/random.h"

#include <numeric>

#include <gmock/gmock.h>

namespace prunescope {
namespace {

std::vector<Pair> pairsOf(const std::vector<double>& x, const std::vector<double>& y) {
    std::vector<Pair> pairs;
    for (std::size_t i = 0; i < x.size(); ++i) {
        pairs.push_back({x[i], y[i], i});
    }
    return pairs;
}

TEST(RankCorrelation, KnownValues) {
    EXPECT_DOUBLE_EQ(*RankCorrelation(pairsOf({1, 2, 3}, {10, 20, 90})).value(), 1);
    EXPECT_DOUBLE_EQ(*RankCorrelation(pairsOf({1, 2, 3}, {9, 2, 1})).value(), -1);
    // Ranks (1, 2, 3, 4, 5) and (2, 1, 4, 3, 5): 1 - 6 * 4 / (5 * 24).
    EXPECT_DOUBLE_EQ(*RankCorrelation(pairsOf({1, 2, 3, 4, 5}, {2, 1, 4, 3, 5})).value(), 0.8);
    // Ties take mean ranks: (1.5, 1.5, 3, 4) and (1, 2, 3.5, 3.5).
    EXPECT_DOUBLE_EQ(*RankCorrelation(pairsOf({1, 1, 2, 3}, {0, 1, 2, 2})).value(), 4 / 4.5);
    EXPECT_FALSE(RankCorrelation(pairsOf({1, 1, 1}, {1, 2, 3})).value());
    EXPECT_FALSE(RankCorrelation({}).value());
}

TEST(RankCorrelation, WeightsCountAsRepeatedPairs) {
    SplitMix64 random(7);
    for (int round = 0; round < 50; ++round) {
        std::vector<Pair> pairs;
        std::vector<Pair> repeated;
        const std::vector<int> weights = resampledWeights(12, random.next());
        for (std::size_t i = 0; i < weights.size(); ++i) {
            const Pair pair{
                static_cast<double>(random.next() % 5), static_cast<double>(random.next() % 3), i};
            pairs.push_back(pair);
            repeated.insert(repeated.end(), static_cast<std::size_t>(weights[i]), pair);
        }
        const auto weighted = RankCorrelation(pairs).value(weights);
        const auto plain = RankCorrelation(repeated).value();
        ASSERT_EQ(weighted.has_value(), plain.has_value());
        if (plain) {
            EXPECT_NEAR(*weighted, *plain, 1e-12);
        }
    }
}

TEST(Bootstrap, DrawsAsManyAsThereAreAndRepeats) {
    const std::vector<int> weights = resampledWeights(100, 3);
    EXPECT_EQ(std::accumulate(weights.begin(), weights.end(), 0), 100);
    EXPECT_EQ(resampledWeights(100, 3), weights);
    EXPECT_NE(resampledWeights(100, 4), weights);
}

TEST(Bootstrap, PercentilesInterpolate) {
    std::vector<double> values(101);
    std::iota(values.begin(), values.end(), 0.0);
    EXPECT_EQ(intervalOf(50, values), (Interval{50, 2.5, 97.5}));
    EXPECT_EQ(intervalOf(4, {}), (Interval{4, 4, 4}));
}

// The interval of a mean has to agree with the normal approximation.
TEST(Bootstrap, IntervalOfAMeanIsAsWideAsTheoryHasIt) {
    constexpr int kUnits = 400;
    std::vector<double> means;
    for (std::uint64_t seed = 0; seed < 1000; ++seed) {
        const std::vector<int> weights = resampledWeights(kUnits, seed);
        double sum = 0;
        for (std::size_t i = 0; i < weights.size(); ++i) {
            sum += i % 4 == 0 ? 0 : weights[i];
        }
        means.push_back(sum / kUnits);
    }
    const Interval interval = intervalOf(0.75, means);
    const double expected = 2 * 1.96 * std::sqrt(0.75 * 0.25 / kUnits);
    EXPECT_NEAR(interval.high - interval.low, expected, 0.1 * expected);
}

}  // namespace
}  // namespace prunescope
