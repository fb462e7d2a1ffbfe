#include "core/engine/run.h"

#include "core/base/error.h"
#include "core/base/stop.h"
#include "core/image/decode.h"
#include "core/trace/trace_json.h"

#include <filesystem>

#include <gtest/gtest.h>

namespace prunescope {
namespace {

namespace fs = std::filesystem;

const fs::path kStarter = fs::path(PRUNESCOPE_SOURCE_DIR) / "resources/models/starter";

/// The bundled model, loaded once for the whole program.
const Vlm& starter() {
    static const std::unique_ptr<Vlm> vlm =
        Vlm::load(kStarter, {.device = "cpu", .dtype = "fp32", .threads = 2});
    return *vlm;
}

fs::path samplePicture() {
    for (const auto& entry : fs::directory_iterator(kStarter / "samples")) {
        if (entry.path().extension() == ".png") {
            return entry.path();
        }
    }
    return {};
}

struct RunTest : ::testing::Test {
    RunTest() {
        static const auto picture = std::make_shared<const Image>(loadImage(samplePicture()).image);
        request.image = picture;
        request.image_name = "sample.png";
        request.prompt = "Is there a dog in the picture?";
        request.settings.budget = 16;
        request.settle_ms = 0;
    }

    RunTrace go() { return run({starter(), cache, request}); }

    std::int64_t misses(CachedStage stage) const {
        return cache.counters().at(static_cast<std::size_t>(stage)).misses;
    }

    /// Misses of every stage by what `change` does after a first run.
    template <typename Change>
    std::vector<std::int64_t> newMisses(Change change) {
        go();
        std::vector<std::int64_t> before;
        for (const StageCounter& counter : cache.counters()) {
            before.push_back(counter.misses);
        }
        change();
        go();
        std::vector<std::int64_t> grown;
        const auto after = cache.counters();
        for (std::size_t i = 0; i < after.size(); ++i) {
            grown.push_back(after[i].misses - before[i]);
        }
        return grown;
    }

    StageCache cache;
    RunRequest request;
};

std::int64_t at(const std::vector<std::int64_t>& counts, CachedStage stage) {
    return counts.at(static_cast<std::size_t>(stage));
}

TEST_F(RunTest, DcpKeepsTheBudgetAndAnswers) {
    const RunTrace trace = go();
    ASSERT_EQ(trace.views.size(), 1U);
    EXPECT_EQ(trace.views[0].kept.size(), 16U);
    EXPECT_EQ(trace.tokens.visual_full, 576);
    EXPECT_EQ(trace.tokens.visual_kept, 16);
    EXPECT_TRUE(trace.views[0].shift.kappa.has_value());
    EXPECT_TRUE(trace.answer.complete);
    EXPECT_FALSE(trace.answer.text.empty());
    EXPECT_EQ(traceToJson(traceFromJson(traceToJson(trace))), traceToJson(trace));
}

TEST_F(RunTest, MovingTauRerunsNothingBeforeSelection) {
    const auto grown = newMisses([&] { request.settings.tau = 0.01; });
    EXPECT_EQ(at(grown, CachedStage::Preprocess), 0);
    EXPECT_EQ(at(grown, CachedStage::Features), 0);
    EXPECT_EQ(at(grown, CachedStage::EncoderPass), 0);
    EXPECT_EQ(at(grown, CachedStage::Selection), 1);
}

TEST_F(RunTest, AReusedStageTakesNothingAndStillCostsWhatItDid) {
    const Timings first = go().cost_ms;
    const RunTrace again = go();
    EXPECT_LT(again.timings_ms.encode, again.cost_ms.encode / 2);
    EXPECT_EQ(again.timings_ms.decode, 0);
    EXPECT_GT(again.cost_ms.decode, 0);
    EXPECT_EQ(again.cost_ms.encode, first.encode);
    EXPECT_EQ(again.cost_ms.reference, first.reference);
    EXPECT_EQ(again.cost_ms.select, first.select);
    EXPECT_EQ(again.cost_ms.prefill, first.prefill);
    EXPECT_EQ(again.cost_ms.decode, first.decode);
}

TEST_F(RunTest, MovingTheBudgetRerunsNothingBeforeTheEncoderPass) {
    const auto grown = newMisses([&] { request.settings.budget = 24; });
    EXPECT_EQ(at(grown, CachedStage::Preprocess), 0);
    EXPECT_EQ(at(grown, CachedStage::Features), 0);
    EXPECT_EQ(at(grown, CachedStage::EncoderPass), 1);
    EXPECT_EQ(at(grown, CachedStage::Selection), 1);
}

TEST_F(RunTest, EditingThePromptDoesNotEncodeAgain) {
    const auto grown = newMisses([&] { request.prompt = "Is there a cat in the picture?"; });
    EXPECT_EQ(at(grown, CachedStage::Preprocess), 0);
    EXPECT_EQ(at(grown, CachedStage::Features), 0);
    EXPECT_EQ(at(grown, CachedStage::EncoderPass), 0);
    EXPECT_EQ(at(grown, CachedStage::Answer), 1);
}

TEST_F(RunTest, MethodsAfterTheEncoderNeedNoPassOfTheirOwn) {
    request.settings.method = "cls-topk";
    const auto grown = newMisses([&] { request.settings.budget = 24; });
    EXPECT_EQ(at(grown, CachedStage::EncoderPass), 0);
    EXPECT_EQ(misses(CachedStage::EncoderPass), 0);
    EXPECT_EQ(at(grown, CachedStage::Selection), 1);
}

TEST_F(RunTest, TheSameRunAgainComesFromTheCacheAndIsEqual) {
    const RunTrace first = go();
    const RunTrace again = go();
    EXPECT_EQ(again.answer, first.answer);
    EXPECT_EQ(again.views[0].kept, first.views[0].kept);
    EXPECT_EQ(misses(CachedStage::Answer), 1);
}

TEST_F(RunTest, ABudgetAboveThePatchesTakesAllAndSaysSo) {
    request.settings.budget = 600;
    const RunTrace trace = go();
    EXPECT_EQ(trace.tokens.visual_kept, 576);
    ASSERT_EQ(trace.notes.size(), 1U);
    EXPECT_EQ(trace.notes[0], "Budget 600 is more than the 576 patches of a view: 576 taken.");
}

TEST_F(RunTest, BadInputIsNamed) {
    const auto refusal = [&](ErrorCode code) {
        try {
            go();
        } catch (const Error& error) {
            EXPECT_EQ(error.code(), code) << error.what();
            return std::string(error.what());
        }
        return std::string("ran");
    };
    request.settings.budget = 0;
    EXPECT_NE(refusal(ErrorCode::Usage), "ran");
    request.settings.budget = 16;
    request.prompt = "";
    EXPECT_NE(refusal(ErrorCode::Input), "ran");
    request.prompt = "What is in <image>?";
    EXPECT_NE(refusal(ErrorCode::Input), "ran");
    request.prompt = std::string(20'000, 'x');
    EXPECT_NE(refusal(ErrorCode::Input), "ran");
    request.prompt = "Yes?";
    EXPECT_EQ(go().tokens.visual_kept, 16) << "after the failures the engine still runs";
}

TEST_F(RunTest, StopsWhenAsked) {
    std::stop_source source;
    source.request_stop();
    const RunContext context{starter(), cache, request, source.get_token()};
    EXPECT_THROW(run(context), Cancelled);
}

TEST_F(RunTest, SelectionIsSentBeforeTheAnswer) {
    std::vector<std::string> order;
    const auto emit = [&](const Event& event) {
        if (std::holds_alternative<Selected>(event)) {
            order.emplace_back("selected");
        } else if (std::holds_alternative<AnswerToken>(event)) {
            order.emplace_back("token");
        }
    };
    run({starter(), cache, request, {}, emit});
    ASSERT_GE(order.size(), 2U);
    EXPECT_EQ(order.front(), "selected");
    EXPECT_EQ(order.back(), "token");
}

TEST_F(RunTest, NullBandsComeWithEveryStage) {
    const RunTrace trace = go();
    for (const StageTrace& stage : trace.views[0].stages) {
        EXPECT_EQ(stage.null_band.draws, 200) << stage.name;
        EXPECT_LE(stage.null_band.p5, stage.null_band.median);
        EXPECT_LE(stage.null_band.median, stage.null_band.p95);
    }
}

TEST_F(RunTest, BudgetForShiftReachesItsTarget) {
    request.settings.method = "grid";
    const RunContext context{starter(), cache, request};
    const int budget = budgetForShift(context, 0.05);
    request.settings.budget = budget;
    EXPECT_LE(go().views[0].shift.kappa.value(), 0.05);
    EXPECT_LT(budget, 576);
    EXPECT_THROW(budgetForShift(context, -1.0), Error);
}

TEST_F(RunTest, TheCurveHasEveryRungOfTheLadder) {
    request.settings.method = "cls-topk";
    const auto points = budgetCurve({starter(), cache, request});
    ASSERT_EQ(points.size(), budgetLadder(576).size());
    EXPECT_EQ(points.back().budget, 576);
    EXPECT_NEAR(points.back().shift, 0.0, 1e-6);
    EXPECT_GT(points.front().shift, points.back().shift);
}

}  // namespace
}  // namespace prunescope
