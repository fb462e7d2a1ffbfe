#include "core/prune/visionzip.h"

#include "core/prune/select.h"
#include "tests/prune/fake_views.h"

#include <algorithm>
#include <cmath>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace prunescope {

namespace {

using ::testing::ElementsAre;
using testing::PlainPool;
using testing::plainPool;
using testing::runToy;
using testing::ToyEncoder;
using testing::ToyRun;

ToyRun runVisionZip(std::uint64_t seed, int budget, const std::string& merge) {
    ToyEncoder encoder;
    encoder.seed = seed;
    RunSettings settings;
    settings.method = "visionzip";
    settings.budget = budget;
    settings.params["merge"] = merge;
    return runToy(encoder, settings);
}

// What section 2.1 says, in plain loops: the expected rows, one list of channels each.
struct Expected {
    std::vector<std::int32_t> patches;  // of the rows behind CLS
    std::vector<std::vector<double>> rows;
};

Expected plainVisionZip(const ToyRun& run, int dominant, int contextual, bool as_mean) {
    const PlainPool pool = plainPool(run);
    const std::vector<int> order = testing::plainOrder(pool.attention);
    std::vector<int> top(order.begin(), order.begin() + dominant - 1);
    std::vector<int> left(order.begin() + dominant - 1, order.end());
    std::sort(top.begin(), top.end());
    std::sort(left.begin(), left.end());

    Expected out;
    for (const int patch : top) {
        out.patches.push_back(patch);
        out.rows.push_back(pool.tokens[toSize(patch)]);
    }
    const int step = std::max(1, static_cast<int>(left.size()) / contextual);
    std::vector<std::vector<int>> members(toSize(contextual));
    for (int r = 0; r < static_cast<int>(left.size()); ++r) {
        if (r % step == 0 && r / step < contextual) {
            continue;
        }
        int best = 0;
        for (int c = 1; c < contextual; ++c) {
            const auto similarityTo = [&](int target) {
                return testing::plainCosine(pool.keys[toSize(left[toSize(r)])],
                                            pool.keys[toSize(left[toSize(target * step)])]);
            };
            best = similarityTo(c) > similarityTo(best) ? c : best;
        }
        members[toSize(best)].push_back(left[toSize(r)]);
    }
    for (int c = 0; c < contextual; ++c) {
        const int target = left[toSize(c * step)];
        std::vector<double> row = pool.tokens[toSize(target)];
        const auto n_members = static_cast<double>(members[toSize(c)].size());
        for (std::size_t channel = 0; channel < row.size(); ++channel) {
            double sum = 0;
            for (const int member : members[toSize(c)]) {
                sum += pool.tokens[toSize(member)][channel];
            }
            row[channel] = as_mean ? (row[channel] + sum) / (n_members + 1)
                                   : row[channel] + sum / std::max(1.0, n_members);
        }
        out.patches.push_back(target);
        out.rows.push_back(row);
    }
    return out;
}

void expectRows(const ToyRun& run, const Expected& expected) {
    const Selection& selection = run.selection;
    ASSERT_EQ(selection.rows.size(), expected.rows.size() + 1);
    EXPECT_EQ(selection.rows[0], (OutputRow{RowKind::Cls, -1}));
    const HostMatrix tokens = toHost(selection.tokens);
    for (std::size_t r = 0; r < expected.rows.size(); ++r) {
        EXPECT_EQ(selection.rows[r + 1].patch, expected.patches[r]);
        for (std::size_t c = 0; c < expected.rows[r].size(); ++c) {
            EXPECT_NEAR(double{tokens.row(static_cast<int>(r) + 1)[c]}, expected.rows[r][c], 1e-5);
        }
    }
}

}  // namespace

TEST(VisionZip, SplitsTheBudgetAsPublished) {
    const int splits[][3] = {
        {192, 162, 30}, {128, 108, 20}, {64, 54, 10}, {32, 27, 5}, {16, 13, 3}, {10, 8, 2}};
    for (const auto& [k, dominant, contextual] : splits) {
        EXPECT_EQ(visionZipSplit(k, 0).dominant, dominant) << k;
        EXPECT_EQ(visionZipSplit(k, 0).contextual, contextual) << k;
    }
    EXPECT_EQ(visionZipSplit(221, 30).dominant, 191);  // the package's own default
    EXPECT_EQ(visionZipSplit(1, 0).contextual, 0);
    EXPECT_EQ(visionZipSplit(1, 30).contextual, 0);
    EXPECT_EQ(visionZipSplit(2, 0).contextual, 1);
    EXPECT_EQ(visionZipSplit(5, 30).dominant, 1);
}

TEST(VisionZip, AgreesWithPlainLoops) {
    for (std::uint64_t seed = 1; seed < 20; ++seed) {
        SCOPED_TRACE(seed);
        const int budget = 2 + static_cast<int>(seed) * 3 % 30;
        const VisionZipSplit split = visionZipSplit(budget, 0);
        for (const bool as_mean : {false, true}) {
            const ToyRun run = runVisionZip(seed, budget, as_mean ? "mean" : "released");
            expectRows(run, plainVisionZip(run, split.dominant, split.contextual, as_mean));
        }
    }
}

TEST(VisionZip, ReleasedContextualRowsWeighTwiceAToken) {
    const ToyRun run = runVisionZip(3, 12, "released");
    const std::vector<float> sums = toHostVector(run.selection.mix.sum(1));
    for (std::size_t r = 0; r < sums.size(); ++r) {
        switch (run.selection.rows[r].kind) {
            case RowKind::Cls:
                EXPECT_EQ(sums[r], 0);
                break;
            case RowKind::Merged:  // 1 where a target has no members
                EXPECT_TRUE(std::fabs(sums[r] - 2) < 1e-5 || sums[r] == 1) << sums[r];
                break;
            default:
                EXPECT_EQ(sums[r], 1);
        }
    }
    for (const float sum : toHostVector(runVisionZip(3, 12, "mean").selection.mix.sum(1))) {
        EXPECT_TRUE(std::fabs(sum - 1) < 1e-5 || sum == 0);
    }
}

TEST(VisionZip, OneTokenIsCls) {
    const ToyRun run = runVisionZip(1, 1, "released");
    EXPECT_THAT(run.selection.rows, ElementsAre(OutputRow{RowKind::Cls, -1}));
    EXPECT_TRUE(run.selection.kept.empty());
    EXPECT_EQ(toHost(run.selection.tokens).values, toHost(run.cls).values);
}

TEST(VisionZip, TheTraceNamesWhoWasMergedWhere) {
    const ToyRun run = runVisionZip(5, 12, "released");
    const StageTrace& stage = run.selection.stages.back();
    EXPECT_EQ(stage.tokens_out, 12);
    const int n_left = 36 - static_cast<int>(run.selection.kept.size());
    EXPECT_EQ(stage.transfers.size(), toSize(n_left)) << "whatever is not kept joins one target";
    double mass = 0;
    for (const float m : stage.mass) {
        mass += double{m};
    }
    EXPECT_NEAR(mass, 37, 1e-4) << "36 patches and CLS";
    for (const Transfer& transfer : stage.transfers) {
        EXPECT_EQ(transfer.weight, 1);
        EXPECT_EQ(stage.cluster_of[toSize(transfer.from_patch)],
                  stage.cluster_of[toSize(transfer.to_patch)]);
        EXPECT_THAT(stage.centres, ::testing::Contains(transfer.to_patch));
    }
    ViewTrace view;
    view.grid = {6, 6, 14};
    view.stages = run.selection.stages;
    const std::vector<PatchFate> fates = patchFates(view, 0);
    EXPECT_EQ(std::ranges::count(fates, PatchFate::Merged), n_left);
    EXPECT_EQ(std::ranges::count(fates, PatchFate::Dropped), 0);
}

}  // namespace prunescope
