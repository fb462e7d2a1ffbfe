#include "core/prune/cdpruner.h"

#include "core/prune/divprune.h"
#include "tests/prune/fake_views.h"

#include <algorithm>
#include <cmath>

#include <ATen/ops/full.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace prunescope {

namespace {

using ::testing::Each;
using ::testing::ElementsAre;

// ln det of a symmetric positive matrix, by elimination.
double logDet(std::vector<std::vector<double>> a) {
    double sum = 0;
    for (std::size_t p = 0; p < a.size(); ++p) {
        sum += std::log(std::max(a[p][p], 1e-300));
        for (std::size_t i = p + 1; i < a.size(); ++i) {
            const double share = a[i][p] / a[p][p];
            for (std::size_t j = p; j < a.size(); ++j) {
                a[i][j] -= share * a[p][j];
            }
        }
    }
    return sum;
}

// Greedy MAP from its definition: always the token that raises ln det of the chosen kernel most.
std::vector<int> plainDpp(const at::Tensor& z, const std::vector<double>& r, int k) {
    const HostMatrix rows = toHost(z);
    const auto entry = [&](int i, int j) {
        const std::vector<double> a(rows.row(i).begin(), rows.row(i).end());
        const std::vector<double> b(rows.row(j).begin(), rows.row(j).end());
        return r[toSize(i)] * r[toSize(j)] * testing::plainCosine(a, b);
    };
    std::vector<int> picks;
    for (int t = 0; t < k; ++t) {
        int best = -1;
        double most = 0;
        for (int j = 0; j < rows.rows; ++j) {
            if (std::ranges::count(picks, j) > 0) {
                continue;
            }
            std::vector<int> set = picks;
            set.push_back(j);
            std::vector<std::vector<double>> kernel(set.size(), std::vector<double>(set.size()));
            for (std::size_t a = 0; a < set.size(); ++a) {
                for (std::size_t b = 0; b < set.size(); ++b) {
                    kernel[a][b] = entry(set[a], set[b]);
                }
            }
            const double value = logDet(kernel);
            if (best < 0 || value > most + 1e-9) {  // ties go to the lower token
                best = j;
                most = value;
            }
        }
        picks.push_back(best);
    }
    return picks;
}

std::vector<double> positives(int n, std::uint64_t seed) {
    std::vector<double> out;
    for (const float value : toHostVector(testing::normals({n}, seed).abs().add(0.2))) {
        out.push_back(static_cast<double>(value));
    }
    return out;
}

}  // namespace

TEST(CdPruner, PicksRaiseTheDeterminantMost) {
    for (std::uint64_t seed = 0; seed < 20; ++seed) {
        const int n = 12 + static_cast<int>(seed % 5);
        const at::Tensor z = testing::normals({n, 14}, seed);
        const std::vector<double> r = positives(n, seed + 50);
        EXPECT_EQ(greedyDpp(CosineRows(z), r, 7), plainDpp(z, r, 7)) << seed;
        const std::vector<double> ones(toSize(n), 1.0);
        EXPECT_EQ(greedyDpp(CosineRows(z), ones, 7), plainDpp(z, ones, 7)) << seed;
    }
}

TEST(CdPruner, WithoutGainTheMostRelevantFillUp) {
    const std::vector<double> r{0.5, 0.9, 0.7, 0.7, 0.1};
    EXPECT_THAT(greedyDpp(CosineRows(at::full({5, 8}, 0.3)), r, 4), ElementsAre(1, 2, 3, 0));
    EXPECT_THAT(greedyDpp(CosineRows(at::full({5, 8}, 0.0)), r, 3), ElementsAre(1, 2, 3));
}

TEST(CdPruner, RelevanceIsScaledSimilarityWithItsSign) {
    // Question tokens 0 and 1 of different lengths; patches at known angles to their mean.
    const at::Tensor text = testing::matrixOf({2, 0, 0, 5}, 2);
    const at::Tensor z = testing::matrixOf({3, 3, 4, 0, -1, -1}, 2);
    const double high = std::sqrt(0.5);  // cosine mean over both tokens for (1, 1)
    const double mid = 0.5;
    const double low = -std::sqrt(0.5);
    const double range = high - low;
    const std::vector<double> plus = relevanceOf(CosineRows(z), text, 1.0);
    EXPECT_NEAR(plus[0], 1.0 + 1e-6 / range, 1e-12);
    EXPECT_NEAR(plus[1], (mid - low + 1e-6) / range, 1e-7);
    EXPECT_NEAR(plus[2], 1e-6 / range, 1e-12);
    const std::vector<double> minus = relevanceOf(CosineRows(z), text, -1.0);
    EXPECT_NEAR(minus[0], 1e-6 / range, 1e-12);
    EXPECT_NEAR(minus[1], (high - mid + 1e-6) / range, 1e-7);
    EXPECT_NEAR(minus[2], 1.0 + 1e-6 / range, 1e-12);
}

TEST(CdPruner, NoTextOrNoDifferenceIsAllOnes) {
    const at::Tensor z = testing::normals({6, 5}, 2);
    EXPECT_THAT(relevanceOf(CosineRows(z), at::Tensor(), -1.0), Each(1.0));
    EXPECT_THAT(relevanceOf(CosineRows(z), testing::normals({0, 5}, 2), -1.0), Each(1.0));
    EXPECT_THAT(relevanceOf(CosineRows(at::full({6, 5}, 0.3)), testing::normals({3, 5}, 2), -1.0),
                Each(1.0));
}

TEST(CdPruner, SettingsReachTheChoice) {
    testing::ToyEncoder encoder;
    const auto keptWith = [&](std::map<std::string, ParamValue> params, int text_tokens) {
        encoder.text_tokens = text_tokens;
        RunSettings settings;
        settings.method = "cdpruner";
        settings.budget = 9;
        settings.params = std::move(params);
        return testing::runToy(encoder, settings);
    };
    const testing::ToyRun minus = keptWith({}, 5);
    const std::vector<std::int32_t> plus =
        keptWith({{"sign", std::string("plus")}}, 5).selection.kept;
    EXPECT_NE(minus.selection.kept, plus);
    const at::Tensor text = testing::normals({5, 16}, encoder.seed + 500);
    std::vector<int> picks = greedyDpp(
        CosineRows(minus.projected), relevanceOf(CosineRows(minus.projected), text, -1.0), 9);
    std::sort(picks.begin(), picks.end());
    EXPECT_EQ(minus.selection.kept, picks);
    EXPECT_FALSE(minus.selection.stages.back().text_relevance.empty());
    // Theta 0 forgets relevance; so does a run without a question.
    EXPECT_EQ(keptWith({{"weight", std::string("exponential")}, {"theta", 0.0}}, 5).selection.kept,
              keptWith({}, 0).selection.kept);
}

}  // namespace prunescope
