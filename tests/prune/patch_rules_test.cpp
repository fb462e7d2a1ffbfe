#include "core/trace/patch_rules.h"

#include "core/base/random.h"
#include "core/prune/row_plan.h"
#include "tests/prune/fake_views.h"

#include <algorithm>
#include <set>

#include <gtest/gtest.h>

namespace prunescope {

namespace {

using testing::runToy;
using testing::ToyEncoder;
using testing::ToyRun;

std::vector<std::string> allMethods() {
    std::vector<std::string> ids;
    for (const MethodSpec& method : methodCatalog()) {
        ids.push_back(method.id);
    }
    return ids;
}

/// A run with some patches pinned and others banned, seeded.
struct Case {
    ToyEncoder encoder;
    RunSettings settings;
    int budget = 0;  ///< rows that come out
    PatchRules rules;

    int patches() const { return encoder.grid.count(); }
};

// What pins and bans must do in every method, over 100 seeded inputs.
class PatchRulesProperty : public ::testing::TestWithParam<std::string> {
protected:
    static constexpr std::uint64_t kSeeds = 100;

    static Case caseOf(std::uint64_t seed) {
        Case out;
        out.encoder.seed = seed;
        out.encoder.grid = {4 + static_cast<int>(seed % 3), 6, 14};
        out.encoder.last_layer = static_cast<int>(seed % 8);
        out.encoder.text_tokens = static_cast<int>(seed % 7);
        out.encoder.content = static_cast<ToyEncoder::Content>(seed % 10 < 4 ? seed % 4 : 0);
        out.settings.method = GetParam();
        out.settings.seed = seed;
        out.settings.trigger = seed % 3 == 0 ? Trigger::Auto : Trigger::Always;
        const int n = out.patches();
        out.settings.budget = 1 + static_cast<int>(seed * 7) % (n + 2);
        // From none to most of them; a few at most for half of the seeds.
        const int n_bans = static_cast<int>(seed % 2 == 0 ? seed % 5 : (seed * 5) % (n - 1));
        const std::vector<std::int32_t> drawn = drawWithoutReplacement(n, n, seed);
        std::vector<std::int32_t> shuffled;
        SplitMix64 random(seed + 5);
        for (std::int32_t patch : drawn) {
            shuffled.insert(shuffled.begin() +
                                static_cast<std::ptrdiff_t>(random.next() % (shuffled.size() + 1)),
                            patch);
        }
        const auto bans = shuffled.begin() + n_bans;
        setRule(out.settings, 0, {shuffled.begin(), bans}, PatchRule::Banned);
        out.budget = budgetOf(out, n_bans);
        const int room =
            std::min(out.settings.budget, n - n_bans) - findMethod(GetParam())->rows_without_patch;
        const int n_pins =
            std::max(0, seed % 4 == 0 ? room : std::min(room, static_cast<int>(seed % 6)));
        setRule(out.settings, 0, {bans, bans + n_pins}, PatchRule::Pinned);
        out.rules = rulesOfView(out.settings, 0);
        return out;
    }

    /// Rows that a method lets out: where it prunes here the budget, or what halving reaches.
    static int budgetOf(const Case& run, int n_bans) {
        const MethodSpec& method = *findMethod(GetParam());
        const int n = run.patches();
        int least = 1;
        if (method.inside_layer) {
            least = n;
            for (int layer = 0; layer <= run.encoder.last_layer; ++layer) {
                least = (least + 1) / 2;
            }
        }
        const bool prunes_here = method.uses_budget && !method.in_decoder;
        const int open = n - n_bans;
        return prunes_here ? std::max(least, std::min(run.settings.budget, open)) : open;
    }
};

void expectHonoured(const PatchRules& rules, const std::vector<std::int32_t>& kept) {
    for (const std::int32_t patch : rules.pinned) {
        EXPECT_TRUE(std::ranges::binary_search(kept, patch)) << "pinned " << patch;
    }
    for (const std::int32_t patch : rules.banned) {
        EXPECT_FALSE(std::ranges::binary_search(kept, patch)) << "banned " << patch;
    }
}

}  // namespace

TEST_P(PatchRulesProperty, PinnedStayBannedLeaveAndTheCountIsExact) {
    for (std::uint64_t seed = 0; seed < kSeeds; ++seed) {
        SCOPED_TRACE(seed);
        const Case asked = caseOf(seed);
        const ToyRun run = runToy(asked.encoder, asked.settings);
        const std::vector<std::int32_t>& kept = run.selection.kept;
        expectHonoured(
            findMethod(GetParam())->uses_budget ? asked.rules : PatchRules{{}, asked.rules.banned},
            kept);
        // ToMe lets a banned token go at the end where too few layers have merged.
        const bool halves = findMethod(GetParam())->inside_layer;
        const auto open = toSize(asked.patches()) - asked.rules.banned.size();
        EXPECT_EQ(run.selection.rows.size(),
                  halves ? std::min(toSize(asked.budget), open) : toSize(asked.budget));
        EXPECT_EQ(kept, keptPatches(run.selection.rows));
        EXPECT_EQ(std::set(kept.begin(), kept.end()).size(), kept.size());
        EXPECT_EQ(static_cast<std::size_t>(run.selection.tokens.size(0)) +
                      toSize(run.selection.paddingRows()),
                  run.selection.rows.size());
    }
}

TEST_P(PatchRulesProperty, InsideTheEncoderPinnedAreNeverRemoved) {
    if (!findMethod(GetParam())->in_encoder) {
        GTEST_SKIP() << "it prunes after the encoder";
    }
    for (std::uint64_t seed = 0; seed < kSeeds; ++seed) {
        SCOPED_TRACE(seed);
        const Case asked = caseOf(seed);
        const ToyRun run = runToy(asked.encoder, asked.settings);
        for (std::size_t e = 0; e < run.events.size(); ++e) {
            std::vector<std::int32_t> after = patchesOf(run.patches_before[e], run.events[e].keep);
            std::ranges::sort(after);
            for (const std::int32_t patch : asked.rules.pinned) {
                EXPECT_TRUE(std::ranges::binary_search(after, patch));
            }
            for (const std::int32_t patch : asked.rules.banned) {
                EXPECT_TRUE(findMethod(GetParam())->inside_layer ||
                            !std::ranges::binary_search(after, patch));
            }
            for (const Transfer& transfer : run.events[e].transfers) {
                EXPECT_FALSE(std::ranges::binary_search(asked.rules.pinned, transfer.from_patch));
            }
        }
    }
}

TEST_P(PatchRulesProperty, PinsThatNobodyHasRoomForAreTheLastOnes) {
    for (std::uint64_t seed = 0; seed < kSeeds; seed += 4) {
        SCOPED_TRACE(seed);
        Case asked = caseOf(seed);
        asked.settings.patch_rules.clear();
        asked.settings.budget = 5;
        const std::vector<std::int32_t> pins = drawWithoutReplacement(asked.patches(), 9, seed);
        setRule(asked.settings, 0, pins, PatchRule::Pinned);
        const MethodSpec& method = *findMethod(GetParam());
        const int room =
            method.uses_budget && !method.in_decoder ? 5 - method.rows_without_patch : 0;
        expectHonoured({{pins.begin(), pins.begin() + room}, {}},
                       runToy(asked.encoder, asked.settings).selection.kept);
    }
}

TEST_P(PatchRulesProperty, PinningWhatIsKeptAnywayKeepsTheSame) {
    const std::set<std::string> ranked{"cls-topk", "flowcut", "scope", "divprune", "cdpruner"};
    if (!ranked.contains(GetParam())) {
        GTEST_SKIP() << "its first choices depend on all";
    }
    for (std::uint64_t seed = 0; seed < kSeeds; ++seed) {
        SCOPED_TRACE(seed);
        Case asked = caseOf(seed);
        asked.settings.patch_rules.clear();
        const std::vector<std::int32_t> free_run =
            runToy(asked.encoder, asked.settings).selection.kept;
        setRule(asked.settings, 0, free_run, PatchRule::Pinned);
        EXPECT_EQ(runToy(asked.encoder, asked.settings).selection.kept, free_run);
    }
}

INSTANTIATE_TEST_SUITE_P(AllMethods,
                         PatchRulesProperty,
                         ::testing::ValuesIn(allMethods()),
                         [](const ::testing::TestParamInfo<std::string>& test) {
                             std::string name = test.param;
                             std::erase(name, '-');
                             return name;
                         });

TEST(Tatcs, APinnedTokenRepresentsItsClusterAndABannedOneNone) {
    ToyEncoder encoder;
    RunSettings settings;
    settings.method = "dcp";
    settings.budget = 6;
    settings.trigger = Trigger::Always;
    settings.params["guard"] = 0.0;
    const std::vector<std::int32_t> chosen =
        runToy(encoder, settings).selection.stages.back().chosen;
    setRule(settings, 0, std::vector<std::int32_t>{chosen[1]}, PatchRule::Banned);
    std::int32_t outsider = 0;
    while (std::ranges::count(chosen, outsider) != 0) {
        ++outsider;
    }
    setRule(settings, 0, std::vector<std::int32_t>{outsider}, PatchRule::Pinned);
    const StageTrace stage = runToy(encoder, settings).selection.stages.back();
    ASSERT_EQ(stage.name, "TATCS");
    EXPECT_EQ(stage.centres.front(), outsider);
    const auto cluster = stage.cluster_of.at(toSize(outsider));
    EXPECT_EQ(stage.chosen.at(toSize(cluster)), outsider);
    EXPECT_EQ(std::ranges::count(stage.chosen, chosen[1]), 0);
}

TEST(RaiseTo, TakesBackFromWhoHoldsTheMost) {
    std::vector<int> quota{5, 1, 4, 0};
    raiseTo({0, 2, 0, 2}, quota);
    EXPECT_EQ(quota, (std::vector<int>{3, 2, 3, 2}));
}

}  // namespace prunescope
