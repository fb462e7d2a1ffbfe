#include "core/base/error.h"
#include "core/base/stop.h"
#include "core/engine/run.h"
#include "core/image/decode.h"
#include "core/image/preprocess.h"
#include "core/model/checkpoint.h"
#include "core/prune/catalog.h"
#include "core/text/prompt.h"
#include "core/trace/trace_json.h"
#include "tests/engine/slow_decoder.h"
#include "tests/engine/starter.h"

#include <algorithm>
#include <filesystem>
#include <numeric>

#include <ATen/ops/cat.h>
#include <c10/core/InferenceMode.h>

#include <gtest/gtest.h>

namespace prunescope {
namespace {

namespace fs = std::filesystem;

/// Whole runs of the methods that prune inside the language model.
struct DecoderRunTest : ::testing::TestWithParam<const char*> {
    DecoderRunTest() {
        static const auto picture =
            std::make_shared<const Image>(loadImage(kStarter / "samples" / "scene1.png").image);
        request.image = picture;
        request.image_name = "scene1.png";
        request.prompt = "Is there a dog in the picture?";
        request.settings.method = GetParam();
        request.settings.budget = 24;
        request.settings.max_new_tokens = 4;
        request.settle_ms = 0;
    }

    RunTrace go() { return run({starter(), cache, request}); }

    /// New misses of every stage by what `change` does after a first run.
    template <typename Change>
    std::vector<std::int64_t> newMisses(Change change) {
        go();
        const std::vector<StageCounter> before = cache.counters();
        change();
        go();
        const std::vector<StageCounter> after = cache.counters();
        std::vector<std::int64_t> grown;
        for (std::size_t i = 0; i < after.size(); ++i) {
            grown.push_back(after[i].misses - before[i].misses);
        }
        return grown;
    }

    StageCache cache;
    RunRequest request;
};

std::int64_t at(const std::vector<std::int64_t>& counts, CachedStage stage) {
    return counts.at(static_cast<std::size_t>(stage));
}

void expectNothingBeforeTheLanguageModel(const std::vector<std::int64_t>& grown) {
    for (const CachedStage stage : {CachedStage::Preprocess,
                                    CachedStage::Features,
                                    CachedStage::EncoderPass,
                                    CachedStage::Projection,
                                    CachedStage::Selection}) {
        EXPECT_EQ(at(grown, stage), 0) << nameOf(stage);
    }
    EXPECT_EQ(at(grown, CachedStage::DecoderPass), 1);
    EXPECT_EQ(at(grown, CachedStage::Prefix), 1);
    EXPECT_EQ(at(grown, CachedStage::Answer), 1);
}

TEST_P(DecoderRunTest, KeepsTheBudgetAndSaysWhere) {
    const RunTrace trace = go();
    ASSERT_EQ(trace.views.size(), 1U);
    const ViewTrace& view = trace.views[0];
    EXPECT_EQ(view.kept.size(), 24U);
    EXPECT_TRUE(std::is_sorted(view.kept.begin(), view.kept.end()));
    EXPECT_EQ(view.rows.size(), 24U);
    EXPECT_EQ(trace.tokens.visual_kept, 24);
    EXPECT_EQ(trace.model.decoder_layers, 5);
    ASSERT_FALSE(view.stages.empty());
    int before = 576;
    for (const StageTrace& stage : view.stages) {
        EXPECT_EQ(stage.site.kind, Site::Kind::DecoderLayer);
        EXPECT_EQ(stage.tokens_in, before);
        EXPECT_EQ(stage.score.size(), 576U);
        EXPECT_EQ(stage.mass.size(), static_cast<std::size_t>(stage.tokens_out));
        EXPECT_EQ(std::ranges::count_if(stage.slot_from_patch, [](int slot) { return slot >= 0; }),
                  stage.tokens_out);
        EXPECT_GE(stage.shift_before.value(), 0);
        EXPECT_EQ(stage.null_band.draws, 200);
        before = stage.tokens_out;
    }
    for (const std::int32_t patch : view.kept) {
        EXPECT_GE(view.stages.back().slot_from_patch[static_cast<std::size_t>(patch)], 0);
    }
    EXPECT_GT(view.shift.kappa.value(), 0);
    EXPECT_EQ(view.shift.null_band.draws, 200);
    EXPECT_TRUE(trace.answer.complete);
    EXPECT_EQ(traceToJson(traceFromJson(traceToJson(trace))), traceToJson(trace));
}

TEST_P(DecoderRunTest, CountsTokensInThreeWays) {
    const RunTrace trace = go();
    std::vector<int> enters;
    int now = 576;
    std::size_t next = 0;
    const std::vector<StageTrace>& stages = trace.views[0].stages;
    for (int layer = 0; layer < trace.model.decoder_layers; ++layer) {
        if (next < stages.size() && stages[next].site.layer == layer) {
            now = stages[next++].tokens_out;
        }
        enters.push_back(now);
    }
    const double sum = std::accumulate(enters.begin(), enters.end(), 0.0);
    EXPECT_DOUBLE_EQ(trace.tokens.layer_mean_in, sum / 5);
    EXPECT_DOUBLE_EQ(trace.tokens.layer_mean_out, (sum - 576 + 24) / 5);
}

TEST_P(DecoderRunTest, MovingTheBudgetRerunsNothingBeforeTheLanguageModel) {
    expectNothingBeforeTheLanguageModel(newMisses([&] { request.settings.budget = 40; }));
}

TEST_P(DecoderRunTest, MovingItsParametersRerunsNothingBeforeTheLanguageModel) {
    expectNothingBeforeTheLanguageModel(newMisses([&] {
        const std::string method = GetParam();
        if (method == "sparsevlm") {
            request.settings.params["version"] = std::string("v2");
        } else if (method == "pyramiddrop") {
            request.settings.params["stages"] = 2.0;
        } else {
            request.settings.params["layer"] = 3.0;
        }
    }));
}

TEST_P(DecoderRunTest, SharesEverythingBeforeWithTheUnprunedRun) {
    const auto grown = newMisses([&] { request.settings.method = "none"; });
    EXPECT_EQ(at(grown, CachedStage::Features), 0);
    EXPECT_EQ(at(grown, CachedStage::Selection), 0);
}

TEST_P(DecoderRunTest, EditingThePromptRerunsTheWholePromptAndAnswersAsAFreshRun) {
    const auto grown = newMisses([&] { request.prompt = "Is there a mango in the picture?"; });
    expectNothingBeforeTheLanguageModel(grown);
    const RunTrace again = go();
    StageCache empty;
    const RunTrace fresh = run({starter(), empty, request});
    EXPECT_EQ(again.answer, fresh.answer);
    EXPECT_EQ(again.views[0].kept, fresh.views[0].kept);
}

TEST_P(DecoderRunTest, ALongerAnswerStartsFromTheSamePrefill) {
    request.settings.max_new_tokens = 1;
    const auto grown = newMisses([&] { request.settings.max_new_tokens = 6; });
    EXPECT_EQ(at(grown, CachedStage::DecoderPass), 0);
    EXPECT_EQ(at(grown, CachedStage::Prefix), 0);
    EXPECT_EQ(at(grown, CachedStage::Answer), 1);
    const RunTrace longer = go();
    StageCache empty;
    EXPECT_EQ(longer.answer, run({starter(), empty, request}).answer);
}

TEST_P(DecoderRunTest, WhatIsKeptIsKnownWithoutAnAnswer) {
    request.want_answer = false;
    const RunTrace quiet = go();
    EXPECT_EQ(quiet.views[0].kept.size(), 24U);
    EXPECT_FALSE(quiet.answer.complete);
    const auto grown = newMisses([&] { request.want_answer = true; });
    EXPECT_EQ(at(grown, CachedStage::DecoderPass), 0);
    EXPECT_EQ(at(grown, CachedStage::Prefix), 1);
    StageCache empty;
    EXPECT_EQ(go().answer, run({starter(), empty, request}).answer);
}

TEST_P(DecoderRunTest, TheSelectionIsSentBeforeTheAnswer) {
    std::vector<std::string> order;
    std::size_t kept = 0;
    const auto emit = [&](const Event& event) {
        if (const auto* selected = std::get_if<Selected>(&event)) {
            order.emplace_back("selected");
            kept = selected->trace->views[0].kept.size();
        } else if (std::holds_alternative<AnswerToken>(event)) {
            order.emplace_back("token");
        }
    };
    run({starter(), cache, request, {}, emit});
    ASSERT_GE(order.size(), 2U);
    EXPECT_EQ(order.front(), "selected");
    EXPECT_EQ(std::ranges::count(order, "selected"), 1);
    EXPECT_EQ(kept, 24U);
}

TEST_P(DecoderRunTest, AllTokensGiveTheUnprunedAnswer) {
    request.settings.budget = 576;
    const RunTrace all = go();
    EXPECT_TRUE(all.views[0].stages.empty());
    EXPECT_EQ(all.views[0].kept.size(), 576U);
    EXPECT_NEAR(all.views[0].shift.kappa.value(), 0, 1e-9);
    EXPECT_EQ(all.tokens.layer_mean_in, 576);
    request.settings.method = "none";
    const RunTrace none = go();
    EXPECT_EQ(all.answer.ids, none.answer.ids);
    EXPECT_EQ(none.tokens.layer_mean_out, 576);
}

TEST_P(DecoderRunTest, StopsBetweenLayersAndRunsAgain) {
    std::stop_source source;
    const auto emit = [&](const Event& event) {
        const auto* progress = std::get_if<Progress>(&event);
        if (progress != nullptr && progress->stage == "prefill") {
            source.request_stop();
        }
    };
    EXPECT_THROW(run({starter(), cache, request, source.get_token(), emit}), Cancelled);
    EXPECT_EQ(cache.counters().at(static_cast<std::size_t>(CachedStage::Answer)).misses, 0);
    StageCache empty;
    EXPECT_EQ(go().answer, run({starter(), empty, request}).answer);
}

TEST_P(DecoderRunTest, APromptThatIsTooLongIsRefused) {
    request.settings.max_new_tokens = 1800;
    try {
        go();
        FAIL();
    } catch (const Error& error) {
        EXPECT_EQ(error.code(), ErrorCode::Input);
        EXPECT_NE(std::string(error.what()).find("positions, and the model has 2048"),
                  std::string::npos)
            << error.what();
    }
}

// The whole way from picture to answer against a decoder that masks instead of gathering and knows
// no cache, on a trained model.
TEST_P(DecoderRunTest, AnswersAreThoseOfTheSlowReference) {
    const c10::InferenceMode inference;
    const VlmConfig config = readConfig(kStarter);
    Checkpoint checkpoint = openCheckpoint(kStarter);
    const bool own_head = hasOwnHead(config, checkpoint);
    const WeightMap weights = loadWeights(
        expectedTensors(config, own_head), checkpoint, {at::Device(at::kCPU), at::kFloat}, {}, {});
    const Vlm& vlm = starter();
    const auto views = preprocess(
        *request.image, vlm.preprocessConfig(), request.settings.image_mode, vlm.patchSize());
    const at::Tensor visual = vlm.project(vlm.encode(views.at(0), {}, false, {}).features);
    for (const char* question :
         {"Is there a dog in the picture?", "How many objects are there in the picture?"}) {
        request.prompt = question;
        const RunTrace trace = go();
        const TokenSequence text =
            buildPrompt(vlm.tokenizer(), vlm.chatTemplate(), vlm.imageToken(), request.prompt);
        test::SlowMethod slow{.id = GetParam(), .rope_theta = config.text.rope_theta};
        const DecoderPlan plan =
            findMethod(GetParam())->decoder_plan(request.settings, {576, 24, 5});
        test::SlowPrompt prompt{
            vlm.embed(text.before), visual, vlm.embed(text.after), visual.narrow(0, 0, 0)};
        for (std::size_t step = 0; step < trace.answer.ids.size(); ++step) {
            const test::SlowResult result =
                test::slowDecode(config.text, weights, slow, plan, prompt);
            const std::int64_t best =
                result.logits.narrow(0, 0, vlm.vocabularyLimit()).argmax().item<std::int64_t>();
            ASSERT_EQ(trace.answer.ids[step], best) << question << ", step " << step;
            prompt.generated = at::cat({prompt.generated, vlm.embed({best})}, 0);
        }
    }
}

INSTANTIATE_TEST_SUITE_P(LanguageMethods,
                         DecoderRunTest,
                         ::testing::Values("fastv", "sparsevlm", "pyramiddrop", "dart"),
                         [](const auto& instance) { return std::string(instance.param); });

}  // namespace
}  // namespace prunescope
