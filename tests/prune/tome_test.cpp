#include "core/prune/tome.h"

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
using testing::runToy;
using testing::ToyEncoder;
using testing::ToyRun;

std::vector<int> counts(int n_patches, int k, int layers) {
    std::vector<int> out;
    int n = n_patches;
    for (int layer = 0; layer < layers; ++layer) {
        n = mergedCount(n_patches, k, n, layer, layers - 1);
        out.push_back(n);
    }
    return out;
}

// A token of the merged sequence, with everything it was made of.
struct PlainToken {
    std::vector<double> features;
    double size = 1;
    int lowest = 0;
};

// One layer of section 3.8 in plain loops. Keys come from the run: they are the layer's.
std::vector<PlainToken> plainMerge(const std::vector<PlainToken>& tokens,
                                   const std::vector<std::vector<double>>& keys,
                                   int n_gone) {
    struct Edge {
        double likeness;
        std::size_t from;
        std::size_t to;
    };

    // Positions with CLS in front: token i is at i + 1, so odd tokens are at even positions.
    std::vector<Edge> edges;
    for (std::size_t a = 1; a < tokens.size(); a += 2) {
        Edge best{-2, a, 0};
        for (std::size_t b = 0; b < tokens.size(); b += 2) {
            const double likeness = testing::plainCosine(keys[a], keys[b]);
            best = likeness > best.likeness ? Edge{likeness, a, b} : best;
        }
        edges.push_back(best);
    }
    std::stable_sort(edges.begin(), edges.end(), [](const Edge& x, const Edge& y) {
        return x.likeness > y.likeness;
    });
    edges.resize(toSize(n_gone));
    std::vector<PlainToken> merged = tokens;
    std::vector<char> gone(tokens.size(), 0);
    for (PlainToken& token : merged) {
        for (double& value : token.features) {
            value *= token.size;
        }
    }
    for (const Edge& edge : edges) {
        PlainToken& into = merged[edge.to];
        const PlainToken& from = merged[edge.from];
        for (std::size_t c = 0; c < into.features.size(); ++c) {
            into.features[c] += from.features[c];
        }
        into.size += from.size;
        into.lowest = std::min(into.lowest, from.lowest);
        gone[edge.from] = 1;
    }
    std::vector<PlainToken> out;
    for (const std::size_t start : {1U, 0U}) {
        for (std::size_t i = start; i < merged.size(); i += 2) {
            if (gone[i] == 0) {
                out.push_back(merged[i]);
                for (double& value : out.back().features) {
                    value /= out.back().size;
                }
            }
        }
    }
    return out;
}

std::vector<std::vector<double>> rowsOf(const at::Tensor& tensor) {
    const HostMatrix host = toHost(tensor);
    std::vector<std::vector<double>> out;
    for (int i = 0; i < host.rows; ++i) {
        out.emplace_back(host.row(i).begin(), host.row(i).end());
    }
    return out;
}

}  // namespace

TEST(ToMe, TheScheduleIsConstantAndEndsAtTheBudget) {
    const std::vector<int> n = counts(576, 64, 23);
    EXPECT_EQ(n.back(), 64);
    for (std::size_t l = 1; l < n.size(); ++l) {
        EXPECT_GE(n[l - 1] - n[l], 22);
        EXPECT_LE(n[l - 1] - n[l], 23);
    }
    for (const int k : {1, 2, 3, 16, 100, 575, 576}) {
        const std::vector<int> to_k = counts(576, k, 23);
        EXPECT_EQ(to_k.back(), k);
        int before = 576;
        for (const int after : to_k) {
            EXPECT_GE(after, (before + 1) / 2);
            EXPECT_LE(after, before);
            before = after;
        }
    }
    // The end bends where halving would miss k, and halving is all there is in shallow towers.
    EXPECT_THAT(counts(16, 1, 4), ElementsAre(8, 4, 2, 1));
    EXPECT_THAT(counts(16, 1, 2), ElementsAre(8, 4));
    EXPECT_THAT(counts(16, 16, 3), ElementsAre(16, 16, 16));
}

TEST(ToMe, EqualsPlainLoops) {
    for (std::uint64_t seed = 0; seed < 20; ++seed) {
        ToyEncoder encoder;
        encoder.seed = seed;
        encoder.grid = {5 + static_cast<int>(seed % 2), 6, 14};
        RunSettings settings;
        settings.method = "tome";
        settings.budget = 1 + static_cast<int>(seed * 3) % 30;
        const ToyRun run = runToy(encoder, settings);
        std::vector<PlainToken> tokens;
        for (const std::vector<double>& row : rowsOf(run.full)) {
            tokens.push_back({row, 1, static_cast<int>(tokens.size())});
        }
        for (int layer = 0; layer <= encoder.last_layer; ++layer) {
            const int n = static_cast<int>(tokens.size());
            const int next =
                mergedCount(encoder.grid.count(), settings.budget, n, layer, encoder.last_layer);
            if (next < n) {
                const at::Tensor keys = run.layers[toSize(layer)].keys.mean(0).slice(0, 1);
                tokens = plainMerge(tokens, rowsOf(keys), n - next);
            }
        }
        const auto actual = rowsOf(run.selection.tokens);
        ASSERT_EQ(actual.size(), tokens.size());
        EXPECT_EQ(actual.size(), toSize(settings.budget));
        for (std::size_t r = 0; r < actual.size(); ++r) {
            EXPECT_EQ(run.selection.rows[r].patch, tokens[r].lowest) << seed;
            for (std::size_t c = 0; c < actual[r].size(); ++c) {
                EXPECT_NEAR(actual[r][c], tokens[r].features[c], 1e-4) << seed;
            }
        }
        const std::vector<float> mass = run.events.empty()
                                            ? std::vector<float>(toSize(encoder.grid.count()), 1.0F)
                                            : run.events.back().mass;
        const double total = std::accumulate(mass.begin(), mass.end(), 0.0);
        EXPECT_NEAR(total, encoder.grid.count(), 1e-3);
    }
}

TEST(ToMe, EqualKeysMergeByPatch) {
    // Slots stand for patches 5, 1, 3, 0: the first set is {1 (patch 1), 3 (patch 0)}, the second
    // {0 (patch 5), 2 (patch 3)}. Everything is equally alike.
    const at::Tensor keys = at::full({5, 3}, 0.3);
    const std::vector<std::int32_t> patches{5, 1, 3, 0};
    const Merge one = mergeAlike(keys, patches, 1);
    EXPECT_THAT(one.groups, ElementsAre(ElementsAre(1), ElementsAre(0), ElementsAre(2, 3)));
    const Merge two = mergeAlike(keys, patches, 2);
    EXPECT_THAT(two.groups, ElementsAre(ElementsAre(0), ElementsAre(2, 1, 3)));
}

TEST(ToMe, AsksForProportionalAttention) {
    RunSettings settings;
    settings.method = "tome";
    settings.budget = 12;
    for (const Reduction& event : runToy({}, settings).events) {
        EXPECT_TRUE(event.proportional_attention);
        EXPECT_FALSE(event.mass.empty());
    }
    settings.params["proportional"] = 0.0;
    for (const Reduction& event : runToy({}, settings).events) {
        EXPECT_FALSE(event.proportional_attention);
    }
}

}  // namespace prunescope
