#include "core/prune/acgr.h"

#include "core/prune/row_plan.h"
#include "tests/prune/fake_views.h"

#include <cmath>
#include <numeric>

#include <ATen/ops/full.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace prunescope {

namespace {

using ::testing::ElementsAre;
using testing::matrixOf;
using testing::normals;
using testing::vectorOf;

const PatchGrid kGrid{5, 5, 14};

std::vector<std::int32_t> allPatches() {
    std::vector<std::int32_t> out(25);
    std::iota(out.begin(), out.end(), 0);
    return out;
}

struct Case {
    std::vector<std::int32_t> patches = allPatches();
    at::Tensor rows;
    std::vector<float> mass;
    std::vector<float> score;

    explicit Case(std::uint64_t seed)
        : rows(normals({25, 6}, seed)),
          mass(toHostVector(normals({25}, seed + 1).abs().add(1.0))),
          score(toHostVector(normals({25}, seed + 2))) {}

    AcgrInput input() const { return {kGrid, patches, rows, mass, score}; }
};

// Steps 3 to 5 of methods.md 4.3 as they are written, in double.
struct PlainRecovery {
    std::vector<std::vector<double>> mix;
    std::vector<double> mass;
};

double plainSimilarity(const Case& in, const AcgrOptions& options, std::size_t c, std::size_t a) {
    const HostMatrix rows = toHost(in.rows);
    double dot = 0, left = 0, right = 0;
    for (std::size_t i = 0; i < toSize(rows.cols); ++i) {
        const double x = rows.row(static_cast<int>(c))[i];
        const double y = rows.row(static_cast<int>(a))[i];
        dot += x * y;
        left += x * x;
        right += y * y;
    }
    const double dr = static_cast<double>(c / 5) - static_cast<double>(a / 5);
    const double dc = static_cast<double>(c % 5) - static_cast<double>(a % 5);
    return options.lambda * (1 + dot / std::sqrt(left * right)) / 2 +
           (1 - options.lambda) *
               std::exp(-(dr * dr + dc * dc) / (2 * options.sigma * options.sigma));
}

PlainRecovery plainRecovery(const Case& in, const AcgrOptions& options, const Partition& sides) {
    const std::vector<float>& mass = in.mass;
    const std::size_t n_anchors = sides.anchors.size();
    std::vector<std::vector<double>> weight(sides.contexts.size(),
                                            std::vector<double>(n_anchors, 0.0));
    std::vector<double> gained(n_anchors, 0.0);
    for (std::size_t c = 0; c < sides.contexts.size(); ++c) {
        std::vector<std::pair<double, std::size_t>> order;
        for (std::size_t a = 0; a < n_anchors; ++a) {
            order.emplace_back(
                -plainSimilarity(in, options, toSize(sides.contexts[c]), toSize(sides.anchors[a])),
                a);
        }
        std::sort(order.begin(), order.end());
        order.resize(std::min(order.size(), toSize(options.edges)));
        double sum = 0;
        for (const auto& [negative, a] : order) {
            weight[c][a] = std::exp(-negative / options.temperature);
            sum += weight[c][a];
        }
        for (std::size_t a = 0; a < n_anchors; ++a) {
            weight[c][a] /= sum;
            gained[a] += static_cast<double>(mass[toSize(sides.contexts[c])]) * weight[c][a];
        }
    }
    PlainRecovery out;
    for (std::size_t a = 0; a < n_anchors; ++a) {
        const double own = mass[toSize(sides.anchors[a])];
        const double beta = options.beta_max * gained[a] / (own + gained[a]);
        std::vector<double> row(25, 0.0);
        row[toSize(sides.anchors[a])] = 1 - beta;
        for (std::size_t c = 0; c < sides.contexts.size(); ++c) {
            const std::size_t slot = toSize(sides.contexts[c]);
            row[slot] += beta * mass[slot] * weight[c][a] / std::max(gained[a], 1e-6);
        }
        out.mix.push_back(row);
        out.mass.push_back(own + gained[a]);
    }
    return out;
}

}  // namespace

TEST(Acgr, PartitionTakesTheBestAsAnchors) {
    const Partition sides = partition(std::vector<float>{1, 5, 5, 0, 5}, 2);
    EXPECT_THAT(sides.anchors, ElementsAre(1, 2));
    EXPECT_THAT(sides.contexts, ElementsAre(0, 3, 4));
}

TEST(Acgr, EqualsThePlainLoops) {
    for (std::uint64_t seed = 0; seed < 20; ++seed) {
        const Case in(seed);
        AcgrOptions options;
        options.edges = 1 + static_cast<int>(seed % 4);
        const int n_keep = 1 + static_cast<int>(seed) % 24;
        const Reduction result = acgr(in.input(), options, n_keep);
        const Partition sides = partition(in.score, n_keep);
        EXPECT_EQ(result.keep, sides.anchors);
        const PlainRecovery expected = plainRecovery(in, options, sides);
        const HostMatrix mix = toHost(result.mix);
        ASSERT_EQ(result.mass.size(), sides.anchors.size());
        for (std::size_t a = 0; a < sides.anchors.size(); ++a) {
            EXPECT_NEAR(result.mass[a], expected.mass[a], 1e-4) << seed;
            for (std::size_t i = 0; i < 25; ++i) {
                EXPECT_NEAR(mix.row(static_cast<int>(a))[i], expected.mix[a][i], 1e-5) << seed;
            }
        }
    }
}

TEST(Acgr, MassIsConservedAndRowsSumToOne) {
    const Case in(3);
    const Reduction result = acgr(in.input(), {}, 7);
    EXPECT_NEAR(std::accumulate(result.mass.begin(), result.mass.end(), 0.0),
                std::accumulate(in.mass.begin(), in.mass.end(), 0.0),
                1e-3);
    for (const float sum : toHostVector(result.mix.sum(1))) {
        EXPECT_NEAR(sum, 1, 1e-6);
    }
    EXPECT_EQ(result.transfers.size(), 18U * 2U);
    float sent = 0;
    for (const Transfer& transfer : result.transfers) {
        sent += transfer.weight;
    }
    EXPECT_NEAR(sent, 18, 1e-4);
}

TEST(Acgr, FewerAnchorsThanEdgesMeansFewerEdges) {
    const Case in(4);
    AcgrOptions options;
    options.edges = 8;
    const Reduction one = acgr(in.input(), options, 1);
    EXPECT_EQ(one.transfers.size(), 24U);
    EXPECT_EQ(one.transfers[0].weight, 1);
    EXPECT_EQ(acgr(in.input(), options, 3).transfers.size(), 22U * 3U);
}

TEST(Acgr, AnchorWithoutEdgesIsUntouched) {
    // One context token at the corner; with one edge only one anchor can receive.
    Case in(5);
    in.score.assign(25, 1.0F);
    in.score[0] = 0.0F;
    AcgrOptions options;
    options.edges = 1;
    const Reduction result = acgr(in.input(), options, 24);
    ASSERT_EQ(result.transfers.size(), 1U);
    EXPECT_EQ(result.transfers[0].from_patch, 0);
    const HostMatrix before = toHost(gatherRows(in.rows, result.keep));
    const HostMatrix after = toHost(reducedRows(result, in.rows));
    int changed = 0;
    for (int a = 0; a < 24; ++a) {
        changed += std::ranges::equal(before.row(a), after.row(a)) ? 0 : 1;
    }
    EXPECT_EQ(changed, 1);
}

TEST(Acgr, WithoutRecoveryRowsAreGathered) {
    const Case in(6);
    AcgrOptions options;
    options.recovery = false;
    const Reduction result = acgr(in.input(), options, 9);
    EXPECT_FALSE(result.mix.defined());
    EXPECT_TRUE(result.mass.empty());
    EXPECT_TRUE(result.transfers.empty());
    EXPECT_EQ(toHost(reducedRows(result, in.rows)).values,
              toHost(gatherRows(in.rows, result.keep)).values);
}

TEST(Acgr, KeepingEverythingChangesNothing) {
    const Case in(7);
    const Reduction result = acgr(in.input(), {}, 25);
    EXPECT_EQ(toHost(reducedRows(result, in.rows)).values, toHost(in.rows).values);
    EXPECT_TRUE(result.transfers.empty());
}

TEST(Acgr, KeepNormRestoresLengths) {
    const Case in(8);
    AcgrOptions options;
    options.keep_norm = true;
    const Reduction result = acgr(in.input(), options, 6);
    const HostMatrix before = toHost(gatherRows(in.rows, result.keep));
    const HostMatrix after = toHost(reducedRows(result, in.rows));
    for (int a = 0; a < 6; ++a) {
        const auto norm = [](std::span<const float> row) {
            return std::sqrt(std::inner_product(row.begin(), row.end(), row.begin(), 0.0));
        };
        EXPECT_NEAR(norm(before.row(a)), norm(after.row(a)), 1e-5);
    }
}

TEST(Acgr, DegenerateRowsGiveNumbers) {
    Case in(9);
    for (const double value : {0.0, 3.0, std::nan("")}) {
        in.rows = at::full({25, 6}, value, in.rows.options());
        const Reduction result = acgr(in.input(), {}, 4);
        for (const float entry : toHost(result.mix).values) {
            EXPECT_TRUE(std::isfinite(entry)) << value;
        }
    }
}

}  // namespace prunescope
