#include "core/prune/cover.h"
#include "core/prune/row_plan.h"
#include "tests/prune/fake_views.h"

#include <algorithm>
#include <cmath>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace prunescope {

namespace {

using testing::PlainPool;
using testing::runToy;
using testing::ToyEncoder;
using testing::ToyRun;

ToyRun runScope(std::uint64_t seed, int budget, double alpha, bool additive) {
    ToyEncoder encoder;
    encoder.seed = seed;
    RunSettings settings;
    settings.method = "scope";
    settings.budget = budget;
    settings.params = {{"alpha", alpha}, {"additive", additive ? 1.0 : 0.0}};
    return runToy(encoder, settings);
}

// Section 2.5 in plain loops; random inputs have no ties.
std::vector<std::int32_t> plainScope(const ToyRun& run, int k, double alpha, bool additive) {
    const PlainPool pool = testing::plainPool(run);
    const std::size_t n = pool.tokens.size();
    constexpr double kHeads = 3;
    std::vector<double> covered(n, 0.0);
    std::vector<std::int32_t> kept;
    for (int t = 0; t < k; ++t) {
        int best = -1;
        double best_value = 0;
        for (std::size_t j = 0; j < n; ++j) {
            if (std::ranges::count(kept, static_cast<std::int32_t>(j)) > 0) {
                continue;
            }
            double gain = 0;
            for (std::size_t i = 0; i < n; ++i) {
                const double s = testing::plainCosine(pool.tokens[i], pool.tokens[j]);
                gain += std::max(0.0, s - covered[i]);
            }
            const double weight = std::pow(kHeads * pool.attention[j], alpha);
            const double value = additive ? gain + weight : gain * weight;
            if (best < 0 || value > best_value + 1e-9) {
                best = static_cast<int>(j);
                best_value = value;
            }
        }
        kept.push_back(best);
        for (std::size_t i = 0; i < n; ++i) {
            covered[i] = std::max(covered[i],
                                  testing::plainCosine(pool.tokens[i], pool.tokens[toSize(best)]));
        }
    }
    std::ranges::sort(kept);
    return kept;
}

}  // namespace

TEST(Scope, AgreesWithPlainLoops) {
    for (std::uint64_t seed = 1; seed < 13; ++seed) {
        SCOPED_TRACE(seed);
        for (const double alpha : {1.0, 0.5, 2.0}) {
            for (const bool additive : {false, true}) {
                EXPECT_EQ(runScope(seed, 9, alpha, additive).selection.kept,
                          plainScope(runScope(seed, 9, alpha, additive), 9, alpha, additive));
            }
        }
    }
}

TEST(Scope, WithoutAttentionIsFacilityLocation) {
    for (std::uint64_t seed = 1; seed < 20; ++seed) {
        const ToyRun run = runScope(seed, 8, 0.0, false);
        const std::vector<float> mass(run.pool.size(), 1.0F);
        const CosineMatrix similarity = selfCosines(run.tokens);
        std::vector<int> picks = facilityLocation({similarity, mass, {}}, 8, {});
        std::ranges::sort(picks);
        EXPECT_THAT(run.selection.kept, ::testing::ElementsAreArray(picks)) << seed;
    }
}

}  // namespace prunescope
