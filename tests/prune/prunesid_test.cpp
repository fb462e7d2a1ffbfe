#include "core/prune/prunesid.h"

#include "core/base/random.h"
#include "core/prune/select.h"
#include "tests/prune/fake_views.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include <ATen/ops/full.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace prunescope {

namespace {

using ::testing::ElementsAre;
using testing::PlainPool;
using testing::runToy;
using testing::ToyEncoder;
using testing::ToyRun;

using Square = std::vector<std::vector<double>>;

// One rotation of Jacobi's method: a(p, q) becomes 0.
void rotate(Square& a, Square& vectors, std::size_t p, std::size_t q) {
    if (std::fabs(a[p][q]) < 1e-300) {
        return;
    }
    const double angle = 0.5 * std::atan2(2 * a[p][q], a[q][q] - a[p][p]);
    const double c = std::cos(angle);
    const double s = std::sin(angle);
    for (std::size_t i = 0; i < a.size(); ++i) {
        const double ip = a[i][p];
        a[i][p] = c * ip - s * a[i][q];
        a[i][q] = s * ip + c * a[i][q];
    }
    for (std::size_t i = 0; i < a.size(); ++i) {
        const double pi = a[p][i];
        a[p][i] = c * pi - s * a[q][i];
        a[q][i] = s * pi + c * a[q][i];
        const double ip = vectors[i][p];
        vectors[i][p] = c * ip - s * vectors[i][q];
        vectors[i][q] = s * ip + c * vectors[i][q];
    }
}

// Step 1 with eigenvectors by Jacobi's method.
std::vector<int> plainGroups(const Square& tokens, int n_groups) {
    const std::size_t n = tokens.size();
    Square b = tokens;
    for (auto& row : b) {
        for (double& x : row) {
            x = 1 / (1 + std::exp(-x));
        }
        const double mean =
            std::accumulate(row.begin(), row.end(), 0.0) / static_cast<double>(row.size());
        for (double& x : row) {
            x -= mean;
        }
    }
    Square gram(n, std::vector<double>(n));
    Square vectors(n, std::vector<double>(n, 0.0));
    for (std::size_t i = 0; i < n; ++i) {
        vectors[i][i] = 1;
        for (std::size_t j = 0; j < n; ++j) {
            gram[i][j] = std::inner_product(b[i].begin(), b[i].end(), b[j].begin(), 0.0);
        }
    }
    for (int sweep = 0; sweep < 30; ++sweep) {
        for (std::size_t p = 0; p < n; ++p) {
            for (std::size_t q = p + 1; q < n; ++q) {
                rotate(gram, vectors, p, q);
            }
        }
    }
    std::vector<double> values;
    for (std::size_t i = 0; i < n; ++i) {
        values.push_back(gram[i][i]);
    }
    const std::vector<int> order = testing::plainOrder(values);
    std::vector<int> out;
    for (std::size_t i = 0; i < n; ++i) {
        int best = 0;
        const auto loading = [&](int g) { return std::fabs(vectors[i][toSize(order[toSize(g)])]); };
        for (int g = 1; g < n_groups; ++g) {
            best = loading(g) > loading(best) ? g : best;
        }
        out.push_back(best);
    }
    return out;
}

// Steps 2 and 3, one group at a time.
RankedGroups plainSuppression(const PlainPool& pool,
                              const std::vector<int>& group_of,
                              int n_groups,
                              double threshold) {
    double mean = 0;
    const std::size_t n = pool.tokens.size();
    for (std::size_t i = 0; i < n; ++i) {
        for (std::size_t j = 0; j < i; ++j) {
            mean += testing::plainCosine(pool.tokens[i], pool.tokens[j]);
        }
    }
    const double theta = threshold * mean / (static_cast<double>(n * (n - 1)) / 2);
    RankedGroups out;
    for (int g = 0; g < n_groups; ++g) {
        std::vector<std::int64_t> survivors;
        std::vector<std::int64_t> rest;
        for (const int slot : testing::plainOrder(pool.attention)) {
            if (group_of[toSize(slot)] != g) {
                continue;
            }
            const bool gone = std::ranges::any_of(survivors, [&](std::int64_t other) {
                return testing::plainCosine(pool.tokens[toSize(slot)], pool.tokens[toSize(other)]) >
                       theta;
            });
            (gone ? rest : survivors).push_back(slot);
        }
        out.survivors.push_back(static_cast<int>(survivors.size()));
        survivors.insert(survivors.end(), rest.begin(), rest.end());
        out.slots.push_back(survivors);
    }
    return out;
}

ToyRun runPruneSid(std::uint64_t seed, int budget) {
    ToyEncoder encoder;
    encoder.seed = seed;
    RunSettings settings;
    settings.method = "prunesid";
    settings.budget = budget;
    return runToy(encoder, settings);
}

}  // namespace

TEST(PruneSid, GroupsByTheLeadingDirections) {
    for (std::uint64_t seed = 1; seed < 8; ++seed) {
        const ToyRun run = runPruneSid(seed, 12);
        EXPECT_EQ(principalGroups(run.tokens, 3), plainGroups(testing::plainPool(run).tokens, 3))
            << seed;
    }
    EXPECT_THAT(principalGroups(testing::normals({3, 4}, 1), 1), ElementsAre(0, 0, 0));
}

TEST(PruneSid, SuppressesWhatIsTooSimilarInsideAGroup) {
    for (std::uint64_t seed = 1; seed < 20; ++seed) {
        SCOPED_TRACE(seed);
        const ToyRun run = runPruneSid(seed, 12);
        const PlainPool pool = testing::plainPool(run);
        const std::vector<int> group_of = principalGroups(run.tokens, 3);
        std::vector<float> score;
        for (const double a : pool.attention) {
            score.push_back(static_cast<float>(a));
        }
        for (const double threshold : {0.5, -3.0, 5.0, 1000.0}) {
            const RankedGroups expected = plainSuppression(pool, group_of, 3, threshold);
            const RankedGroups actual = suppressInGroups(run.tokens, score, group_of, 3, threshold);
            EXPECT_EQ(actual.slots, expected.slots);
            EXPECT_EQ(actual.survivors, expected.survivors);
        }
    }
}

TEST(PruneSid, QuotasSumToTheBudgetWithoutCls) {
    SplitMix64 random(5);
    for (int trial = 0; trial < 500; ++trial) {
        RankedGroups groups;
        int patches = 0;
        const int n_groups = 1 + static_cast<int>(random.next() % 20);
        for (int g = 0; g < n_groups; ++g) {
            const auto n = static_cast<int>(random.next() % 12);
            groups.slots.emplace_back(toSize(n), 0);
            groups.survivors.push_back(n == 0 ? 0
                                              : 1 + static_cast<int>(random.next() % toSize(n)));
            patches += n;
        }
        const int budget = std::min(patches, 4 * n_groups + static_cast<int>(random.next() % 4));
        if (budget < 1) {
            continue;
        }
        const std::vector<int> quota = groupQuotas(groups, budget);
        EXPECT_EQ(std::accumulate(quota.begin(), quota.end(), 0), budget - 1);
        for (std::size_t g = 0; g < quota.size(); ++g) {
            EXPECT_GE(quota[g], 0);
            EXPECT_LE(quota[g], static_cast<int>(groups.slots[g].size()));
        }
    }
}

TEST(PruneSid, QuotasFollowTheText) {
    // T = 16: lo 1 each, up min(5, n, K) = 5, 5, 2; R = 12; shares 20/32, 10/32, 2/32 of 12.
    RankedGroups groups;
    for (const int n : {30, 20, 4}) {
        groups.slots.emplace_back(toSize(n), 0);
    }
    groups.survivors = {20, 10, 2};
    // up sums to 12 < 16: raised together to 7, 7, 4. d = 8, 3, 1; t = min(9, 7), 4, 2 = 13, two
    // are missing, and group 0 is at its bound: group 1 takes them.
    EXPECT_THAT(groupQuotas(groups, 16), ElementsAre(7, 6, 2));
}

TEST(PruneSid, PutsClsFirstAndThenGroupAfterGroup) {
    const ToyRun run = runPruneSid(3, 16);
    const Selection& selection = run.selection;
    ASSERT_EQ(selection.rows.size(), 16U);
    EXPECT_EQ(selection.rows[0].kind, RowKind::Cls);
    const std::vector<std::int32_t>& groups = selection.stages.back().cluster_of;
    for (std::size_t r = 2; r < selection.rows.size(); ++r) {
        EXPECT_LE(groups[toSize(selection.rows[r - 1].patch)],
                  groups[toSize(selection.rows[r].patch)]);
    }
    EXPECT_EQ(runPruneSid(3, 1).selection.rows.size(), 1U);
    EXPECT_EQ(runPruneSid(3, 1).selection.rows[0].kind, RowKind::Cls);
}

TEST(PruneSid, ConstantFeaturesStillFillTheBudget) {
    ToyEncoder encoder;
    encoder.content = ToyEncoder::Content::Constant;
    RunSettings settings;
    settings.method = "prunesid";
    for (const int k : {1, 2, 8, 20, 36}) {
        settings.budget = k;
        EXPECT_EQ(runToy(encoder, settings).selection.rows.size(), toSize(k));
    }
}

}  // namespace prunescope
