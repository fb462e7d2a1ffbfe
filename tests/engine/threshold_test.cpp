// The threshold decides and does nothing else: between two breakpoints every run is the same to the
// bit, with one view and with several, and what was computed on one side of each is enough for all
// thresholds.
#include "core/base/hash.h"
#include "core/engine/run.h"
#include "core/engine/stages.h"
#include "core/prune/catalog.h"
#include "core/trace/trace_json.h"
#include "tests/model/model_files.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <random>
#include <set>

#include <c10/core/InferenceMode.h>

#include <gtest/gtest.h>

namespace prunescope {
namespace {

constexpr int kSeeds = 120;

const Vlm& tinyModel() {
    static const std::unique_ptr<Vlm> vlm = Vlm::load(
        test::goldenFolder("dcp/grid6_layers8"), {.device = "cpu", .dtype = "fp32", .threads = 1});
    return *vlm;
}

std::shared_ptr<const Image> randomPicture(std::mt19937_64& random) {
    Image image{30, 30, {}};
    const int grain = static_cast<int>(random() % 60) + 1;
    int level = 0;
    for (int i = 0; i < 30 * 30 * 3; ++i) {
        level = i % grain == 0 ? static_cast<int>(random() % 256) : level;
        image.rgb.push_back(static_cast<std::uint8_t>(level));
    }
    return std::make_shared<const Image>(std::move(image));
}

RunRequest randomRequest(std::mt19937_64& random) {
    RunRequest request;
    request.image = randomPicture(random);
    request.image_name = "random.png";
    request.prompt = "what";
    request.settings.budget = static_cast<int>(random() % 10) + 2;
    request.settings.max_new_tokens = 3;
    request.settings.seed = random() % 5;
    request.settings.params["guard"] = static_cast<double>(random() % 2);
    request.settle_ms = 0;
    return request;
}

/// The stages of run() on several pictures as the views of one.
RunTrace runViews(StageCache& cache,
                  const RunRequest& request,
                  const std::vector<std::shared_ptr<const Image>>& views) {
    const Vlm& vlm = tinyModel();
    const RunContext context{vlm, cache, request};
    const c10::InferenceMode guard;
    RunTrace trace = beginTrace(context);
    const TokenSequence text =
        buildPrompt(vlm.tokenizer(), vlm.chatTemplate(), vlm.imageToken(), request.prompt);
    Preprocessed input;
    Hasher key;
    for (const auto& picture : views) {
        key.add(contentHash(*picture));
        input.views.push_back(
            preprocess(*picture, vlm.preprocessConfig(), ImageMode::Crop, vlm.patchSize()).front());
        trace.views.push_back({});
        trace.views.back().grid = input.views.back().grid;
    }
    input.key = key.value();
    const auto full = featuresStage(context, input, trace);
    const auto passes = encoderStage(context, input, full, trace);
    const auto selections = selectionStage(context, input, full, passes, text, trace);
    trace.answer = answerStage(context,
                               text,
                               {visualKey(context, selections),
                                [&] { return projectStage(context, full, selections, trace); }},
                               trace);
    return trace;
}

/// Kappa of every view, ascending.
std::vector<double> breakpoints(const RunTrace& trace) {
    std::vector<double> edges;
    for (const ViewTrace& view : trace.views) {
        edges.push_back(view.shift.kappa.value());
    }
    std::ranges::sort(edges);
    return edges;
}

/// All that a run found, as text (scores of patches that had left are no numbers): without times,
/// and without the threshold, which is to be that of the run's own settings.
std::string found(RunTrace trace) {
    for (ViewTrace& view : trace.views) {
        EXPECT_EQ(view.shift.tau, trace.settings.tau);
        view.shift.tau = 0;
        for (StageTrace& stage : view.stages) {
            stage.ms = 0;
        }
    }
    trace.settings.tau = 0;
    trace.timings_ms = {};
    trace.cost_ms = {};
    trace.cache.clear();
    trace.reused.clear();
    return traceToJson(trace);
}

void expectSame(const RunTrace& one, const RunTrace& other) {
    EXPECT_EQ(found(one), found(other));
}

std::int64_t workOf(const StageCache& cache) {
    std::int64_t misses = 0;
    for (const StageCounter& counter : cache.counters()) {
        misses += counter.misses;
    }
    return misses;
}

double between(std::mt19937_64& random, double from, double to) {
    const double share = std::uniform_real_distribution<double>(0, 1)(random);
    return std::min(from + share * (std::min(to, from + 2) - from),
                    std::nextafter(to, from));  // `to` itself is of the next interval
}

TEST(Threshold, NothingChangesBetweenBreakpointsAndNothingRunsAgain) {
    int n_fired = 0;
    int n_other_answers = 0;
    for (int seed = 0; seed < kSeeds; ++seed) {
        SCOPED_TRACE(seed);
        std::mt19937_64 random(static_cast<std::uint64_t>(seed));
        RunRequest request = randomRequest(random);
        StageCache cache;
        request.settings.tau = 0;
        const RunTrace below = run({tinyModel(), cache, request});
        const double kappa = below.views[0].shift.kappa.value();
        ASSERT_GT(kappa, 0);
        EXPECT_TRUE(below.views[0].shift.fired);
        request.settings.tau = kappa;  // not above it: does not fire
        const RunTrace above = run({tinyModel(), cache, request});
        EXPECT_FALSE(above.views[0].shift.fired);
        n_fired += below.views[0].kept != above.views[0].kept ? 1 : 0;
        n_other_answers += below.answer != above.answer ? 1 : 0;
        const std::int64_t work = workOf(cache);
        for (int i = 0; i < 6; ++i) {
            const bool is_below = i % 2 == 0;
            request.settings.tau =
                is_below ? between(random, 0, kappa) : between(random, kappa, 1e3);
            std::vector<std::size_t> told;
            const auto emit = [&](const Event& event) { told.push_back(event.index()); };
            const RunTrace held = run({tinyModel(), cache, request, {}, emit});
            EXPECT_EQ(workOf(cache), work) << "all of it was there";
            EXPECT_TRUE(told.empty()) << "parts are told of what takes time";
            expectSame(held, is_below ? below : above);
            if (i < 2) {
                StageCache empty;
                expectSame(run({tinyModel(), empty, request}), held);
            }
        }
    }
    EXPECT_GT(n_fired, kSeeds / 4) << "the breakpoint separates different outcomes";
    EXPECT_GT(n_other_answers, 0);
}

TEST(Threshold, SeveralViewsHaveOneOutcomeMoreThanBreakpoints) {
    for (int seed = 0; seed < kSeeds; ++seed) {
        SCOPED_TRACE(seed);
        std::mt19937_64 random(1000 + static_cast<std::uint64_t>(seed));
        RunRequest request = randomRequest(random);
        request.settings.budget = std::min(request.settings.budget, 5);
        std::vector<std::shared_ptr<const Image>> views(2 + random() % 2);
        std::ranges::generate(views, [&] { return randomPicture(random); });
        StageCache cache;
        request.settings.tau = 0;
        std::vector<double> edges = breakpoints(runViews(cache, request, views));
        edges.insert(edges.begin(), 0.0);
        std::vector<RunTrace> outcomes;
        for (const double edge : edges) {  // its lower edge is in an interval
            request.settings.tau = edge;
            outcomes.push_back(runViews(cache, request, views));
        }
        const std::int64_t work = workOf(cache);
        edges.push_back(std::numeric_limits<double>::infinity());
        for (std::size_t i = 0; i + 1 < edges.size(); ++i) {
            const auto fired = [](const RunTrace& trace) {
                return std::ranges::count_if(trace.views,
                                             [](const ViewTrace& v) { return v.shift.fired; });
            };
            if (edges[i] == edges[i + 1]) {
                continue;
            }
            EXPECT_EQ(static_cast<std::size_t>(fired(outcomes[i])), views.size() - i);
            request.settings.tau = between(random, edges[i], edges[i + 1]);
            expectSame(runViews(cache, request, views), outcomes[i]);
        }
        EXPECT_EQ(workOf(cache), work);
        request.settings.tau = between(random, edges[1], edges[2]);
        const RunTrace held = runViews(cache, request, views);
        StageCache empty;
        expectSame(runViews(empty, request, views), held);
    }
}

TEST(Threshold, AblationsOverruleTheTrigger) {
    std::mt19937_64 random(3);
    RunRequest request = randomRequest(random);
    StageCache cache;
    for (const auto& [ablation, trigger] : {std::pair{"acgr-only", Trigger::Never},
                                            {"tatcs-only", Trigger::Always},
                                            {"no-text", Trigger::Auto}}) {
        request.settings.params["ablation"] = ablation;
        EXPECT_EQ(effectiveTrigger(request.settings), trigger) << ablation;
        for (const double tau : {0.0, 1e6}) {
            request.settings.tau = tau;
            const ShiftSummary shift = run({tinyModel(), cache, request}).views[0].shift;
            EXPECT_EQ(shift.fired, firesAt(trigger, shift.kappa, tau)) << ablation << tau;
        }
    }
    request.settings.method = "grid";
    request.settings.params.clear();
    EXPECT_EQ(effectiveTrigger(request.settings), Trigger::Never);
}

TEST(Threshold, OtherTriggersReachTheSameOutcomes) {
    std::mt19937_64 random(5);
    RunRequest request = randomRequest(random);
    StageCache cache;
    request.settings.tau = 0;
    const RunTrace fired = run({tinyModel(), cache, request});
    request.settings.tau = 1e6;
    const RunTrace silent = run({tinyModel(), cache, request});
    const std::int64_t work = workOf(cache);
    request.settings.trigger = Trigger::Always;
    EXPECT_EQ(run({tinyModel(), cache, request}).views[0].kept, fired.views[0].kept);
    request.settings.trigger = Trigger::Never;
    EXPECT_EQ(run({tinyModel(), cache, request}).views[0].kept, silent.views[0].kept);
    request.settings.trigger = Trigger::Relative;
    request.settings.phi = 0;
    const RunTrace relative = run({tinyModel(), cache, request});
    EXPECT_EQ(relative.answer, fired.answer);
    EXPECT_EQ(relative.views[0].shift.tau, 0);
    request.settings.phi = 1e6;
    EXPECT_EQ(run({tinyModel(), cache, request}).answer, silent.answer);
    EXPECT_EQ(workOf(cache), work);
}

}  // namespace
}  // namespace prunescope
