#include "core/engine/run.h"

#include "core/base/error.h"
#include "core/base/stop.h"
#include "core/image/decode.h"
#include "core/metric/shift.h"
#include "core/prune/catalog.h"
#include "core/trace/trace_json.h"
#include "tests/engine/starter.h"

#include <algorithm>
#include <cmath>
#include <filesystem>

#include <gtest/gtest.h>

namespace prunescope {
namespace {

namespace fs = std::filesystem;

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
    request.settings.tau = 0;
    const auto grown = newMisses([&] { request.settings.tau = 1000; });
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
    EXPECT_EQ(at(grown, CachedStage::EncoderPass), 0) << "the pool is the same";
    EXPECT_EQ(at(grown, CachedStage::Selection), 1);
    const auto beyond = newMisses([&] { request.settings.budget = 500; });
    EXPECT_EQ(at(beyond, CachedStage::Features), 0);
    EXPECT_EQ(at(beyond, CachedStage::EncoderPass), 1);
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

std::string withoutTimes(RunTrace trace) {
    for (StageTrace& stage : trace.views[0].stages) {
        stage.ms = 0;
    }
    trace.timings_ms = {};
    trace.cost_ms = {};
    return traceToJson(trace);
}

/// What a run tells, and how much of the null bands was there then.
struct Told {
    std::vector<std::string> what;
    std::vector<int> draws;  // in the result's band

    std::function<void(Event)> emit() {
        return [this](const Event& event) {
            const auto note = [this](const char* name, int n) {
                what.emplace_back(name);
                draws.push_back(n);
            };
            if (const auto* selected = std::get_if<Selected>(&event)) {
                note("selected", selected->trace->views[0].shift.null_band.draws);
            } else if (const auto* refined = std::get_if<Refined>(&event)) {
                note("refined", refined->trace->views[0].shift.null_band.draws);
            } else if (std::holds_alternative<AnswerToken>(event)) {
                note("token", -1);
            }
        };
    }
};

TEST_F(RunTest, NoAnswerWaitsForNullBands) {
    std::int64_t drawn_before_token = -1;
    Told told;
    const auto emit = [&, tell = told.emit()](const Event& event) {
        if (std::holds_alternative<AnswerToken>(event)) {
            drawn_before_token = misses(CachedStage::NullBand);
        }
        tell(event);
    };
    const RunTrace trace = run({starter(), cache, request, {}, emit});
    EXPECT_EQ(told.what.front(), "selected");
    EXPECT_EQ(told.draws.front(), 0);
    EXPECT_EQ(std::ranges::count(told.what, "refined"), 1) << "the answer, before they are drawn";
    EXPECT_EQ(told.what.back(), "refined");
    EXPECT_EQ(told.draws.back(), 0);
    EXPECT_EQ(drawn_before_token, 0);
    EXPECT_EQ(trace.views[0].shift.null_band.draws, 200);
}

TEST_F(RunTest, TheTimeOfStillnessIsSpentOnNullBands) {
    request.settle_ms = 600'000;
    Told told;
    std::vector<std::string> before_answer;
    const auto settle = [&](auto /*until*/) { before_answer = told.what; };
    const RunTrace patient = run({starter(), cache, request, {}, told.emit(), settle});
    EXPECT_EQ(before_answer, (std::vector<std::string>{"selected", "refined"}));
    EXPECT_EQ(told.draws[1], 200);
    // Whenever they are drawn, they are the same, and so is what the trace says.
    StageCache other;
    request.settle_ms = 0;
    EXPECT_EQ(withoutTimes(run({starter(), other, request})), withoutTimes(patient));
}

TEST_F(RunTest, KnownNullBandsComeWithTheSelection) {
    go();
    const double kappa = go().views[0].shift.kappa.value();
    request.settings.tau = request.settings.tau < kappa ? 2 * kappa : kappa / 2;
    Told told;
    run({starter(), cache, request, {}, told.emit()});
    EXPECT_EQ(told.what.front(), "selected");
    EXPECT_EQ(told.draws.front(), 200);
    EXPECT_EQ(std::ranges::count(told.what, "refined"), 0);
}

TEST_F(RunTest, StopsWhileNullBandsAreDrawn) {
    request.want_answer = false;
    std::stop_source source;
    const auto emit = [&](const Event& event) {
        if (std::holds_alternative<Selected>(event)) {
            source.request_stop();
        }
    };
    EXPECT_THROW(run({starter(), cache, request, source.get_token(), emit}), Cancelled);
    EXPECT_EQ(go().views[0].shift.null_band.draws, 200);
}

TEST_F(RunTest, TheAnswerIsToldBeforeTheBandsThatAreStillMissing) {
    std::stop_source source;
    TracePtr told;
    const auto emit = [&](const Event& event) {
        if (const auto* refined = std::get_if<Refined>(&event)) {
            told = refined->trace;
            source.request_stop();
        }
    };
    EXPECT_THROW(run({starter(), cache, request, source.get_token(), emit}), Cancelled);
    ASSERT_NE(told, nullptr);
    EXPECT_TRUE(told->answer.complete);
    EXPECT_EQ(told->answer, go().answer);
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

TEST_F(RunTest, AnotherMetricOrPlaceReadsTheSameFeatures) {
    for (const bool moves_place : {false, true}) {
        const auto grown = newMisses([&] {
            request.settings.metric = "frechetDiag";
            request.settings.place = moves_place ? ShiftPlace::Normalised : ShiftPlace::Encoder;
        });
        EXPECT_EQ(at(grown, CachedStage::Features), 0);
        EXPECT_GT(at(grown, CachedStage::Reference), 0);
        EXPECT_EQ(at(grown, CachedStage::Selection), 1);
        EXPECT_GT(at(grown, CachedStage::NullBand), 0);
    }
}

TEST_F(RunTest, EveryMetricAndPlaceMovesDItsBandAndTheTrigger) {
    request.want_answer = false;
    request.settings.trigger = Trigger::Relative;
    std::vector<double> seen;
    for (const ShiftMetricInfo& metric : shiftMetrics()) {
        for (const ShiftPlaceInfo& place : shiftPlaces()) {
            // Every metric at one place, two of them everywhere.
            if (place.place != ShiftPlace::Encoder && metric.metric != ShiftMetric::KlDiagFwd &&
                metric.metric != ShiftMetric::MmdRbf) {
                continue;
            }
            request.settings.metric = metric.id;
            request.settings.place = place.place;
            const ShiftSummary shift = go().views[0].shift;
            SCOPED_TRACE(metric.id + " at " + nameOf(place.place));
            EXPECT_EQ(shift.metric, metric.id);
            EXPECT_EQ(shift.place, place.place);
            ASSERT_TRUE(shift.kappa.has_value());
            EXPECT_GT(*shift.kappa, 0);
            EXPECT_TRUE(std::isfinite(*shift.kappa));
            EXPECT_GT(shift.null_band.median, 0);
            EXPECT_DOUBLE_EQ(shift.tau, request.settings.phi * shift.null_band.median);
            EXPECT_EQ(shift.channels.size(), metric.has_channels ? 10U : 0U);
            if (metric.has_terms) {
                EXPECT_NEAR(*shift.kappa, shift.mean_term + shift.variance_term, 1e-9);
            }
            for (const double other : seen) {
                EXPECT_GT(std::fabs(*shift.kappa - other), 1e-9 * other);
            }
            seen.push_back(*shift.kappa);
        }
    }
}

TEST_F(RunTest, TheProjectorLeavesLayersInsideTheEncoderAsTheyAre) {
    request.want_answer = false;
    const ViewTrace at_encoder = go().views[0];
    request.settings.place = ShiftPlace::Projected;
    const ViewTrace projected = go().views[0];
    ASSERT_GT(at_encoder.stages.size(), 2U);
    for (std::size_t i = 0; i < at_encoder.stages.size(); ++i) {
        const StageTrace& stage = at_encoder.stages[i];
        if (stage.site.kind == Site::Kind::EncoderLayer) {
            EXPECT_EQ(projected.stages[i].shift_before, stage.shift_before) << i;
            EXPECT_EQ(projected.stages[i].null_band, stage.null_band) << i;
        }
    }
    EXPECT_NE(projected.shift.kappa, at_encoder.shift.kappa);
    EXPECT_NE(projected.shift.null_band, at_encoder.shift.null_band);
}

TEST_F(RunTest, CurvesOfManyMethodsAreThoseOfTheirRunsAndComeFromTheCache) {
    request.want_answer = false;
    const std::vector<std::string> methods{"dcp", "cls-topk", "grid", "fastv"};
    std::vector<std::string> arrived;
    const auto emit = [&](const Event& event) {
        if (const auto* curve = std::get_if<BudgetCurve>(&event)) {
            arrived.push_back(curve->method);
        }
    };
    const auto curves = methodCurves({starter(), cache, request, {}, emit}, methods, {8, 24});
    EXPECT_EQ(arrived, methods);
    ASSERT_EQ(curves.size(), 4U);
    for (const MethodCurve& curve : curves) {
        request.settings.method = curve.method;
        for (const BudgetPoint& point : curve.points) {
            request.settings.budget = point.budget;
            const ShiftSummary shift = go().views[0].shift;
            EXPECT_EQ(point.shift, shift.kappa.value()) << curve.method << " " << point.budget;
            EXPECT_EQ(point.null_median, shift.null_band.median);
        }
    }
    request.settings.method = "dcp";
    request.settings.budget = 16;
    const auto before = misses(CachedStage::EncoderPass) + misses(CachedStage::Selection) +
                        misses(CachedStage::CurvePoint);
    methodCurves({starter(), cache, request}, methods, {8, 24});
    EXPECT_EQ(misses(CachedStage::EncoderPass) + misses(CachedStage::Selection) +
                  misses(CachedStage::CurvePoint),
              before);
}

TEST_F(RunTest, CurvesStopWhenAsked) {
    std::stop_source source;
    const auto emit = [&](const Event& event) {
        if (std::holds_alternative<Progress>(event)) {
            source.request_stop();
        }
    };
    const RunContext context{starter(), cache, request, source.get_token(), emit};
    EXPECT_THROW(methodCurves(context, {"grid", "random"}, {8, 16}), Cancelled);
    EXPECT_EQ(misses(CachedStage::CurvePoint), 1);
}

TEST(MethodsWithCurves, AreThoseWhoseShiftDependsOnTheBudget) {
    const std::vector<std::string> methods = methodsWithCurves();
    EXPECT_EQ(std::ranges::count(methods, "none"), 0);
    EXPECT_EQ(std::ranges::count(methods, "random"), 1);
    EXPECT_EQ(std::ranges::count(methods, "dcp"), 1);
    for (const MethodSpec& spec : methodCatalog()) {
        EXPECT_EQ(std::ranges::count(methods, spec.id), spec.uses_budget ? 1 : 0) << spec.id;
    }
}

}  // namespace
}  // namespace prunescope
