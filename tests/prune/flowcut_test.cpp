#include "core/prune/dcp_schedule.h"
#include "core/prune/encoder_score.h"
#include "core/prune/row_plan.h"
#include "tests/prune/fake_views.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace prunescope {

namespace {

using testing::runToy;
using testing::ToyEncoder;
using testing::ToyRun;

ToyRun runFlowCut(std::uint64_t seed, int last_layer, int budget) {
    ToyEncoder encoder;
    encoder.seed = seed;
    encoder.last_layer = last_layer;
    RunSettings settings;
    settings.method = "flowcut";
    settings.budget = budget;
    return runToy(encoder, settings);
}

// Step 6: tokens after layer l, from the attention shares of the n that are there.
int plainCount(const std::vector<float>& attention, int k, int to_last) {
    const int n = static_cast<int>(attention.size());
    if (n <= k || to_last < 0 || to_last % 2 != 0) {
        return n;
    }
    if (to_last == 0) {
        return k;
    }
    const double sum = std::accumulate(attention.begin(), attention.end(), 0.0);
    double entropy = 0;
    for (const float a : attention) {
        entropy -= double{a} / sum * std::log(double{a} / sum);
    }
    const double rho = entropy / std::log(n);
    const double r = (n - k) / std::sqrt(to_last) * (1 - rho * rho);
    return std::max(n - static_cast<int>(std::floor(r + 0.5)), k);
}

}  // namespace

TEST(FlowCut, AgreesWithPlainLoops) {
    for (std::uint64_t seed = 1; seed < 25; ++seed) {
        SCOPED_TRACE(seed);
        const int last = 1 + static_cast<int>(seed % 8);
        const int k = 2 + static_cast<int>(seed % 11);
        const ToyRun run = runFlowCut(seed, last, k);
        std::vector<std::int32_t> patches(36);
        std::iota(patches.begin(), patches.end(), 0);
        std::vector<double> cumulative;
        for (int layer = 0; layer <= last; ++layer) {
            const testing::LayerTensors& tensors = run.layers[toSize(layer)];
            const std::vector<float> score =
                toHostVector(flowCutScore(tensors.attention, tensors.values));
            ASSERT_EQ(score.size(), patches.size()) << layer;
            for (std::size_t i = 0; i < score.size(); ++i) {
                const double s = score[i];
                layer == 0 ? cumulative.push_back(s)
                           : static_cast<void>(cumulative[i] = 0.5 * cumulative[i] + 0.5 * s);
            }
            const int n =
                plainCount(toHostVector(clsScore(tensors.attention)), k, last - 1 - layer);
            std::vector<int> order = testing::plainOrder(cumulative);
            order.resize(toSize(n));
            std::ranges::sort(order);
            std::vector<std::int32_t> next;
            std::vector<double> carried;
            for (const int slot : order) {
                next.push_back(patches[toSize(slot)]);
                carried.push_back(cumulative[toSize(slot)]);
            }
            patches = next;
            cumulative = carried;
        }
        EXPECT_EQ(run.selection.kept, patches);
        EXPECT_EQ(run.pool, patches);
    }
}

TEST(FlowCut, ReachesTheBudgetBeforeTheLastLayer) {
    for (int last = 0; last < 10; ++last) {
        const ToyRun run = runFlowCut(3, last, 5);
        ASSERT_FALSE(run.event_layers.empty());
        EXPECT_EQ(run.event_layers.back(), std::max(0, last - 1));
        EXPECT_EQ(run.pool.size(), 5U);
        for (const int layer : run.event_layers) {
            EXPECT_TRUE(last == 0 || (last - 1 - layer) % 2 == 0);
        }
    }
    EXPECT_EQ(runFlowCut(3, 5, 9).event_layers.front(), 0) << "an odd S prunes after layer 0";
}

TEST(FlowCut, KeepsFeaturesThatLaterLayersMadeOfThePrunedSet) {
    const ToyRun run = runFlowCut(4, 6, 9);
    EXPECT_FALSE(run.selection.mix.defined());
    for (const Reduction& event : run.events) {
        EXPECT_FALSE(event.mix.defined());
        EXPECT_TRUE(event.transfers.empty());
    }
    const StageTrace& stage = run.selection.stages.back();
    EXPECT_EQ(stage.tokens_in, 9);
    EXPECT_EQ(stage.tokens_out, 9);
    EXPECT_TRUE(stage.shift_before.has_value());
}

}  // namespace prunescope
