#include "core/prune/divprune.h"

#include "core/prune/cosine_rows.h"
#include "core/prune/cover.h"
#include "tests/prune/fake_views.h"

#include <algorithm>

#include <ATen/ops/full.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace prunescope {

namespace {

using ::testing::ElementsAre;
using testing::plainCosine;

std::vector<std::vector<double>> rowsOf(const at::Tensor& tensor) {
    const HostMatrix host = toHost(tensor);
    std::vector<std::vector<double>> out;
    for (int i = 0; i < host.rows; ++i) {
        out.emplace_back(host.row(i).begin(), host.row(i).end());
    }
    return out;
}

// Section 3.5 in plain loops; random inputs have no ties.
std::vector<int> plainDivPrune(const std::vector<std::vector<double>>& z, int k) {
    const std::size_t n = z.size();
    std::vector<int> picks;
    for (int t = 0; t < k; ++t) {
        int best = -1;
        double farthest = -1;
        for (std::size_t j = 0; j < n; ++j) {
            if (std::ranges::count(picks, static_cast<int>(j)) > 0) {
                continue;
            }
            double nearest = 3;
            for (std::size_t i = 0; i < n; ++i) {
                const bool counts =
                    picks.empty() ? i != j : std::ranges::count(picks, static_cast<int>(i)) > 0;
                if (counts) {
                    nearest = std::min(nearest, 1.0 - plainCosine(z[i], z[j]));
                }
            }
            if (nearest > farthest) {
                farthest = nearest;
                best = static_cast<int>(j);
            }
        }
        picks.push_back(best);
    }
    return picks;
}

}  // namespace

TEST(DivPrune, EqualsPlainLoops) {
    for (std::uint64_t seed = 0; seed < 30; ++seed) {
        const int n = 2 + static_cast<int>(seed);
        const at::Tensor z = testing::normals({n, 9}, seed);
        const int k = 1 + static_cast<int>(seed) % n;
        EXPECT_EQ(farthestRows(z, k), plainDivPrune(rowsOf(z), k)) << seed;
    }
}

TEST(DivPrune, ChoosesInProjectorSpace) {
    testing::ToyEncoder encoder;
    RunSettings settings;
    settings.method = "divprune";
    settings.budget = 11;
    const testing::ToyRun run = testing::runToy(encoder, settings);
    std::vector<int> picks = plainDivPrune(rowsOf(run.projected), 11);
    std::sort(picks.begin(), picks.end());
    EXPECT_EQ(run.selection.kept, picks);
}

TEST(DivPrune, ConstantRowsGoInOrder) {
    EXPECT_THAT(farthestRows(at::full({6, 40}, 0.3), 4), ElementsAre(0, 1, 2, 3));
    EXPECT_THAT(farthestRows(at::full({1, 4}, 0.3), 1), ElementsAre(0));
    EXPECT_THAT(farthestRows(at::full({4, 4}, 0.0), 2), ElementsAre(0, 1));
}

TEST(CosineRows, AreThoseOfTheWholeMatrix) {
    at::Tensor rows = testing::normals({30, 300}, 3);
    rows.select(0, 4).zero_();
    rows.select(0, 9).copy_(rows.select(0, 8));
    const CosineRows some(rows);
    const CosineMatrix all = selfCosines(rows);
    const auto plain = rowsOf(rows);
    for (int i = 0; i < 30; ++i) {
        for (int j = 0; j < 30; ++j) {
            EXPECT_NEAR(some.at(i, j), double{all.row(i)[toSize(j)]}, 1e-6);
            if (i != 4 && j != 4) {
                EXPECT_NEAR(some.at(i, j), plainCosine(plain[toSize(i)], plain[toSize(j)]), 1e-7);
            }
        }
        EXPECT_EQ(some.at(i, i), i == 4 ? 0.0 : 1.0);
        EXPECT_EQ(some.own()[toSize(i)], i == 4 ? 0.0 : 1.0);
        EXPECT_EQ(some.at(i, 8), some.at(i, 9)) << "equal rows, equal cosines";
    }
    EXPECT_EQ(cosineDistance(some.at(8, 9)), 0.0);
}

TEST(DivPrune, NearTiesOfTheLoneliestAreDecidedInDouble) {
    // Two rows whose nearest others are 1e-5 apart in angle: float32 products cannot tell.
    for (const double far : {0.1, 0.1 + 1e-5, 0.1 - 1e-5}) {
        const auto at = [](double angle) {
            return std::pair(static_cast<float>(std::cos(angle)),
                             static_cast<float>(std::sin(angle)));
        };
        std::vector<float> values;
        for (const double angle : {0.0, 0.1, 1.5, 1.5 + far}) {
            const auto [x, y] = at(angle);
            values.push_back(x);
            values.push_back(y);
        }
        const at::Tensor rows = testing::matrixOf(values, 2);
        std::vector<double> nearest;
        const auto plain = rowsOf(rows);
        for (std::size_t i = 0; i < 4; ++i) {
            nearest.push_back(1.0 - plainCosine(plain[i], plain[i ^ 1U]));
        }
        EXPECT_EQ(farthestRows(rows, 1).front(), bestSlot(nearest, {}, {})) << far;
    }
}

}  // namespace prunescope
