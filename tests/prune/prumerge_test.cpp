#include "core/prune/prumerge.h"

#include "tests/prune/fake_views.h"

#include <algorithm>
#include <cmath>
#include <set>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace prunescope {

namespace {

using ::testing::ElementsAre;
using testing::runToy;
using testing::ToyEncoder;
using testing::ToyRun;

ToyRun runPruMerge(const ToyEncoder& encoder,
                   int budget,
                   std::map<std::string, ParamValue> params) {
    RunSettings settings;
    settings.method = "prumerge";
    settings.budget = budget;
    settings.params = std::move(params);
    return runToy(encoder, settings);
}

std::vector<std::vector<double>> rowsOf(const at::Tensor& tensor) {
    const HostMatrix host = toHost(tensor);
    std::vector<std::vector<double>> out;
    for (int i = 0; i < host.rows; ++i) {
        out.emplace_back(host.row(i).begin(), host.row(i).end());
    }
    return out;
}

// Section 3.9 at a budget in plain loops; random inputs have no ties.
std::vector<std::vector<double>> plainPruMerge(const ToyRun& run, int k) {
    const auto tokens = rowsOf(run.tokens);
    const auto keys = rowsOf(run.wide.keys.slice(0, 1));
    std::vector<double> a;
    for (const float value : toHostVector(run.wide.cls_attention.slice(0, 1))) {
        a.push_back(static_cast<double>(value));
    }
    std::vector<int> top = testing::plainOrder(a);
    top.resize(toSize(k - 1));
    std::sort(top.begin(), top.end());
    std::vector<std::vector<double>> out;
    const std::size_t width = tokens.front().size();
    for (const int i : top) {
        std::vector<std::pair<double, std::size_t>> near;
        for (std::size_t j = 0; j < keys.size(); ++j) {
            if (j != toSize(i)) {
                near.emplace_back(-testing::plainCosine(keys[toSize(i)], keys[j]), j);
            }
        }
        std::sort(near.begin(), near.end());
        near.resize(std::min<std::size_t>(near.size(), 32));
        std::vector<double> row = tokens[toSize(i)];
        for (const auto& [distance, j] : near) {
            for (std::size_t c = 0; c < width; ++c) {
                row[c] += a[j] * tokens[j][c];
            }
        }
        out.push_back(row);
    }
    std::vector<double> extra(width, 0.0);
    for (std::size_t j = 0; j < tokens.size(); ++j) {
        for (std::size_t c = 0; c < width && std::ranges::count(top, static_cast<int>(j)) == 0;
             ++c) {
            extra[c] += a[j] * tokens[j][c];
        }
    }
    out.push_back(extra);
    return out;
}

}  // namespace

TEST(PruMerge, EqualsPlainLoops) {
    for (std::uint64_t seed = 0; seed < 30; ++seed) {
        ToyEncoder encoder;
        encoder.seed = seed;
        encoder.grid = {6, 5 + static_cast<int>(seed % 3), 14};
        const int k = 1 + static_cast<int>(seed * 7) % encoder.grid.count();
        const ToyRun run = runPruMerge(encoder, k, {});
        const auto expected = plainPruMerge(run, k);
        const auto actual = rowsOf(run.selection.tokens);
        ASSERT_EQ(actual.size(), expected.size());
        for (std::size_t r = 0; r < actual.size(); ++r) {
            for (std::size_t c = 0; c < actual[r].size(); ++c) {
                EXPECT_NEAR(actual[r][c], expected[r][c], 1e-5) << seed << ' ' << r;
            }
        }
        EXPECT_EQ(run.selection.rows.back().kind, RowKind::Extra);
    }
}

TEST(PruMerge, OutliersLieAboveTheUpperFence) {
    // Quartiles of 0..8 by interpolation: 2 and 6, the fence is at 12.
    EXPECT_EQ(outlierCount(std::vector<float>{0, 1, 2, 3, 4, 5, 6, 7, 8}), 0);
    EXPECT_EQ(outlierCount(std::vector<float>{0, 1, 2, 3, 4, 5, 6, 7, 12}), 0);
    EXPECT_EQ(outlierCount(std::vector<float>{0, 1, 2, 3, 4, 5, 6, 13, 40}), 2);
    // Four values: Q1 = 0.75, Q3 = 25.75 of {0, 1, 1, 100}.
    EXPECT_EQ(outlierCount(std::vector<float>{100, 1, 0, 1}), 1);
    EXPECT_EQ(outlierCount(std::vector<float>(7, 0.1F)), 0);
}

TEST(PruMerge, SpacedSlotsFollowTheRatio) {
    EXPECT_THAT(spacedSlots(36, 2), ElementsAre(0, 6, 12, 18, 24, 30));  // floor(18 / 3)
    EXPECT_THAT(spacedSlots(5, 4), ElementsAre(0, 1, 2, 3, 4));          // stride at least 1
}

TEST(PruMerge, AsReleasedTheCountFollowsFromAttention) {
    ToyEncoder encoder;
    encoder.grid = {8, 8, 14};
    const ToyRun run = runPruMerge(encoder, 3, {{"count", std::string("outliers")}});
    const std::vector<float> attention = toHostVector(run.wide.cls_attention.slice(0, 1));
    const int n_top = std::max(1, outlierCount(attention));
    EXPECT_EQ(run.selection.rows.size(), toSize(n_top + 1));
    const ToyRun plus =
        runPruMerge(encoder, 3, {{"count", std::string("outliers")}, {"plus", 1.0}});
    const std::vector<std::int32_t>& kept = plus.selection.kept;
    EXPECT_TRUE(std::ranges::includes(kept, run.selection.kept));
    for (const std::int64_t slot : spacedSlots(64, n_top)) {
        EXPECT_TRUE(std::ranges::binary_search(kept, static_cast<std::int32_t>(slot)));
    }
}

TEST(PruMerge, PlusFillsTheBudgetExactly) {
    const std::vector<float> attention = toHostVector(testing::normals({64}, 4).abs());
    for (int k = 0; k <= 64; ++k) {
        const std::vector<std::int64_t> kept = keptAtBudget(attention, k, true);
        EXPECT_EQ(std::set(kept.begin(), kept.end()).size(), toSize(k));
        EXPECT_TRUE(std::ranges::is_sorted(kept));
    }
    const std::vector<std::int64_t> kept = keptAtBudget(attention, 20, true);
    EXPECT_NE(kept, topSlots(attention, 20));
    EXPECT_TRUE(std::ranges::includes(kept, topSlots(attention, 3)));
}

}  // namespace prunescope
