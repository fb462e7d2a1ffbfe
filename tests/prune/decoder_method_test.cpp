#include "core/base/random.h"
#include "core/prune/dart.h"
#include "core/prune/fastv.h"
#include "core/prune/select.h"
#include "core/prune/sparsevlm.h"
#include "core/prune/text_raters.h"
#include "tests/prune/fake_views.h"
#include "tests/prune/toy_decoder.h"

#include <algorithm>
#include <cmath>
#include <future>
#include <numeric>
#include <set>

#include <ATen/Parallel.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace prunescope {

namespace {

using ::testing::ElementsAre;
using testing::matrixOf;
using testing::normals;
using testing::runToyDecoder;
using testing::ToyDecoder;
using testing::ToyDecoderRun;
using testing::vectorOf;

struct Variant {
    const char* name;
    const char* method;
    std::map<std::string, ParamValue> params;
};

void PrintTo(const Variant& variant, std::ostream* out) {
    *out << variant.name;
}

// What every method that prunes between decoder layers must satisfy, over 100 seeded inputs.
class DecoderProperty : public ::testing::TestWithParam<Variant> {
protected:
    static constexpr std::uint64_t kSeeds = 100;

    static ToyDecoder decoderOf(std::uint64_t seed) {
        ToyDecoder decoder;
        decoder.seed = seed;
        decoder.visual = 16 + static_cast<int>(seed % 5) * 30;
        decoder.text_after = 1 + static_cast<int>(seed % 8);
        decoder.layers = 2 + static_cast<int>(seed % 7);
        decoder.content = static_cast<ToyDecoder::Content>(seed % 10 < 4 ? seed % 4 : 0);
        return decoder;
    }

    static RunSettings settingsOf(std::uint64_t seed, int n) {
        RunSettings settings;
        settings.method = GetParam().method;
        settings.params = GetParam().params;
        settings.budget = seed % 9 == 0 ? 1 : 1 + static_cast<int>(seed * 7) % (n + 3);
        return settings;
    }
};

void expectWellFormed(const DecoderReduction& event, const DecoderStop& stop, std::size_t n) {
    EXPECT_EQ(event.keep.size(), toSize(stop.keep));
    EXPECT_EQ(event.recycled.size(), toSize(stop.recycled));
    EXPECT_EQ(event.score.size(), n);
    EXPECT_TRUE(std::is_sorted(event.keep.begin(), event.keep.end()));
    std::set<std::int64_t> seen(event.keep.begin(), event.keep.end());
    EXPECT_EQ(seen.size(), event.keep.size());
    for (const RecycledRow& made : event.recycled) {
        EXPECT_TRUE(std::ranges::count(made.members, made.centre));
        for (const std::int64_t member : made.members) {
            EXPECT_TRUE(seen.insert(member).second) << "a row has two fates";
        }
    }
    EXPECT_GE(*seen.begin(), 0);
    EXPECT_LT(*seen.rbegin(), static_cast<std::int64_t>(n));
}

}  // namespace

TEST_P(DecoderProperty, KeepsWhatThePlanSaysAndEveryRowHasOneFate) {
    for (std::uint64_t seed = 0; seed < kSeeds; ++seed) {
        SCOPED_TRACE(seed);
        const ToyDecoder decoder = decoderOf(seed);
        const RunSettings settings = settingsOf(seed, decoder.visual);
        const ToyDecoderRun run = runToyDecoder(decoder, settings);
        ASSERT_EQ(run.events.size(), run.plan.stops.size());
        for (std::size_t e = 0; e < run.events.size(); ++e) {
            expectWellFormed(run.events[e], run.plan.stops[e], run.tokens_before[e].size());
        }
        if (!settings.params.contains("count") && !settings.params.contains("recycled_in_budget")) {
            EXPECT_EQ(run.kept.size(), toSize(std::min(settings.budget, decoder.visual)));
        }
        EXPECT_EQ(std::set(run.kept.begin(), run.kept.end()).size(), run.kept.size());
    }
}

TEST_P(DecoderProperty, PinnedRowsStayAtEveryStop) {
    for (std::uint64_t seed = 0; seed < kSeeds; ++seed) {
        SCOPED_TRACE(seed);
        ToyDecoder decoder = decoderOf(seed);
        const RunSettings settings = settingsOf(seed, decoder.visual);
        const ToyDecoderRun free_run = runToyDecoder(decoder, settings);
        int room = decoder.visual;
        for (const DecoderStop& stop : free_run.plan.stops) {
            room = std::min(room, stop.keep);
        }
        const int n_pins = seed % 4 == 0 ? room : std::min(room, 1 + static_cast<int>(seed % 6));
        decoder.pinned = drawWithoutReplacement(decoder.visual, n_pins, seed + 11);
        const ToyDecoderRun run = runToyDecoder(decoder, settings);
        EXPECT_EQ(run.kept.size(), free_run.kept.size());
        for (std::size_t e = 0; e < run.events.size(); ++e) {
            expectWellFormed(run.events[e], run.plan.stops[e], run.tokens_before[e].size());
        }
        for (const std::int32_t row : decoder.pinned) {
            EXPECT_TRUE(std::ranges::count(run.kept, row)) << row;
        }
    }
}

TEST_P(DecoderProperty, SameInputSameDecisionOnAnyThreads) {
    for (std::uint64_t seed = 0; seed < kSeeds; seed += 5) {
        SCOPED_TRACE(seed);
        const ToyDecoder decoder = decoderOf(seed);
        const RunSettings settings = settingsOf(seed, decoder.visual);
        const ToyDecoderRun here = runToyDecoder(decoder, settings);
        auto beside = std::async(std::launch::async, [&] {
            at::set_num_threads(1);
            return runToyDecoder(decoder, settings);
        });
        EXPECT_EQ(beside.get().kept, here.kept);
    }
}

TEST_P(DecoderProperty, KeepingEverythingDecidesNothing) {
    for (std::uint64_t seed = 0; seed < kSeeds; seed += 10) {
        const ToyDecoder decoder = decoderOf(seed);
        RunSettings settings = settingsOf(seed, decoder.visual);
        settings.params.erase("count");
        settings.budget = decoder.visual;
        EXPECT_TRUE(runToyDecoder(decoder, settings).events.empty());
    }
}

INSTANTIATE_TEST_SUITE_P(
    Methods,
    DecoderProperty,
    ::testing::Values(Variant{"fastv", "fastv", {}},
                      Variant{"fastvAll", "fastv", {{"query", std::string("all")}}},
                      Variant{"sparsevlm", "sparsevlm", {}},
                      Variant{"sparsevlmReleased", "sparsevlm", {{"recycled_in_budget", 0.0}}},
                      Variant{"sparsevlmV2", "sparsevlm", {{"version", std::string("v2")}}},
                      Variant{"pyramiddrop", "pyramiddrop", {}},
                      Variant{"dart", "dart", {}},
                      Variant{"dartReleased", "dart", {{"count", std::string("released")}}}),
    [](const auto& instance) { return std::string(instance.param.name); });

namespace {

// Tokens that the first stop keeps, ascending. Later ones of SparseVLM also see recycled rows, for
// which ties of density go by place.
std::vector<int> firstKept(const ToyDecoderRun& run) {
    std::vector<int> kept;
    for (const std::int64_t row : run.events.at(0).keep) {
        kept.push_back(run.tokens_before.at(0).at(toSize(row)));
    }
    std::ranges::sort(kept);
    return kept;
}

}  // namespace

TEST(DecoderMethods, PermutedTokensGivePermutedDecisions) {
    for (const char* method : {"fastv", "pyramiddrop", "sparsevlm"}) {
        for (std::uint64_t seed = 1; seed < 20; ++seed) {
            SCOPED_TRACE(std::string(method) + " " + std::to_string(seed));
            ToyDecoder decoder;
            decoder.seed = seed;
            RunSettings settings;
            settings.method = method;
            settings.budget = 9;
            const std::vector<int> plain = firstKept(runToyDecoder(decoder, settings));
            decoder.order.resize(toSize(decoder.visual));
            std::iota(decoder.order.begin(), decoder.order.end(), 0);
            SplitMix64 random(seed);
            for (std::size_t i = decoder.order.size(); i-- > 1;) {
                std::swap(decoder.order[i], decoder.order[toSize(random.next() % (i + 1))]);
            }
            EXPECT_EQ(firstKept(runToyDecoder(decoder, settings)), plain);
        }
    }
}

TEST(FastVMethod, LargerBudgetsKeepASuperset) {
    std::vector<int> smaller;
    for (int k = 1; k < 40; ++k) {
        RunSettings settings;
        settings.method = "fastv";
        settings.budget = k;
        const std::vector<int> kept = runToyDecoder({}, settings).kept;
        EXPECT_TRUE(std::ranges::includes(kept, smaller));
        smaller = kept;
    }
}

TEST(FastVMethod, AveragesHeadsOfTheLastRowAndBreaksTiesDownwards) {
    RunSettings settings;
    settings.method = "fastv";
    DecoderView view{.settings = settings, .stop = {2, 2, 0}, .layers = 4};
    view.first_visual = 1;
    view.n_visual = 4;
    view.n_rows = 6;
    view.attention = [](const std::vector<std::int64_t>& rows) {
        EXPECT_THAT(rows, ElementsAre(5));
        return matrixOf({0.1F, 0.2F, 0.1F, 0.3F, 0.0F, 0.3F, 0.3F, 0.0F, 0.3F, 0.1F, 0.2F, 0.1F}, 6)
            .unsqueeze(1);
    };
    const DecoderReduction out = FastV().beforeDecoderLayer(view);
    // Means 0.1, 0.2, 0.2, 0.1.
    EXPECT_THAT(out.keep, ElementsAre(1, 2));
    EXPECT_NEAR(out.score[1], 0.2, 1e-6);
    EXPECT_EQ(out.positions, DecoderReduction::Positions::Keep);
    view.stop.keep = 3;
    EXPECT_THAT(FastV().beforeDecoderLayer(view).keep, ElementsAre(0, 1, 2));
}

TEST(DartMethod, TakesWhatResemblesAPivotLeast) {
    RunSettings settings;
    settings.method = "dart";
    settings.params = {{"image_pivots", 1.0}, {"text_pivots", 1.0}};
    DecoderView view{.settings = settings, .stop = {2, 3, 0}, .layers = 4};
    view.first_visual = 0;
    view.n_visual = 4;
    view.n_rows = 6;
    // Row 2 has the loudest key of the picture, row 5 of the text.
    view.keys = [] { return matrixOf({1, 0, 0, -1, 2, -2, 1, 1, 0, 1, 3, 0}, 2).unsqueeze(0); };
    // Row 2 points right; rows 0 and 1 with it, row 3 up. Row 5 points up.
    view.normed = [] { return matrixOf({2, 0, 1, 0.5F, 1, 0, 0, 3, 1, 1, 0, 1}, 2); };
    const DecoderReduction out = Dart().beforeDecoderLayer(view);
    // Pivot 2 takes 3 (cosine 0); pivot 5 takes 0 (cosine 0) rather than 1.
    EXPECT_THAT(out.keep, ElementsAre(0, 2, 3));
    EXPECT_FLOAT_EQ(out.score[3], 1.0F);
    EXPECT_TRUE(std::isnan(out.score[1]));
}

TEST(DensityClusters, FindTheTwoCrowds) {
    // Four rows near 0, three near 10, in one dimension; rows 0 and 3 are equally dense.
    const at::Tensor rows = matrixOf({0.0F, 0.3F, 10.0F, 0.1F, 10.5F, 0.7F, 10.2F}, 1);
    const std::vector<RecycledRow> clusters = densityClusters(rows, 2);
    ASSERT_EQ(clusters.size(), 2U);
    std::vector<std::vector<std::int64_t>> members{clusters[0].members, clusters[1].members};
    std::ranges::sort(members);
    EXPECT_THAT(members[0], ElementsAre(0, 1, 3, 5));
    EXPECT_THAT(members[1], ElementsAre(2, 4, 6));
}

TEST(DensityClusters, FollowTheDefinitionInPlainLoops) {
    for (std::uint64_t seed = 0; seed < 40; ++seed) {
        SCOPED_TRACE(seed);
        const int m = 5 + static_cast<int>(seed % 20);
        const int count = 1 + static_cast<int>(seed % 4);
        const HostMatrix x = toHost(normals({m, 6}, seed));
        std::vector<std::vector<double>> d(toSize(m), std::vector<double>(toSize(m)));
        double farthest = 0;
        for (int i = 0; i < m; ++i) {
            for (int j = 0; j < m; ++j) {
                double sum = 0;
                for (int c = 0; c < 6; ++c) {
                    const double by = static_cast<double>(x.row(i)[toSize(c)]) -
                                      static_cast<double>(x.row(j)[toSize(c)]);
                    sum += by * by;
                }
                d[toSize(i)][toSize(j)] = std::sqrt(sum / 6);
                farthest = std::max(farthest, d[toSize(i)][toSize(j)]);
            }
        }
        std::vector<double> rho;
        for (std::vector<double> near : d) {
            std::ranges::sort(near);
            double sum = 0;
            for (int c = 0; c < count; ++c) {
                sum += near[toSize(c)] * near[toSize(c)];
            }
            rho.push_back(std::exp(-sum / count));
        }
        std::vector<std::pair<double, int>> peaks;
        for (int i = 0; i < m; ++i) {
            double delta = farthest;
            for (int j = 0; j < m; ++j) {
                if (rho[toSize(j)] > rho[toSize(i)] ||
                    (rho[toSize(j)] == rho[toSize(i)] && j < i)) {
                    delta = std::min(delta, d[toSize(i)][toSize(j)]);
                }
            }
            peaks.emplace_back(-rho[toSize(i)] * delta, i);
        }
        std::ranges::sort(peaks);
        std::set<std::int64_t> centres;
        for (int c = 0; c < count; ++c) {
            centres.insert(peaks[toSize(c)].second);
        }
        const std::vector<RecycledRow> clusters =
            densityClusters(toDevice(x.values, m, 6, normals({1}, 0)), count);
        ASSERT_EQ(clusters.size(), toSize(count));
        std::size_t members = 0;
        auto centre = centres.begin();
        for (const RecycledRow& cluster : clusters) {
            EXPECT_EQ(cluster.centre, *centre++);
            members += cluster.members.size();
            for (const std::int64_t member : cluster.members) {
                for (const std::int64_t other : centres) {
                    EXPECT_LE(d[toSize(member)][toSize(cluster.centre)],
                              d[toSize(member)][toSize(other)] + 1e-9);
                }
            }
        }
        EXPECT_EQ(members, toSize(m));
    }
}

TEST(TextRaters, AreTheTokensAboveTheMean) {
    const at::Tensor visual = matrixOf({1, 0, 0, 1}, 2);
    const at::Tensor text = matrixOf({2, 0, 0, 0, 0, 2}, 2);
    // Softmax of (2, 0, 0) and (0, 0, 2): mean (0.447, 0.106, 0.447).
    EXPECT_THAT(textRaters(visual, text), ElementsAre(0, 2));
    EXPECT_THAT(textRaters(visual, matrixOf({1, 1, 1, 1}, 2)), ElementsAre(0, 1));
}

}  // namespace prunescope
