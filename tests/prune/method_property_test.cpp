#include "core/base/error.h"
#include "core/prune/row_plan.h"
#include "tests/prune/fake_views.h"

#include <algorithm>
#include <cmath>
#include <future>
#include <numeric>
#include <set>

#include <ATen/Parallel.h>

#include <gtest/gtest.h>

namespace prunescope {

namespace {

using testing::runToy;
using testing::ToyEncoder;
using testing::ToyRun;

// What holds for some methods only (methods.md 4.4 and 7).
enum Law : unsigned {
    kIdentity = 1,  // a budget of all patches is the un-pruned run
    kNested = 2,    // a larger budget keeps a superset
    kConvex = 4,    // rows of the mix sum to 1
};

struct Method {
    std::string id;
    unsigned laws = 0;

    bool has(Law law) const { return (laws & law) != 0; }
};

// What every method must satisfy, over 100 seeded inputs.
class MethodProperty : public ::testing::TestWithParam<Method> {
protected:
    static constexpr std::uint64_t kSeeds = 100;

    static ToyEncoder encoderOf(std::uint64_t seed) {
        ToyEncoder encoder;
        encoder.seed = seed;
        encoder.grid = {4 + static_cast<int>(seed % 3), 6, 14};
        encoder.last_layer = static_cast<int>(seed % 8);
        encoder.text_tokens = static_cast<int>(seed % 7);
        encoder.content = static_cast<ToyEncoder::Content>(seed % 10 < 4 ? seed % 4 : 0);
        return encoder;
    }

    static RunSettings settingsOf(std::uint64_t seed, int n_patches) {
        RunSettings settings;
        settings.method = GetParam().id;
        settings.seed = seed;
        settings.trigger = seed % 2 == 0 ? Trigger::Always : Trigger::Relative;
        // 1, all and more than all are among the budgets.
        settings.budget = seed % 9 == 0 ? 1 : 1 + static_cast<int>(seed * 7) % (n_patches + 3);
        return settings;
    }
};

// What prunes inside the language model sends all tokens there (decoder_method_test.cpp goes on).

int budgetOf(const RunSettings& settings, const ToyEncoder& encoder) {
    const MethodSpec& method = *findMethod(settings.method);
    const int n = encoder.grid.count();
    int least = 1;
    if (method.inside_layer) {  // halves at most in every layer
        least = n;
        for (int layer = 0; layer <= encoder.last_layer; ++layer) {
            least = (least + 1) / 2;
        }
    }
    const bool prunes_here = method.uses_budget && !method.in_decoder;
    return prunes_here ? std::max(least, std::min(settings.budget, n)) : n;
}

std::vector<std::int32_t> ascending(std::vector<std::int32_t> patches) {
    std::sort(patches.begin(), patches.end());
    return patches;
}

void expectFinite(const at::Tensor& tensor) {
    for (const float value : toHost(tensor).values) {
        ASSERT_TRUE(std::isfinite(value));
    }
}

// Padding comes last and has no tokens; a row stands for a patch where its kind says so.
void expectRowsInPlace(const Selection& selection) {
    const auto n_tokens = static_cast<std::size_t>(selection.tokens.size(0));
    ASSERT_LE(n_tokens, selection.rows.size());
    for (std::size_t r = 0; r < selection.rows.size(); ++r) {
        const OutputRow& row = selection.rows[r];
        EXPECT_EQ(row.kind == RowKind::Padding, r >= n_tokens);
        EXPECT_EQ(row.kind == RowKind::Patch || row.kind == RowKind::Merged, row.patch >= 0);
    }
}

// A patch leaves once: at an event of the encoder or at the last step; and who hands itself on does
// so whole.
void expectOneFateEach(const ToyRun& run, int n_patches) {
    std::vector<int> left(toSize(n_patches), 0);
    for (std::size_t e = 0; e < run.events.size(); ++e) {
        const Reduction& event = run.events[e];
        const std::vector<std::int32_t> after =
            ascending(patchesOf(run.patches_before[e], event.keep));
        std::vector<double> sent(toSize(n_patches), 0.0);
        for (const Transfer& transfer : event.transfers) {
            sent[toSize(transfer.from_patch)] += transfer.weight;
            EXPECT_TRUE(std::binary_search(after.begin(), after.end(), transfer.to_patch));
        }
        for (const std::int32_t patch : run.patches_before[e]) {
            const bool stays = std::binary_search(after.begin(), after.end(), patch);
            left[toSize(patch)] += stays ? 0 : 1;
            EXPECT_NEAR(sent[toSize(patch)], stays || !event.mix.defined() ? 0 : 1, 1e-5);
        }
    }
    const std::vector<std::int32_t> pool = ascending(run.pool);
    for (int patch = 0; patch < n_patches; ++patch) {
        const bool in_pool = std::binary_search(pool.begin(), pool.end(), patch);
        EXPECT_EQ(left[toSize(patch)], in_pool ? 0 : 1);
    }
    for (const std::int32_t patch : run.selection.kept) {
        EXPECT_TRUE(std::binary_search(pool.begin(), pool.end(), patch));
    }
}

}  // namespace

TEST_P(MethodProperty, OutputsTheBudget) {
    for (std::uint64_t seed = 0; seed < kSeeds; ++seed) {
        SCOPED_TRACE(seed);
        const ToyEncoder encoder = encoderOf(seed);
        const int n = encoder.grid.count();
        const RunSettings settings = settingsOf(seed, n);
        const ToyRun run = runToy(encoder, settings);
        const std::vector<std::int32_t>& kept = run.selection.kept;
        EXPECT_EQ(run.selection.rows.size(), toSize(budgetOf(settings, encoder)));
        EXPECT_EQ(kept, keptPatches(run.selection.rows));
        EXPECT_EQ(std::set(kept.begin(), kept.end()).size(), kept.size());
        EXPECT_TRUE(kept.empty() || (kept.front() >= 0 && kept.back() < n));
        expectRowsInPlace(run.selection);
        expectFinite(run.selection.tokens);
        expectOneFateEach(run, n);
        ASSERT_TRUE(run.selection.shift.kappa.has_value());
        EXPECT_GE(*run.selection.shift.kappa, 0);
        EXPECT_NEAR(*run.selection.shift.kappa,
                    run.selection.shift.mean_term + run.selection.shift.variance_term,
                    1e-12 * (1 + *run.selection.shift.kappa));
    }
}

TEST_P(MethodProperty, StagesAgreeWithTheSelection) {
    for (std::uint64_t seed = 0; seed < kSeeds; ++seed) {
        SCOPED_TRACE(seed);
        const ToyEncoder encoder = encoderOf(seed);
        const ToyRun run = runToy(encoder, settingsOf(seed, encoder.grid.count()));
        if (run.selection.stages.empty()) {
            EXPECT_TRUE(GetParam().id == kUnprunedMethod || findMethod(GetParam().id)->in_decoder);
            continue;
        }
        for (const StageTrace& stage : run.selection.stages) {
            EXPECT_EQ(stage.site.kind, Site::Kind::AfterEncoder);
            EXPECT_EQ(stage.site.layer, encoder.last_layer);
            EXPECT_EQ(stage.tokens_in, static_cast<int>(run.pool.size()));
            EXPECT_EQ(stage.tokens_out, static_cast<int>(run.selection.rows.size()));
            EXPECT_TRUE(stage.mass.empty() || stage.mass.size() == run.selection.rows.size());
            EXPECT_TRUE(stage.score.empty() || stage.score.size() == toSize(encoder.grid.count()));
        }
        EXPECT_EQ(run.selection.stages.back().slot_from_patch,
                  slotFromPatch(encoder.grid.count(), run.selection.rows));
    }
}

TEST_P(MethodProperty, MixedRowsAreWeightedMeans) {
    for (std::uint64_t seed = 0; seed < kSeeds; ++seed) {
        SCOPED_TRACE(seed);
        const ToyEncoder encoder = encoderOf(seed);
        for (const Reduction& event :
             runToy(encoder, settingsOf(seed, encoder.grid.count())).events) {
            EXPECT_EQ(std::set(event.keep.begin(), event.keep.end()).size(), event.keep.size());
            EXPECT_TRUE(std::is_sorted(event.keep.begin(), event.keep.end()) ||
                        findMethod(GetParam().id)->inside_layer);
            if (event.mix.defined()) {
                EXPECT_GE(event.mix.min().item<float>(), 0);
                for (const float sum : toHostVector(event.mix.sum(1))) {
                    EXPECT_NEAR(sum, 1, 1e-5);
                }
            }
        }
    }
}

TEST_P(MethodProperty, SelectedRowsAreWeightedMeans) {
    if (!GetParam().has(kConvex)) {
        GTEST_SKIP() << "its rows are sums";
    }
    for (std::uint64_t seed = 0; seed < kSeeds; ++seed) {
        SCOPED_TRACE(seed);
        const ToyEncoder encoder = encoderOf(seed);
        const Selection selection =
            runToy(encoder, settingsOf(seed, encoder.grid.count())).selection;
        if (!selection.mix.defined()) {
            continue;
        }
        EXPECT_GE(selection.mix.min().item<float>(), 0);
        const std::vector<float> sums = toHostVector(selection.mix.sum(1));
        for (std::size_t r = 0; r < sums.size(); ++r) {
            EXPECT_NEAR(sums[r], selection.rows[r].kind == RowKind::Cls ? 0 : 1, 1e-5);
        }
    }
}

TEST_P(MethodProperty, LargerBudgetsKeepASuperset) {
    if (!GetParam().has(kNested)) {
        GTEST_SKIP() << "its choices depend on the budget";
    }
    for (std::uint64_t seed = 0; seed < kSeeds; ++seed) {
        SCOPED_TRACE(seed);
        const ToyEncoder encoder = encoderOf(seed);
        RunSettings settings = settingsOf(seed, encoder.grid.count());
        const std::vector<std::int32_t> smaller = runToy(encoder, settings).selection.kept;
        settings.budget += 1 + static_cast<int>(seed % 5);
        EXPECT_TRUE(std::ranges::includes(runToy(encoder, settings).selection.kept, smaller));
    }
}

TEST_P(MethodProperty, TheOrderOfRowsDoesNotMoveD) {
    for (std::uint64_t seed = 0; seed < kSeeds; ++seed) {
        SCOPED_TRACE(seed);
        const ToyRun run = runToy(encoderOf(seed), settingsOf(seed, encoderOf(seed).grid.count()));
        const HostMatrix full = toHost(run.full);
        const HostMatrix turned = toHost(run.selection.tokens.flip(at::IntArrayRef{0}));
        const ShiftReference reference(ShiftMetric::KlDiagFwd, full.view());
        const ShiftSummary& shift = run.selection.shift;
        const bool reselected = shift.fired && shift.accepted;
        const double expected = reselected ? *shift.kappa_after : *shift.kappa;
        EXPECT_NEAR(reference.measure(turned.view()).value, expected, 1e-9 * (1 + expected));
    }
}

TEST_P(MethodProperty, SelectedRowsAreTheMixOfThePool) {
    for (std::uint64_t seed = 0; seed < kSeeds; ++seed) {
        SCOPED_TRACE(seed);
        const ToyEncoder encoder = encoderOf(seed);
        const ToyRun run = runToy(encoder, settingsOf(seed, encoder.grid.count()));
        const HostMatrix tokens = toHost(run.selection.tokens);
        const HostMatrix pool = toHost(run.tokens);
        const HostMatrix mix =
            run.selection.mix.defined() ? toHost(run.selection.mix) : HostMatrix{};
        for (int r = 0; r < tokens.rows; ++r) {
            const OutputRow& row = run.selection.rows[toSize(r)];
            std::vector<double> expected(toSize(tokens.cols), 0.0);
            for (int slot = 0; slot < pool.rows && row.kind != RowKind::Cls; ++slot) {
                const bool own = run.pool[toSize(slot)] == row.patch;
                const double weight =
                    mix.rows > 0 ? double{mix.row(r)[toSize(slot)]} : (own ? 1.0 : 0.0);
                for (std::size_t c = 0; c < expected.size(); ++c) {
                    expected[c] += weight * double{pool.row(slot)[c]};
                }
            }
            const HostMatrix cls = toHost(run.cls);
            for (std::size_t c = 0; c < expected.size(); ++c) {
                const double wanted =
                    row.kind == RowKind::Cls ? double{cls.row(0)[c]} : expected[c];
                EXPECT_NEAR(double{tokens.row(r)[c]}, wanted, 1e-4 * (1 + std::fabs(wanted)));
            }
        }
    }
}

TEST_P(MethodProperty, SameSettingsSameDecisionOnAnyThreads) {
    for (std::uint64_t seed = 0; seed < kSeeds; seed += 5) {
        SCOPED_TRACE(seed);
        const ToyEncoder encoder = encoderOf(seed);
        const RunSettings settings = settingsOf(seed, encoder.grid.count());
        const ToyRun here = runToy(encoder, settings);
        auto there = std::async(std::launch::async, [&] { return runToy(encoder, settings); });
        auto beside = std::async(std::launch::async, [&] {
            at::set_num_threads(1);
            return runToy(encoder, settings);
        });
        for (auto* other : {&there, &beside}) {
            const ToyRun run = other->get();
            EXPECT_EQ(run.selection.kept, here.selection.kept);
            EXPECT_EQ(run.pool, here.pool);
            EXPECT_EQ(run.selection.shift.fired, here.selection.shift.fired);
        }
    }
}

TEST_P(MethodProperty, KeepingEverythingIsTheUnprunedRun) {
    if (!GetParam().has(kIdentity)) {
        GTEST_SKIP() << "it has CLS, padding or merged rows at any budget";
    }
    for (std::uint64_t seed = 0; seed < kSeeds; seed += 3) {
        SCOPED_TRACE(seed);
        ToyEncoder encoder = encoderOf(seed);
        RunSettings settings = settingsOf(seed, encoder.grid.count());
        settings.budget = encoder.grid.count();
        const ToyRun run = runToy(encoder, settings);
        EXPECT_EQ(toHost(run.selection.tokens).values, toHost(run.full).values);
        EXPECT_NEAR(*run.selection.shift.kappa, 0, 1e-9);
        EXPECT_TRUE(run.events.empty());
    }
}

INSTANTIATE_TEST_SUITE_P(AllMethods,
                         MethodProperty,
                         ::testing::Values(Method{"none", kIdentity | kNested | kConvex},
                                           Method{"random", kIdentity | kNested | kConvex},
                                           Method{"grid", kIdentity | kConvex},
                                           Method{"cls-topk", kIdentity | kNested | kConvex},
                                           Method{"dcp", kIdentity | kConvex},
                                           Method{"visionzip"},
                                           Method{"holov", kConvex},
                                           Method{"flowcut", kIdentity | kConvex},
                                           Method{"prunesid", kConvex},
                                           Method{"scope", kIdentity | kNested | kConvex},
                                           Method{"vispruner", kIdentity | kConvex},
                                           Method{"divprune", kIdentity | kNested | kConvex},
                                           Method{"cdpruner", kIdentity | kNested | kConvex},
                                           Method{"tome", kIdentity | kConvex},
                                           Method{"prumerge"},
                                           Method{"avgpool", kIdentity | kConvex},
                                           Method{"fastv", kIdentity | kConvex},
                                           Method{"sparsevlm", kIdentity | kConvex},
                                           Method{"pyramiddrop", kIdentity | kConvex},
                                           Method{"dart", kIdentity | kConvex}),
                         [](const ::testing::TestParamInfo<Method>& test) {
                             std::string name = test.param.id;
                             std::erase(name, '-');
                             return name;
                         });

TEST(Registry, HoldsTheMethodsOfTheCatalog) {
    for (const MethodSpec& method : methodCatalog()) {
        EXPECT_NE(makeMethod(method.id), nullptr) << method.id;
    }
    EXPECT_THROW(makeMethod("nothing"), Error);
}

TEST(RandomKeep, SeedsDraw) {
    RunSettings settings;
    settings.method = "random";
    settings.budget = 10;
    const std::vector<std::int32_t> first = runToy({}, settings).selection.kept;
    settings.seed = 1;
    EXPECT_NE(runToy({}, settings).selection.kept, first);
}

}  // namespace prunescope
