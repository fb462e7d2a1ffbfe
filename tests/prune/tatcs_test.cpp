#include "core/prune/tatcs.h"

#include "tests/prune/fake_views.h"

#include <algorithm>
#include <cmath>
#include <set>

#include <ATen/ops/full.h>
#include <ATen/ops/zeros.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace prunescope {

namespace {

using ::testing::Each;
using ::testing::ElementsAre;
using testing::matrixOf;
using testing::normals;

TatcsInput inputOf(const at::Tensor& tokens) {
    TatcsInput in;
    in.tokens = tokens;
    in.mass.assign(toSize(tokens.size(0)), 1.0F);
    in.score.assign(toSize(tokens.size(0)), 1.0F);
    return in;
}

void expectClusters(const Reselection& result, int n, int k) {
    ASSERT_EQ(result.cluster_of.size(), toSize(n));
    ASSERT_EQ(result.chosen.size(), toSize(k));
    EXPECT_EQ(std::set(result.chosen.begin(), result.chosen.end()).size(), toSize(k));
    EXPECT_EQ(std::set(result.centres.begin(), result.centres.end()).size(), toSize(k));
    for (int j = 0; j < k; ++j) {
        EXPECT_EQ(result.cluster_of[toSize(result.chosen[toSize(j)])], j);
    }
}

}  // namespace

TEST(Tatcs, PicksTheMedoidOfEveryCluster) {
    // Two bundles of directions; the middle one of each is the medoid.
    const at::Tensor tokens = matrixOf({1, 0.3F, 1, 0, 1, -0.3F, -0.3F, 1, 0, 1, 0.3F, 1}, 2);
    const Reselection result = tatcs(inputOf(tokens), {}, 2);
    expectClusters(result, 6, 2);
    std::vector<int> chosen = result.chosen;
    std::sort(chosen.begin(), chosen.end());
    EXPECT_THAT(chosen, ElementsAre(1, 4));
    EXPECT_EQ(result.cluster_of[0], result.cluster_of[2]);
    EXPECT_NE(result.cluster_of[0], result.cluster_of[3]);
    EXPECT_FALSE(result.text.has_text);
    EXPECT_THAT(result.text.relevance, Each(0.5F));
}

TEST(Tatcs, TheQuestionPullsTheChoice) {
    const at::Tensor tokens = matrixOf({1, 0.3F, 1, 0, 1, -0.3F, 0, 1}, 2);
    TatcsInput in = inputOf(tokens);
    in.projected = tokens;
    in.text = matrixOf({1, 0.5F}, 2);  // a single rater: relevance, but no profile
    TatcsOptions options;
    options.mu = 2.0;
    const Reselection result = tatcs(in, options, 2);
    EXPECT_EQ(result.text.relevance[0], 1.0F);
    EXPECT_EQ(*std::min_element(result.text.relevance.begin(), result.text.relevance.end()), 0.0F);
    EXPECT_TRUE(std::count(result.chosen.begin(), result.chosen.end(), 0));
}

TEST(Tatcs, RelevanceIsTheScaledLargestCosine) {
    const at::Tensor projected = normals({9, 6}, 1);
    const at::Tensor text = normals({3, 6}, 2);
    const TextRelevance result = textRelevance(projected, text, 9);
    const HostMatrix z = toHost(unitRows(projected));
    const HostMatrix t = toHost(unitRows(text));
    std::vector<double> largest(9, -2.0);
    for (int i = 0; i < 9; ++i) {
        for (int u = 0; u < 3; ++u) {
            double dot = 0;
            for (std::size_t c = 0; c < 6; ++c) {
                dot += static_cast<double>(z.row(i)[c]) * static_cast<double>(t.row(u)[c]);
            }
            largest[toSize(i)] = std::max(largest[toSize(i)], dot);
        }
    }
    const auto [low, high] = std::minmax_element(largest.begin(), largest.end());
    for (int i = 0; i < 9; ++i) {
        EXPECT_NEAR(
            result.relevance[toSize(i)], (largest[toSize(i)] - *low) / (*high - *low), 1e-5);
    }
    for (int u = 0; u < 3; ++u) {
        double sum = 0;
        for (int i = 0; i < 9; ++i) {
            sum += result.profile.row(i)[toSize(u)];
        }
        EXPECT_NEAR(sum, 0, 1e-5);
    }
}

TEST(Tatcs, OnlyTextThatThePictureAnswersRates) {
    // Five text tokens; all visual tokens point along the second.
    at::Tensor text = at::zeros({5, 3});
    text[1][0].fill_(4.0);
    text[2][1].fill_(4.0);
    const at::Tensor projected = at::full({6, 1}, 2.0).mul(matrixOf({1, 0, 0}, 3));
    EXPECT_EQ(textRelevance(projected, text, 6).profile.cols, 1);
    EXPECT_EQ(textRelevance(projected, text.slice(0, 0, 4), 6).profile.cols, 4);
    // Nothing stands out: all rate, and the relevance is even.
    const TextRelevance even = textRelevance(projected, at::full({6, 3}, 1.0), 6);
    EXPECT_EQ(even.profile.cols, 6);
    EXPECT_THAT(even.relevance, Each(0.5F));
    EXPECT_THAT(even.profile.values, Each(::testing::DoubleNear(0.0, 1e-12)));
}

TEST(Tatcs, KeepsClustersDisjointForEveryOption) {
    for (std::uint64_t seed = 0; seed < 60; ++seed) {
        TatcsInput in = inputOf(normals({30, 8}, seed));
        in.mass = toHostVector(normals({30}, seed + 1).abs().add(1.0));
        in.score = toHostVector(normals({30}, seed + 2).abs());
        in.projected = normals({30, 10}, seed + 3);
        in.text = normals({static_cast<std::int64_t>(seed % 8), 10}, seed + 4);
        TatcsOptions options;
        options.init = std::array{"facility", "kcenter", "scope"}[seed % 3];
        options.rounds = 1 + static_cast<int>(seed % 3);
        const int k = 1 + static_cast<int>(seed) % 30;
        SCOPED_TRACE(seed);
        expectClusters(tatcs(in, options, k), 30, k);
    }
}

TEST(Tatcs, DegeneratePoolsGiveDistinctTokens) {
    TatcsInput in = inputOf(at::full({7, 4}, 1.5));
    in.projected = at::full({7, 5}, 1.0);
    in.text = normals({6, 5}, 1);
    const Reselection result = tatcs(in, {}, 3);
    expectClusters(result, 7, 3);
    EXPECT_THAT(result.text.relevance, Each(0.5F));
    for (const float value : result.medoid) {
        EXPECT_TRUE(std::isfinite(value));
    }
    expectClusters(tatcs(inputOf(at::zeros({7, 4})), {}, 7), 7, 7);
    expectClusters(tatcs(inputOf(normals({1, 4}, 1)), {}, 1), 1, 1);
}

TEST(Tatcs, RoundsStopWhenNothingMoves) {
    const at::Tensor tokens = normals({40, 6}, 5);
    TatcsOptions three;
    three.rounds = 3;
    const Reselection once = tatcs(inputOf(tokens), {}, 8);
    const Reselection thrice = tatcs(inputOf(tokens), three, 8);
    EXPECT_EQ(once.centres, thrice.centres);
    expectClusters(thrice, 40, 8);
}

}  // namespace prunescope
