#include "core/prune/dcp.h"

#include "core/prune/encoder_score.h"
#include "core/prune/select.h"
#include "tests/prune/fake_views.h"

#include <algorithm>
#include <cmath>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace prunescope {

namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using testing::runToy;
using testing::ToyEncoder;
using testing::ToyRun;

RunSettings settingsOf(int budget, Trigger trigger) {
    RunSettings settings;
    settings.budget = budget;
    settings.trigger = trigger;
    return settings;
}

std::vector<std::string> stageNames(const ToyRun& run) {
    std::vector<std::string> out;
    for (const StageTrace& stage : run.selection.stages) {
        out.push_back(stage.name);
    }
    return out;
}

}  // namespace

TEST(Dcp, EventsFollowTheSchedule) {
    // N = 36, three quarters of them: M = 27, S = 6: after layers 1, 3, 5 to 33, 30, 27.
    const ToyRun run = runToy({}, settingsOf(3, Trigger::Never));
    EXPECT_THAT(run.event_layers, ElementsAre(1, 3, 5));
    EXPECT_THAT(run.events[0].keep.size(), 33U);
    EXPECT_THAT(run.events[1].keep.size(), 30U);
    EXPECT_THAT(run.events[2].keep.size(), 27U);
    EXPECT_EQ(run.pool.size(), 27U);
    EXPECT_TRUE(std::ranges::all_of(run.events, &Reduction::proportional_attention));
}

TEST(Dcp, BudgetsBelowThePoolShareAnEncoderPass) {
    const auto method = makeMethod("dcp");
    const PatchGrid grid{24, 24, 14};
    RunSettings settings;
    EXPECT_EQ(method->encoderTarget(settings, grid, 16),
              method->encoderTarget(settings, grid, 280));
    EXPECT_NE(method->encoderTarget(settings, grid, 16),
              method->encoderTarget(settings, grid, 500));
    settings.params["ablation"] = std::string("tatcs-only");
    EXPECT_EQ(method->encoderTarget(settings, grid, 16), method->encoderTarget(settings, grid, 500))
        << "nothing is pruned inside";
}

TEST(Dcp, SchedulesEndAtThePool) {
    for (const char* schedule : {"linear", "flowcut", "single"}) {
        RunSettings settings = settingsOf(3, Trigger::Never);
        settings.params["schedule"] = std::string(schedule);
        EXPECT_EQ(runToy({}, settings).pool.size(), 27U) << schedule;
    }
}

TEST(Dcp, ShallowTowersSelectFromAllPatches) {
    ToyEncoder encoder;
    encoder.last_layer = 1;
    const ToyRun run = runToy(encoder, settingsOf(5, Trigger::Always));
    EXPECT_THAT(run.events, IsEmpty());
    EXPECT_EQ(run.pool.size(), 36U);
    EXPECT_EQ(run.selection.kept.size(), 5U);
}

TEST(Dcp, ScoreIsARunningMean) {
    const RunSettings settings = settingsOf(4, Trigger::Never);
    const PatchGrid grid{2, 2, 14};
    const at::Tensor attention = testing::normals({2, 5}, 1).abs();
    const at::Tensor values = testing::normals({2, 5, 3}, 2);
    const at::Tensor earlier = testing::vectorOf({1, 2, 3, 4});
    LayerView view{settings,
                   grid,
                   0,
                   4,
                   4,
                   {0, 1, 2, 3},
                   testing::normals({4, 6}, 3),
                   attention,
                   values,
                   values,
                   {1, 1, 1, 1},
                   {}};
    const std::vector<float> first = toHostVector(DcpPrune().afterLayer(view).score);
    EXPECT_EQ(first, toHostVector(flowCutScore(attention, values)));
    view.score = earlier;
    const std::vector<float> next = toHostVector(DcpPrune().afterLayer(view).score);
    for (std::size_t i = 0; i < 4; ++i) {
        EXPECT_NEAR(next[i], 0.5F * static_cast<float>(i + 1) + 0.5F * first[i], 1e-6);
    }
}

TEST(Dcp, LastStepIsAlwaysListed) {
    EXPECT_THAT(stageNames(runToy({}, settingsOf(4, Trigger::Never))), ElementsAre("ACGR"));
    EXPECT_THAT(stageNames(runToy({}, settingsOf(36, Trigger::Never))), ElementsAre("ACGR"));
    EXPECT_THAT(stageNames(runToy({}, settingsOf(4, Trigger::Always))),
                ElementsAre("ACGR", "TATCS"));
}

TEST(Dcp, TriggersCompareWithTheirThreshold) {
    RunSettings settings = settingsOf(4, Trigger::Auto);
    settings.tau = 0;
    const ToyRun fired = runToy({}, settings);
    EXPECT_TRUE(fired.selection.shift.fired);
    EXPECT_TRUE(fired.selection.shift.kappa_after.has_value());
    settings.tau = 1e6;
    const ToyRun quiet = runToy({}, settings);
    EXPECT_FALSE(quiet.selection.shift.fired);
    EXPECT_FALSE(quiet.selection.shift.accepted);
    EXPECT_FALSE(quiet.selection.shift.kappa_after.has_value());
    EXPECT_EQ(*fired.selection.shift.kappa, *quiet.selection.shift.kappa);

    settings.trigger = Trigger::Relative;
    const double kappa = *quiet.selection.shift.kappa;
    for (const double phi : {0.01, 100.0}) {
        settings.phi = phi;
        const ToyRun relative = runToy({}, settings);
        EXPECT_EQ(relative.selection.shift.kappa, kappa);
        EXPECT_EQ(relative.selection.shift.fired, kappa > relative.threshold.value) << phi;
        EXPECT_EQ(relative.selection.shift.fired, phi < 1);
    }
}

TEST(Dcp, GuardKeepsTheBaselineUnlessTheShiftFalls) {
    int accepted = 0;
    for (std::uint64_t seed = 0; seed < 40; ++seed) {
        ToyEncoder encoder;
        encoder.seed = seed;
        RunSettings settings = settingsOf(5, Trigger::Always);
        const ToyRun baseline = runToy(encoder, settingsOf(5, Trigger::Never));
        const ToyRun guarded = runToy(encoder, settings);
        settings.params["guard"] = 0.0;
        const ToyRun open = runToy(encoder, settings);
        const ShiftSummary& shift = guarded.selection.shift;
        EXPECT_TRUE(shift.fired);
        EXPECT_EQ(shift.accepted, *shift.kappa_after < *shift.kappa);
        EXPECT_TRUE(open.selection.shift.accepted);
        EXPECT_EQ(open.selection.shift.kappa_after, shift.kappa_after);
        EXPECT_EQ(guarded.selection.kept,
                  shift.accepted ? open.selection.kept : baseline.selection.kept);
        EXPECT_EQ(toHost(guarded.selection.tokens).values,
                  toHost((shift.accepted ? open : baseline).selection.tokens).values);
        EXPECT_EQ(guarded.selection.stages[1].chosen, open.selection.stages[1].chosen);
        accepted += shift.accepted ? 1 : 0;
    }
    EXPECT_GT(accepted, 0);
    EXPECT_LT(accepted, 40);
}

TEST(Dcp, StageDescribesTheClusters) {
    RunSettings settings = settingsOf(5, Trigger::Always);
    settings.params["guard"] = 0.0;
    const ToyRun run = runToy({}, settings);
    const StageTrace& acgr = run.selection.stages[0];
    const StageTrace& stage = run.selection.stages[1];
    EXPECT_EQ(acgr.shift_before, run.selection.shift.kappa);
    EXPECT_EQ(stage.shift_before, run.selection.shift.kappa);
    EXPECT_EQ(stage.shift_after, run.selection.shift.kappa_after);
    EXPECT_EQ(stage.centres.size(), 5U);
    EXPECT_EQ(stage.baseline.size(), 5U);
    std::vector<std::int32_t> chosen = stage.chosen;
    std::sort(chosen.begin(), chosen.end());
    EXPECT_EQ(chosen, run.selection.kept);
    for (int patch = 0; patch < 36; ++patch) {
        const bool in_pool = std::binary_search(run.pool.begin(), run.pool.end(), patch);
        EXPECT_EQ(stage.cluster_of[toSize(patch)] >= 0, in_pool);
        EXPECT_EQ(std::isnan(stage.text_relevance[toSize(patch)]), !in_pool);
        EXPECT_EQ(std::isnan(stage.score[toSize(patch)]), !in_pool);
    }
}

TEST(Dcp, WithoutTextTheQuestionHasNoPart) {
    ToyEncoder encoder;
    RunSettings settings = settingsOf(5, Trigger::Always);
    settings.params["use_text"] = 0.0;
    const ToyRun off = runToy(encoder, settings);
    settings.params.clear();
    encoder.text_tokens = 0;
    const ToyRun empty = runToy(encoder, settings);
    EXPECT_EQ(off.selection.stages[1].chosen, empty.selection.stages[1].chosen);
    EXPECT_THAT(empty.selection.stages[1].text_relevance, IsEmpty());
}

TEST(Dcp, AblationsLeaveOnePartOut) {
    const auto ablated = [](const char* ablation, Trigger trigger) {
        RunSettings settings = settingsOf(4, trigger);
        settings.params["ablation"] = std::string(ablation);
        settings.params["guard"] = 0.0;
        return runToy({}, settings);
    };
    const auto with = [](const char* name, double value, Trigger trigger) {
        RunSettings settings = settingsOf(4, trigger);
        settings.params = {{name, value}, {"guard", 0.0}};
        return runToy({}, settings).selection.kept;
    };
    const ToyRun acgr = ablated("acgr-only", Trigger::Always);
    EXPECT_THAT(stageNames(acgr), ElementsAre("ACGR"));
    EXPECT_FALSE(acgr.events.empty());
    const ToyRun tatcs = ablated("tatcs-only", Trigger::Never);
    EXPECT_THAT(tatcs.events, IsEmpty());
    EXPECT_EQ(tatcs.pool.size(), 36U);
    EXPECT_TRUE(tatcs.selection.shift.fired && tatcs.selection.shift.accepted);
    for (const StageTrace& stage : tatcs.selection.stages) {
        EXPECT_THAT(stage.transfers, IsEmpty());
    }
    EXPECT_EQ(ablated("no-recovery", Trigger::Never).selection.kept,
              with("recovery", 0, Trigger::Never));
    EXPECT_EQ(ablated("no-text", Trigger::Always).selection.kept,
              with("use_text", 0, Trigger::Always));
}

TEST(Dcp, ReferencesChangeKappa) {
    RunSettings settings = settingsOf(5, Trigger::Never);
    const double full = *runToy({}, settings).selection.shift.kappa;
    settings.params["reference"] = std::string("pool");
    const double pool = *runToy({}, settings).selection.shift.kappa;
    settings.params["reference"] = std::string("chained");
    const double chained = *runToy({}, settings).selection.shift.kappa;
    EXPECT_NE(full, pool);
    EXPECT_NEAR(chained, pool + 0.125, 1e-12);
}

}  // namespace prunescope
