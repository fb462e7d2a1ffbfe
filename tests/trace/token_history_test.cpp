#include "core/trace/token_history.h"

#include "tests/trace/sample_trace.h"

#include <cmath>
#include <limits>

#include <gtest/gtest.h>

namespace prunescope {
namespace {

/// Six patches: an event keeps 0, 1, 3 and 4 and hands 2 and 5 on; a re-selection keeps 0 and 4.
RunTrace twoStages() {
    RunTrace trace = sampleTrace();
    StageTrace& acgr = trace.views[0].stages[0];
    acgr.tokens_in = 6;
    acgr.tokens_out = 4;
    acgr.score = {0.1F, 0.2F, 0.3F, 0.4F, 0.5F, 0.05F};
    acgr.slot_from_patch = {0, 1, -1, 2, 3, -1};
    acgr.transfers = {{2, 3, 0.25F}, {2, 1, 0.75F}, {5, 4, 1.0F}};
    acgr.mass = {1, 1.75F, 1.25F, 2};
    trace.views[0].stages[1].mass = {1, 2};
    return trace;
}

TEST(TokenHistory, AContextTokenSaysToWhomItWent) {
    const TokenHistory history = tokenHistory(twoStages(), 0, 2);
    ASSERT_EQ(history.rows.size(), 1U);
    const HistoryRow& row = history.rows[0];
    EXPECT_EQ(row.role, StageRole::Context);
    EXPECT_EQ(row.rank, 3);
    EXPECT_EQ(row.ranked, 6);
    EXPECT_EQ(row.kept, 4);
    EXPECT_EQ(row.sent, (std::vector<HistoryShare>{{1, 0.75}, {3, 0.25}}));
    EXPECT_EQ(row.mass_before, 1);
    EXPECT_EQ(row.mass_after, 0);
    EXPECT_EQ(
        row.reason,
        "rank 3 of 6, kept 4: context (others were chosen for more than their score); 75 % to "
        "#1, 25 % to #3");
    EXPECT_EQ(history.outcome, "Handed on and removed " + siteText(row.site) + ".");
}

TEST(TokenHistory, AnAnchorSaysFromWhom) {
    const TokenHistory history = tokenHistory(twoStages(), 0, 4);
    ASSERT_EQ(history.rows.size(), 2U);
    EXPECT_EQ(history.rows[0].role, StageRole::Anchor);
    EXPECT_EQ(history.rows[0].received, (std::vector<HistoryShare>{{5, 1.0}}));
    EXPECT_EQ(history.rows[0].reason,
              "rank 1 of 6, kept 4: anchor, took in 1 patch's worth from 1: 100 % of #5");
    const HistoryRow& last = history.rows[1];
    EXPECT_EQ(last.role, StageRole::Chosen);
    EXPECT_EQ(last.cluster, 1);
    EXPECT_EQ(last.cluster_size, 2);
    EXPECT_FALSE(last.is_centre);
    EXPECT_EQ(last.representative, 4);
    EXPECT_EQ(last.reason,
              "cluster 1 of 2 (2 tokens), member of centre #3, centrality 0.7, relevance to the "
              "question 0.00: stays its representative");
    EXPECT_EQ(history.outcome, "A token at the end, standing for 2 patches.");
}

TEST(TokenHistory, EvictedReselectedAndMember) {
    const RunTrace trace = twoStages();
    EXPECT_EQ(tokenHistory(trace, 0, 3).rows[1].role, StageRole::Evicted);
    EXPECT_EQ(tokenHistory(trace, 0, 3).rows[1].reason,
              "cluster 1 of 2 (2 tokens), its centre, centrality 0.6, relevance to the question "
              "1.00: evicted, represented by #4 (0.7)");
    EXPECT_EQ(tokenHistory(trace, 0, 3).outcome, "Evicted after the encoder.");
    EXPECT_EQ(tokenHistory(trace, 0, 0).rows[1].role, StageRole::Reselected);
    EXPECT_EQ(tokenHistory(trace, 0, 0).outcome, "Re-selected: a token at the end.");
    EXPECT_EQ(tokenHistory(trace, 0, 1).rows[1].role, StageRole::Member);
}

TEST(TokenHistory, AReselectionThatWasNotUsedSaysSo) {
    RunTrace trace = twoStages();
    trace.views[0].shift.accepted = false;
    trace.views[0].stages[1].slot_from_patch = {-1, -1, -1, 0, 1, -1};
    trace.views[0].kept = {3, 4};
    const HistoryRow row = tokenHistory(trace, 0, 3).rows[1];
    EXPECT_EQ(row.role, StageRole::Chosen);
    EXPECT_TRUE(row.reason.ends_with("the re-selection was not used, since D did not fall; stays"));
}

TEST(TokenHistory, RulesAreReasons) {
    RunTrace trace = twoStages();
    setRule(trace.settings, 0, std::vector<std::int32_t>{0}, PatchRule::Pinned);
    setRule(trace.settings, 0, std::vector<std::int32_t>{2}, PatchRule::Banned);
    EXPECT_EQ(tokenHistory(trace, 0, 0).rows[0].reason, "rank 5 of 6, kept 4: stays (pinned)");
    EXPECT_EQ(tokenHistory(trace, 0, 0).outcome, "Pinned. Re-selected: a token at the end.");
    EXPECT_EQ(tokenHistory(trace, 0, 2).rows[0].reason,
              "rank 3 of 6, kept 4: context (banned); 75 % to #1, 25 % to #3");
    setRule(trace.settings, 0, std::vector<std::int32_t>{5}, PatchRule::Pinned);
    EXPECT_TRUE(tokenHistory(trace, 0, 5).outcome.starts_with("Pinned, but there was no room."));
}

TEST(TokenHistory, WithoutStagesEveryPatchIsAToken) {
    RunTrace trace = twoStages();
    trace.views[0].stages.clear();
    trace.views[0].kept = {0, 1, 2, 3, 4, 5};
    const TokenHistory history = tokenHistory(trace, 0, 2);
    EXPECT_TRUE(history.rows.empty());
    EXPECT_EQ(history.outcome, "A token at the end.");
}

TEST(RegionHistory, CountsWhatStaysAndWhatMoves) {
    const RegionHistory history = regionHistory(twoStages(), 0, std::vector<std::int32_t>{2, 1, 5});
    EXPECT_EQ(history.patches, (std::vector<std::int32_t>{1, 2, 5}));
    ASSERT_EQ(history.rows.size(), 2U);
    const RegionRow& row = history.rows[0];
    EXPECT_EQ(row.before, 3);
    EXPECT_EQ(row.after, 1);
    EXPECT_EQ(row.mass_before, 3);
    EXPECT_EQ(row.mass_after, 1.75);
    EXPECT_EQ(row.sent_inside, 0.75);
    EXPECT_EQ(row.sent_outside, 1.25);
    EXPECT_EQ(row.from_outside, 0);
    EXPECT_EQ(row.receivers, (std::vector<HistoryShare>{{4, 0.8}, {3, 0.2}}));
    EXPECT_EQ(row.best_patch, 2);
    EXPECT_EQ(row.best_rank, 3);
    EXPECT_EQ(history.kept, 0);
    EXPECT_EQ(history.cluster, -1);
    EXPECT_EQ(history.outcome, "0 of 3 patches are tokens at the end.");
}

TEST(RegionHistory, AClusterIsRecognised) {
    const RunTrace trace = twoStages();
    const std::vector<std::int32_t> members = clusterPatches(trace.views[0], 1);
    EXPECT_EQ(members, (std::vector<std::int32_t>{3, 4}));
    EXPECT_TRUE(clusterPatches(trace.views[0], 7).empty());
    const RegionHistory history = regionHistory(trace, 0, members);
    EXPECT_EQ(history.cluster, 1);
    EXPECT_EQ(history.rows[1].evicted, 1);
    EXPECT_EQ(history.kept, 1);
}

}  // namespace
}  // namespace prunescope
