#include "core/prune/vispruner.h"

#include "tests/prune/fake_views.h"

#include <algorithm>
#include <cmath>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace prunescope {

namespace {

using ::testing::ElementsAre;
using testing::plainCosine;
using testing::PlainPool;
using testing::runToy;
using testing::ToyEncoder;
using testing::ToyRun;

ToyRun runVisPruner(const ToyEncoder& encoder, int budget, double ratio) {
    RunSettings settings;
    settings.method = "vispruner";
    settings.budget = budget;
    settings.params = {{"important_ratio", ratio}};
    return runToy(encoder, settings);
}

// Section 3.4 in plain loops; random inputs have no ties.
std::vector<std::int32_t> plainVisPruner(const PlainPool& pool, int k, double ratio) {
    const std::vector<int> order = testing::plainOrder(pool.attention);
    const int n_important = static_cast<int>(std::floor(k * ratio));
    std::vector<std::int32_t> kept(order.begin(), order.begin() + n_important);
    std::vector<int> list(order.begin() + n_important, order.end());
    while (static_cast<int>(list.size()) > k - n_important) {
        std::vector<std::pair<double, int>> even;
        std::vector<int> odd;
        for (std::size_t i = 1; i < list.size(); i += 2) {
            odd.push_back(list[i]);
        }
        for (std::size_t i = 0; i < list.size(); i += 2) {
            double most = -2;
            for (const int b : odd) {
                most = std::max(most,
                                plainCosine(pool.tokens[toSize(list[i])], pool.tokens[toSize(b)]));
            }
            even.emplace_back(most, list[i]);
        }
        std::stable_sort(even.begin(), even.end(), [](const auto& a, const auto& b) {
            return a.first > b.first;
        });
        const int gone = std::min(
            {8, static_cast<int>(list.size()) - (k - n_important), static_cast<int>(even.size())});
        list.clear();
        for (std::size_t i = toSize(gone); i < even.size(); ++i) {
            list.push_back(even[i].second);
        }
        list.insert(list.end(), odd.begin(), odd.end());
    }
    kept.insert(kept.end(), list.begin(), list.end());
    std::sort(kept.begin(), kept.end());
    return kept;
}

}  // namespace

TEST(VisPruner, EqualsPlainLoops) {
    for (std::uint64_t seed = 0; seed < 40; ++seed) {
        ToyEncoder encoder;
        encoder.seed = seed;
        encoder.grid = {5 + static_cast<int>(seed % 2), 7, 14};
        const int k = 1 + static_cast<int>(seed * 5) % 34;
        const double ratio = static_cast<double>(seed % 5) / 4.0;
        const ToyRun run = runVisPruner(encoder, k, ratio);
        EXPECT_EQ(run.selection.kept, plainVisPruner(testing::plainPool(run), k, ratio)) << seed;
    }
}

TEST(VisPruner, LookAlikesOfOddPlacesGoFirst) {
    // 0 (even) equals 3 (odd); 2 (even) is at a right angle to all.
    const at::Tensor tokens = testing::matrixOf({1, 0, 0, 0, 1, 0, 0, 0, 1, 1, 0, 0}, 3);
    EXPECT_THAT(thinnedOut({0, 1, 2, 3}, 3, tokens), ElementsAre(2, 1, 3));
    EXPECT_THAT(thinnedOut({0, 1, 2, 3}, 4, tokens), ElementsAre(0, 1, 2, 3));
}

TEST(VisPruner, EqualLikenessGoesByPlaceInTheList) {
    const at::Tensor tokens = testing::matrixOf(std::vector<float>(10, 0.3F), 2);
    EXPECT_THAT(thinnedOut({4, 3, 2, 1, 0}, 3, tokens), ElementsAre(0, 3, 1));
    EXPECT_TRUE(thinnedOut({4}, 0, tokens).empty());
}

TEST(VisPruner, AllByAttentionIsTopK) {
    const ToyRun run = runVisPruner({}, 9, 1.0);
    RunSettings top;
    top.method = "cls-topk";
    top.budget = 9;
    EXPECT_EQ(run.selection.kept, runToy({}, top).selection.kept);
}

}  // namespace prunescope
