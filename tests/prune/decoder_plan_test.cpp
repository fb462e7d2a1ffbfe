#include "core/prune/decoder_plan.h"

#include "core/prune/catalog.h"
#include "core/prune/token_count.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace prunescope {

namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

RunSettings settingsOf(const char* method, std::map<std::string, ParamValue> params = {}) {
    RunSettings settings;
    settings.method = method;
    settings.params = std::move(params);
    return settings;
}

DecoderPlan planOf(const RunSettings& settings, const DecoderShape& shape) {
    return findMethod(settings.method)->decoder_plan(settings, shape);
}

std::vector<int> layersOf(const DecoderPlan& plan) {
    std::vector<int> out;
    for (const DecoderStop& stop : plan.stops) {
        out.push_back(stop.layer);
    }
    return out;
}

std::vector<int> keptOf(const DecoderPlan& plan) {
    std::vector<int> out;
    for (const DecoderStop& stop : plan.stops) {
        out.push_back(stop.keep);
    }
    return out;
}

std::vector<int> countsOf(const DecoderPlan& plan) {
    std::vector<int> out;
    for (const DecoderStop& stop : plan.stops) {
        out.push_back(stop.count());
    }
    return out;
}

const char* const kLanguageMethods[] = {"fastv", "sparsevlm", "pyramiddrop", "dart"};

}  // namespace

TEST(ScaledLayers, AreThePublishedOnesInADecoderOfTheirDepth) {
    EXPECT_THAT(scaledLayers({3, 7, 16}, 32, 32), ElementsAre(3, 7, 16));
    EXPECT_THAT(scaledLayers({8, 16, 24}, 32, 40), ElementsAre(10, 20, 30));
}

TEST(ScaledLayers, StayApartAndWithinAShallowDecoder) {
    EXPECT_THAT(scaledLayers({3, 7, 16}, 32, 5), ElementsAre(1, 2, 3));
    EXPECT_THAT(scaledLayers({8, 16, 24}, 32, 5), ElementsAre(1, 3, 4));
    EXPECT_THAT(scaledLayers({8, 16, 24}, 32, 4), ElementsAre(1, 2, 3));
    EXPECT_THAT(scaledLayers({8, 16, 24}, 32, 3), ElementsAre(1, 2));
    EXPECT_THAT(scaledLayers({8, 16, 24}, 32, 1), IsEmpty());
    EXPECT_THAT(scaledLayers({16, 24, 31.9}, 32, 4), ElementsAre(1, 2, 3));
}

TEST(FastvPlan, PrunesOnceAndSaysWhenTheDecoderIsTooShallow) {
    EXPECT_EQ(planOf(settingsOf("fastv"), {576, 64, 32}).stops,
              (std::vector<DecoderStop>{{2, 64, 0}}));
    const DecoderPlan shallow = planOf(settingsOf("fastv", {{"layer", 3.0}}), {16, 4, 3});
    EXPECT_EQ(shallow.stops, (std::vector<DecoderStop>{{2, 4, 0}}));
    EXPECT_THAT(shallow.notes, ElementsAre(HasSubstr("before layer 2, not 3")));
}

TEST(SparsevlmPlan, ReachesTheReleasedLists) {
    const RunSettings v1 = settingsOf("sparsevlm", {{"recycled_in_budget", 0.0}});
    const RunSettings v2 = settingsOf("sparsevlm", {{"version", std::string("v2")}});
    EXPECT_THAT(layersOf(planOf(v1, {576, 110, 32})), ElementsAre(3, 7, 16));
    EXPECT_THAT(keptOf(planOf(v1, {576, 110, 32})), ElementsAre(300, 200, 110));
    EXPECT_THAT(keptOf(planOf(v1, {576, 36, 32})), ElementsAre(303, 110, 36));
    EXPECT_THAT(keptOf(planOf(v1, {576, 26, 32})), ElementsAre(238, 48, 26));
    EXPECT_THAT(keptOf(planOf(v1, {576, 17, 32})), ElementsAre(66, 30, 17));
    EXPECT_THAT(keptOf(planOf(v2, {576, 118, 32})), ElementsAre(300, 200, 118));
    EXPECT_THAT(keptOf(planOf(v2, {576, 60, 32})), ElementsAre(238, 108, 60));
    EXPECT_THAT(keptOf(planOf(v2, {576, 28, 32})), ElementsAre(246, 54, 28));
    EXPECT_THAT(keptOf(planOf(v2, {576, 20, 32})), ElementsAre(66, 34, 20));
    for (const DecoderStop& stop : planOf(v2, {576, 20, 32}).stops) {
        EXPECT_EQ(stop.recycled, 0);
    }
}

TEST(SparsevlmPlan, ScalesAndInterpolatesTheLists) {
    const RunSettings v2 = settingsOf("sparsevlm", {{"version", std::string("v2")}});
    // Half way between the lists that end at 28 and 60.
    EXPECT_THAT(keptOf(planOf(v2, {576, 44, 32})), ElementsAre(242, 81, 44));
    // A quarter of the patches: a quarter of every number.
    EXPECT_THAT(keptOf(planOf(v2, {144, 15, 32})), ElementsAre(60, 27, 15));
    // Half of the smallest list.
    EXPECT_THAT(keptOf(planOf(v2, {576, 10, 32})), ElementsAre(33, 17, 10));
    // Two places only: the first stage is left out.
    const DecoderPlan shallow = planOf(v2, {576, 60, 3});
    EXPECT_THAT(layersOf(shallow), ElementsAre(1, 2));
    EXPECT_THAT(keptOf(shallow), ElementsAre(108, 60));
    EXPECT_THAT(shallow.notes, ElementsAre(HasSubstr("2 of the 3 stages")));
}

TEST(SparsevlmPlan, CountsRecycledRows) {
    EXPECT_EQ(recycledRows(0), 0);
    EXPECT_EQ(recycledRows(1), 1);
    EXPECT_EQ(recycledRows(276), 9);  // int(82.8) + 1 = 83 of them, 8 + 1 clusters
    EXPECT_EQ(recycledRows(109), 4);  // 33
    EXPECT_EQ(recycledRows(94), 3);   // 29
    const RunSettings released = settingsOf("sparsevlm", {{"recycled_in_budget", 0.0}});
    EXPECT_THAT(countsOf(planOf(released, {576, 110, 32})), ElementsAre(309, 204, 113));
    EXPECT_THAT(countsOf(planOf(settingsOf("sparsevlm"), {576, 110, 32})),
                ElementsAre(309, 204, 110));
    for (int k = 1; k <= 576; ++k) {
        const DecoderPlan plan = planOf(settingsOf("sparsevlm"), {576, k, 32});
        EXPECT_EQ(visualCounts(plan, {576, k, 32}).final, k);
    }
}

TEST(SparsevlmPlan, SaysWhereNothingCanBeRecycled) {
    const DecoderPlan plan = planOf(settingsOf("sparsevlm"), {576, 1, 32});
    EXPECT_EQ(plan.stops.back(), (DecoderStop{16, 1, 0}));
    EXPECT_THAT(plan.notes, ElementsAre(HasSubstr("no room for recycled tokens")));
}

TEST(PyramiddropPlan, HalvesThreeTimesAtAnEighth) {
    const DecoderPlan plan = planOf(settingsOf("pyramiddrop"), {576, 72, 32});
    EXPECT_THAT(layersOf(plan), ElementsAre(8, 16, 24));
    EXPECT_THAT(countsOf(plan), ElementsAre(288, 144, 72));
    EXPECT_EQ(visualCounts(plan, {576, 72, 32}).layer_mean_in, 270);
    EXPECT_THAT(countsOf(planOf(settingsOf("pyramiddrop"), {576, 64, 5})),
                ElementsAre(277, 133, 64));
    EXPECT_THAT(countsOf(planOf(settingsOf("pyramiddrop", {{"stages", 1.0}}), {576, 64, 32})),
                ElementsAre(64));
}

TEST(DartPlan, CountsAsReleasedAsDescribedAndExactly) {
    const auto keptAt = [](const char* count, int k) {
        return planOf(settingsOf("dart", {{"count", std::string(count)}}), {576, k, 32});
    };
    EXPECT_EQ(keptAt("released", 128).stops.at(0).keep, 132);
    EXPECT_EQ(keptAt("released", 64).stops.at(0).keep, 68);
    EXPECT_EQ(keptAt("released", 32).stops.at(0).keep, 36);
    EXPECT_EQ(keptAt("released", 16).stops.at(0).keep, 20);
    EXPECT_THAT(keptAt("released", 64).notes, ElementsAre(HasSubstr("keeps 68 tokens")));
    EXPECT_EQ(keptAt("floor", 64).stops.at(0).keep, 60);
    EXPECT_EQ(keptAt("exact", 64).stops.at(0), (DecoderStop{2, 64, 0}));
    EXPECT_THAT(keptAt("exact", 64).notes, IsEmpty());
    const RunSettings released = settingsOf("dart", {{"count", std::string("released")}});
    EXPECT_THAT(planOf(released, {20, 17, 32}).stops, IsEmpty()) << "4 + 16 are all there are";
}

TEST(Plans, FallStrictlyAndEndAtTheBudget) {
    for (const char* method : kLanguageMethods) {
        for (int layers = 1; layers <= 34; layers += layers < 6 ? 1 : 7) {
            for (int n : {1, 2, 16, 36, 144, 576}) {
                for (int k = 1; k <= n + 2; k += 1 + n / 20) {
                    SCOPED_TRACE(std::string(method) + " L " + std::to_string(layers) + " N " +
                                 std::to_string(n) + " k " + std::to_string(k));
                    const DecoderShape shape{n, k, layers};
                    const DecoderPlan plan = planOf(settingsOf(method), shape);
                    int before = n;
                    int layer = 0;
                    for (const DecoderStop& stop : plan.stops) {
                        EXPECT_GT(stop.layer, layer);
                        EXPECT_LT(stop.layer, layers);
                        EXPECT_LT(stop.count(), before);
                        EXPECT_GE(stop.keep, 1);
                        EXPECT_LE(stop.recycled, (before - stop.keep) * 3 / 10 + 1);
                        layer = stop.layer;
                        before = stop.count();
                    }
                    EXPECT_EQ(before, layers == 1 ? n : std::min(n, k));
                    EXPECT_TRUE(layers > 1 || k >= n || plan.notes.size() == 1);
                }
            }
        }
    }
}

TEST(VisualCounts, AreThreeNumbersForMethodsInsideTheLanguageModel) {
    const DecoderShape shape{576, 64, 32};
    const VisualCounts fastv = visualCounts(*findMethod("fastv"), settingsOf("fastv"), shape);
    EXPECT_EQ(fastv.final, 64);
    EXPECT_DOUBLE_EQ(fastv.layer_mean_in, (2 * 576 + 30 * 64) / 32.0);
    EXPECT_DOUBLE_EQ(fastv.layer_mean_out, (1 * 576 + 31 * 64) / 32.0);
    const VisualCounts grid = visualCounts(*findMethod("grid"), settingsOf("grid"), shape);
    EXPECT_EQ(grid, (VisualCounts{64, 64, 64}));
    const VisualCounts none = visualCounts(*findMethod("none"), settingsOf("none"), shape);
    EXPECT_EQ(none, (VisualCounts{576, 576, 576}));
}

TEST(VisualCounts, BookSparsevlmsLayersAsItsListsDo) {
    // 192 of the released list: layers 0 and 1 full, 2 at its output count, and so on; recycled
    // tokens bring the mean over inputs to more (methods.md 3.2).
    const VisualCounts counts = visualCounts(*findMethod("sparsevlm"),
                                             settingsOf("sparsevlm", {{"recycled_in_budget", 0.0}}),
                                             {576, 110, 32});
    EXPECT_NEAR(counts.layer_mean_out, 192, 0.1);
    EXPECT_NEAR(counts.layer_mean_in, 206.5, 0.1);
}

TEST(EqualBudget, IsTheFormulaForFastv) {
    const MethodSpec& fastv = *findMethod("fastv");
    const auto at = [&](double k_eq) {
        return equalBudget(fastv, settingsOf("fastv"), {576, 0, 32}, k_eq, CountBasis::LayerInputs);
    };
    EXPECT_EQ(at(192), 166);
    EXPECT_EQ(at(128), 98);
    EXPECT_EQ(at(64), 30);
    EXPECT_EQ(at(37), 1);
    EXPECT_EQ(at(36), std::nullopt);
    EXPECT_EQ(at(16), std::nullopt);
    EXPECT_EQ(at(600), 576);
}

TEST(EqualBudget, FindsTheBudgetOfEveryMethod) {
    for (const char* method : kLanguageMethods) {
        const MethodSpec& spec = *findMethod(method);
        for (const double k_eq : {192.0, 250.0, 300.0}) {
            for (const CountBasis basis : {CountBasis::LayerInputs, CountBasis::LayerOutputs}) {
                const auto k = equalBudget(spec, settingsOf(method), {576, 0, 32}, k_eq, basis);
                ASSERT_TRUE(k.has_value()) << method << " " << k_eq;
                const VisualCounts counts = visualCounts(spec, settingsOf(method), {576, *k, 32});
                EXPECT_NEAR(
                    basis == CountBasis::LayerInputs ? counts.layer_mean_in : counts.layer_mean_out,
                    k_eq,
                    2)
                    << method << " k " << *k;
            }
        }
    }
    EXPECT_EQ(
        equalBudget(
            *findMethod("grid"), settingsOf("grid"), {576, 0, 32}, 64.4, CountBasis::LayerInputs),
        64);
}

TEST(EqualBudget, SaysWhenFullLayersAreTooManyAlready) {
    // Eight layers of 32 with all 576 tokens are 144.
    EXPECT_EQ(equalBudget(*findMethod("pyramiddrop"),
                          settingsOf("pyramiddrop"),
                          {576, 0, 32},
                          128,
                          CountBasis::LayerInputs),
              std::nullopt);
}

TEST(LanguageMethods, AreDeclaredAsSuch) {
    int found = 0;
    for (const MethodSpec& method : methodCatalog()) {
        EXPECT_EQ(method.in_decoder, method.decoder_plan != nullptr) << method.id;
        found += method.in_decoder ? 1 : 0;
        for (const ParamSpec& param : method.params) {
            EXPECT_EQ(method.in_decoder, param.effect == ParamEffect::Decoder)
                << method.id << " " << param.name;
        }
        if (method.in_decoder) {
            EXPECT_THAT(method.sites, ElementsAre(Site::Kind::DecoderLayer));
        }
    }
    EXPECT_EQ(found, 4);
}

}  // namespace prunescope
