#include "core/prune/cover.h"

#include "tests/prune/fake_views.h"

#include <algorithm>
#include <cmath>

#include <ATen/ops/full.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace prunescope {

namespace {

using ::testing::ElementsAre;

// Facility location with every gain computed anew, in double.
std::vector<int> plainFacility(const CosineMatrix& s,
                               const std::vector<float>& mass,
                               const std::vector<float>& preference,
                               int k,
                               const std::vector<float>& factor) {
    const auto n = toSize(s.rows);
    std::vector<double> covered(n, 0.0);
    std::vector<char> open(n, 1);
    std::vector<int> picks;
    for (int t = 0; t < k; ++t) {
        std::vector<double> gain(n, 0.0);
        for (std::size_t j = 0; j < n; ++j) {
            for (std::size_t i = 0; i < n; ++i) {
                const double better = double{s.row(static_cast<int>(i))[j]} - covered[i];
                gain[j] += static_cast<double>(mass[i]) * std::max(0.0, better);
            }
            gain[j] *= factor.empty() ? 1.0 : static_cast<double>(factor[j]);
        }
        const int best = bestSlot(gain, open, preference);
        open[toSize(best)] = 0;
        picks.push_back(best);
        for (std::size_t i = 0; i < n; ++i) {
            covered[i] = std::max(covered[i], double{s.row(static_cast<int>(i))[toSize(best)]});
        }
    }
    return picks;
}

}  // namespace

TEST(Cover, CosinesAreSymmetricWithAUnitDiagonal) {
    const CosineMatrix s = selfCosines(testing::normals({20, 7}, 1, 30.0));
    for (int i = 0; i < 20; ++i) {
        EXPECT_EQ(s.row(i)[toSize(i)], 1);
        for (int j = 0; j < 20; ++j) {
            EXPECT_EQ(s.row(i)[toSize(j)], s.row(j)[toSize(i)]);
        }
    }
}

TEST(Cover, IncrementalGainsEqualThoseComputedAnew) {
    for (std::uint64_t seed = 0; seed < 30; ++seed) {
        const CosineMatrix s = selfCosines(testing::normals({40, 5}, seed));
        const std::vector<float> mass =
            toHostVector(testing::normals({40}, seed + 100).abs().add(1.0));
        const std::vector<float> c = toHostVector(testing::normals({40}, seed + 200).abs());
        EXPECT_EQ(facilityLocation({s, mass, c}, 40, {}), plainFacility(s, mass, c, 40, {}));
        EXPECT_EQ(
            facilityLocation({s, mass, c}, 12, {.factor = std::vector<double>(c.begin(), c.end())}),
            plainFacility(s, mass, c, 12, c));
    }
}

TEST(Cover, EqualGainsGoToTheLargerScoreThenTheLowerSlot) {
    // Two pairs that cover only each other: all four gain the same.
    const CosineMatrix s = selfCosines(testing::matrixOf({1, 0, 1, 0, 0, 1, 0, 1}, 2));
    const std::vector<float> mass(4, 1.0F);
    EXPECT_THAT(facilityLocation({s, mass, std::vector<float>{1, 2, 4, 3}}, 2, {}),
                ElementsAre(2, 1));
    EXPECT_THAT(facilityLocation({s, mass, std::vector<float>(4, 1.0F)}, 2, {}), ElementsAre(0, 2));
}

TEST(Cover, ConstantFeaturesStillGiveDifferentPicks) {
    const CosineMatrix s = selfCosines(at::full({5, 3}, 2.0));
    const std::vector<float> mass(5, 1.0F);
    EXPECT_THAT(facilityLocation({s, mass, std::vector<float>{0, 1, 3, 2, 4}}, 5, {}),
                ElementsAre(4, 2, 3, 1, 0));
    EXPECT_THAT(farthestPoints({s, mass, std::vector<float>(5, 0.0F)}, 3), ElementsAre(0, 1, 2));
}

TEST(Cover, FarthestPointsStartAtTheLoneliest) {
    // Slots 0 and 1 nearly equal, 2 at a right angle to them, 3 opposite.
    const CosineMatrix s = selfCosines(testing::matrixOf({1, 0, 1, 0.1F, 0, 1, -1, -0.2F}, 2));
    const std::vector<float> mass(4, 1.0F);
    const std::vector<int> picks = farthestPoints({s, mass, std::vector<float>(4, 0.0F)}, 3);
    EXPECT_EQ(picks[0], 3);
    EXPECT_EQ(picks[1], 1);
    EXPECT_EQ(picks[2], 2);
    const CosineMatrix one = selfCosines(testing::matrixOf({1, 0}, 2));
    EXPECT_THAT(farthestPoints({one, std::vector<float>(1, 1.0F), std::vector<float>(1, 0.0F)}, 1),
                ElementsAre(0));
}

}  // namespace prunescope
