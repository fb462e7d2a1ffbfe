#include "core/prune/holov.h"

#include "core/prune/select.h"
#include "tests/prune/fake_views.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace prunescope {

namespace {

using ::testing::ElementsAre;
using testing::PlainPool;
using testing::runToy;
using ::testing::SizeIs;
using testing::ToyEncoder;
using testing::ToyRun;

ToyRun runHoloV(const ToyEncoder& encoder, int budget, bool spatial) {
    RunSettings settings;
    settings.method = "holov";
    settings.budget = budget;
    settings.params["spatial_crops"] = spatial ? 1.0 : 0.0;
    return runToy(encoder, settings);
}

// Steps 2 and 3 in plain loops.
std::vector<double> plainScore(const std::vector<std::vector<double>>& rows,
                               const std::vector<double>& attention,
                               double alpha) {
    const std::size_t n = rows.size();
    std::vector<double> v(n, 0.0);
    for (std::size_t i = 0; i < n; ++i) {
        std::vector<double> s(n, 0.0);
        for (std::size_t j = 0; j < n; ++j) {
            s[j] = i == j ? 0.0 : testing::plainCosine(rows[i], rows[j]);
        }
        const double mu = std::accumulate(s.begin(), s.end(), 0.0) / static_cast<double>(n - 1);
        for (const double value : s) {
            v[i] += (value - mu) * (value - mu) / static_cast<double>(n - 1);
        }
    }
    const auto count = static_cast<double>(n);
    const double mean_b = 1000 * std::accumulate(attention.begin(), attention.end(), 0.0) / count;
    const double mean_v = std::accumulate(v.begin(), v.end(), 0.0) / count;
    std::vector<double> score;
    for (std::size_t i = 0; i < n; ++i) {
        score.push_back(1000 * attention[i] + alpha * mean_b / (mean_v + 1e-6) * v[i]);
    }
    return score;
}

// The output's patches in order, for partitions given as lists of patches.
std::vector<std::int32_t> plainHoloV(const ToyRun& run,
                                     const std::vector<std::vector<std::int64_t>>& parts,
                                     int k) {
    const PlainPool pool = testing::plainPool(run);
    const HostMatrix projected = toHost(run.projected);
    std::vector<double> weight;
    for (const auto& part : parts) {
        std::vector<std::vector<double>> rows;
        std::vector<double> attention;
        for (const std::int64_t patch : part) {
            const auto row = projected.row(static_cast<int>(patch));
            rows.emplace_back(row.begin(), row.end());
            attention.push_back(pool.attention[toSize(patch)]);
        }
        const std::vector<double> score =
            part.size() > 1 ? plainScore(rows, attention, 0.09) : attention;
        weight.push_back(part.empty() ? 0.0
                                      : std::accumulate(score.begin(), score.end(), 0.0) /
                                            static_cast<double>(part.size()));
    }
    const double sum = std::accumulate(weight.begin(), weight.end(), 0.0) + 1e-6;
    std::vector<int> quota;
    for (const double w : weight) {
        quota.push_back(static_cast<int>(w / sum * k));
    }
    const std::vector<int> order = testing::plainOrder(weight);
    const int rest = k - std::accumulate(quota.begin(), quota.end(), 0);
    for (int i = 0; i < rest; ++i) {
        ++quota[toSize(order[toSize(i)])];
    }
    std::vector<std::int32_t> out;
    for (std::size_t c = 0; c < parts.size(); ++c) {
        std::vector<double> own;
        for (const std::int64_t patch : parts[c]) {
            own.push_back(pool.attention[toSize(patch)]);
        }
        const std::vector<int> ranked = testing::plainOrder(own);
        for (int i = 0; i < std::min(quota[c], static_cast<int>(own.size())); ++i) {
            out.push_back(static_cast<std::int32_t>(parts[c][toSize(ranked[toSize(i)])]));
        }
    }
    return out;
}

std::vector<std::int32_t> patchesInOrder(const Selection& selection) {
    std::vector<std::int32_t> out;
    for (const OutputRow& row : selection.rows) {
        if (row.kind == RowKind::Patch) {
            out.push_back(row.patch);
        }
    }
    return out;
}

}  // namespace

TEST(HoloV, CutsTheSequenceIntoRuns) {
    const auto parts = sequenceParts(18, 4);
    EXPECT_THAT(parts[0], ElementsAre(0, 1, 2, 3, 4));
    EXPECT_THAT(parts[1], ElementsAre(5, 6, 7, 8, 9));
    EXPECT_THAT(parts[2], ElementsAre(10, 11, 12, 13));
    EXPECT_THAT(parts[3], ElementsAre(14, 15, 16, 17));
    for (const auto& part : sequenceParts(576, 16)) {
        EXPECT_THAT(part, SizeIs(36));
    }
    EXPECT_THAT(sequenceParts(2, 3), ElementsAre(SizeIs(1), SizeIs(1), SizeIs(0)));
}

TEST(HoloV, SpatialCropsAreSquaresOfTheGrid) {
    const auto parts = spatialParts({24, 24, 14}, 4);
    ASSERT_THAT(parts, SizeIs(16));
    EXPECT_THAT(parts[0], SizeIs(36));
    EXPECT_EQ(parts[5][0], 6 * 24 + 6);
    EXPECT_EQ(parts[5][6], 7 * 24 + 6);
    std::vector<int> seen(30, 0);
    for (const auto& part : spatialParts({5, 6, 14}, 4)) {
        for (const std::int64_t patch : part) {
            ++seen[toSize(patch)];
        }
    }
    EXPECT_THAT(seen, ::testing::Each(1));
}

TEST(HoloV, AgreesWithPlainLoops) {
    for (std::uint64_t seed = 1; seed < 25; ++seed) {
        SCOPED_TRACE(seed);
        ToyEncoder encoder;
        encoder.seed = seed;
        encoder.grid = {5 + static_cast<int>(seed % 3), 7, 14};
        const int k = 1 + static_cast<int>(seed * 5) % 30;
        const ToyRun runs = runHoloV(encoder, k, false);
        EXPECT_EQ(patchesInOrder(runs.selection),
                  plainHoloV(runs, sequenceParts(encoder.grid.count(), 16), k));
        const ToyRun crops = runHoloV(encoder, k, true);
        EXPECT_EQ(patchesInOrder(crops.selection),
                  plainHoloV(crops, spatialParts(encoder.grid, 4), k));
    }
}

TEST(HoloV, AQuotaAboveItsPartitionBecomesZeroRows) {
    EXPECT_THAT(holisticQuotas({6, 1, 1}, 8), ElementsAre(6, 1, 1));
    EXPECT_THAT(holisticQuotas({0, 0, 0}, 2), ElementsAre(1, 1, 0));
    EXPECT_THAT(holisticQuotas({1, 2, 1}, 3), ElementsAre(1, 2, 0)) << "the rest to the largest";
    const ToyRun run = runHoloV({}, 30, false);
    const int padding = run.selection.paddingRows();
    EXPECT_GT(padding, 0) << "the quotas differ, so that some partition of 2 or 3 overflows";
    EXPECT_EQ(run.selection.rows.size(), 30U);
    EXPECT_EQ(run.selection.tokens.size(0), 30 - padding);
    EXPECT_EQ(run.selection.stages.back().tokens_out, 30);
}

TEST(HoloV, SilentAttentionGivesOnePatchEachToTheFirstPartitions) {
    ToyEncoder encoder;
    encoder.content = ToyEncoder::Content::ZeroAttention;
    const ToyRun run = runHoloV(encoder, 20, false);
    EXPECT_THAT(run.selection.kept, SizeIs(16));
    EXPECT_EQ(run.selection.paddingRows(), 4);
}

}  // namespace prunescope
