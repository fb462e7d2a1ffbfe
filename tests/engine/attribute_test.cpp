#include "core/base/error.h"
#include "core/base/stop.h"
#include "core/engine/stages.h"
#include "core/image/decode.h"
#include "core/model/kv_cache.h"
#include "core/text/prompt.h"
#include "tests/engine/starter.h"

#include <algorithm>
#include <cmath>
#include <filesystem>

#include <ATen/ops/cat.h>
#include <ATen/ops/log_softmax.h>
#include <c10/core/InferenceMode.h>

#include <gtest/gtest.h>

namespace prunescope {
namespace {

namespace fs = std::filesystem;

struct AttributeTest : ::testing::Test {
    AttributeTest() {
        static const auto picture =
            std::make_shared<const Image>(loadImage(kStarter / "samples" / "scene1.png").image);
        request.image = picture;
        request.image_name = "scene1.png";
        request.prompt = "Is there a dog in the picture?";
        request.settings.method = "cls-topk";
        request.settings.budget = 8;
        request.settings.max_new_tokens = 4;
        request.settle_ms = 0;
    }

    Attribution go() { return attribute({starter(), cache, request, {}, emit}); }

    /// The run's projected rows and un-pruned projected patches, by its stages.
    std::pair<at::Tensor, at::Tensor> rows() {
        StageCache own;
        const RunContext context{starter(), own, request};
        RunTrace trace = beginTrace(context);
        const auto input = preprocessStage(context, trace);
        const auto full = featuresStage(context, *input, trace);
        const auto passes = encoderStage(context, *input, full, trace);
        const auto selections = selectionStage(context, *input, full, passes, text(), trace);
        return {projectStage(context, full, selections, trace),
                starter().project(full.front()->output.features)};
    }

    TokenSequence text() const {
        return buildPrompt(starter().tokenizer(),
                           starter().chatTemplate(),
                           starter().imageToken(),
                           request.prompt);
    }

    /// Log-probabilities of an answer by one pass over everything: no cache, no steps.
    std::vector<double> scored(const at::Tensor& visual, const std::vector<std::int64_t>& answer) {
        const TokenSequence prompt = text();
        const Vlm& vlm = starter();
        const at::Tensor all = at::cat(
            {vlm.embed(prompt.before), visual, vlm.embed(prompt.after), vlm.embed(answer)}, 0);
        const auto kv = vlm.newCache(static_cast<int>(all.size(0)));
        const at::Tensor logits = vlm.feed(*kv, all, true, {});
        const std::int64_t first = all.size(0) - static_cast<std::int64_t>(answer.size()) - 1;
        std::vector<double> out;
        for (std::size_t t = 0; t < answer.size(); ++t) {
            const at::Tensor row = logits[first + static_cast<std::int64_t>(t)]
                                       .slice(0, 0, vlm.vocabularyLimit())
                                       .to(at::kDouble);
            out.push_back(at::log_softmax(row, 0)[answer[t]].item<double>());
        }
        return out;
    }

    void expectScores(const TokenEffect& effect,
                      const at::Tensor& visual,
                      const Attribution& found) {
        const std::vector<double> expected = scored(visual, found.answer.ids);
        ASSERT_EQ(effect.delta_of.size(), expected.size());
        double sum = 0;
        for (std::size_t t = 0; t < expected.size(); ++t) {
            EXPECT_NEAR(found.log_probability[t] + effect.delta_of[t], expected[t], 1e-4);
            sum += effect.delta_of[t];
        }
        EXPECT_NEAR(effect.delta, sum, 1e-12);
    }

    StageCache cache;
    RunRequest request;
    std::function<void(Event)> emit = [](const Event&) {};
};

TEST_F(AttributeTest, LeavingATokenOutIsAPassOverTheRowsWithoutIt) {
    const c10::InferenceMode guard;
    const Attribution found = go();
    const at::Tensor visual = rows().first;
    ASSERT_EQ(found.effects.size(), 8U);
    double largest = 0;
    for (int row = 0; row < 8; ++row) {
        const TokenEffect& effect = found.effects[static_cast<std::size_t>(row)];
        EXPECT_EQ(effect.row, row);
        EXPECT_FALSE(effect.added);
        std::vector<at::Tensor> others;
        for (int other = 0; other < 8; ++other) {
            if (other != row) {
                others.push_back(visual.narrow(0, other, 1));
            }
        }
        expectScores(effect, at::cat(others, 0), found);
        largest = std::max(largest, std::abs(effect.delta));
    }
    EXPECT_GT(largest, 1e-3);
}

TEST_F(AttributeTest, AddingAPatchIsAPassOverTheRowsWithItInItsPlace) {
    const c10::InferenceMode guard;
    const std::vector<std::int32_t> kept =
        run({starter(), cache, request}).views.front().kept;  // ascending, as cls-topk's rows
    request.attribution = AttributionRequest{false, {}};
    for (const std::int32_t patch : {0, 100, 300, 575}) {
        if (!std::ranges::binary_search(kept, patch)) {
            request.attribution->leave_in.push_back({0, patch});
        }
    }
    ASSERT_GE(request.attribution->leave_in.size(), 2U);
    const Attribution found = go();
    const auto [visual, patches] = rows();
    ASSERT_EQ(found.effects.size(), request.attribution->leave_in.size());
    for (const TokenEffect& effect : found.effects) {
        const auto place = std::ranges::lower_bound(kept, effect.token.patch) - kept.begin();
        EXPECT_TRUE(effect.added);
        EXPECT_EQ(effect.row, place);
        expectScores(effect,
                     at::cat({visual.narrow(0, 0, place),
                              patches.narrow(0, effect.token.patch, 1),
                              visual.slice(0, place)},
                             0),
                     found);
    }
}

TEST_F(AttributeTest, TheNumbersAreThoseOfRunsOfTheirOwnToTheBit) {
    int changed = 0;
    for (const char* method : {"cls-topk", "dcp", "visionzip"}) {
        request.settings.method = method;
        request.settings.budget = 6;
        const Attribution found = go();
        EXPECT_TRUE(found.complete());
        for (const TokenEffect& effect : found.effects) {
            if (effect.token.patch < 0) {
                continue;  // a row of no patch has no run of its own
            }
            StageCache own;
            RunRequest without = request;
            without.omit = {{effect.view, effect.token.patch}};
            const RunTrace trace = run({starter(), own, without});
            EXPECT_EQ(trace.answer.ids, effect.ids);
            EXPECT_EQ(trace.answer.text, effect.text);
            EXPECT_EQ(trace.answer.ids != found.answer.ids, effect.changesAnswer());
            const std::size_t same = effect.changesAnswer()
                                         ? static_cast<std::size_t>(effect.first_difference)
                                         : found.answer.ids.size();
            for (std::size_t t = 0; t < same; ++t) {
                EXPECT_NEAR(std::log(static_cast<double>(trace.answer.probability[t])),
                            found.log_probability[t] + effect.delta_of[t],
                            1e-6);
            }
            changed += effect.changesAnswer() ? 1 : 0;
        }
    }
    RecordProperty("changed", changed);
}

TEST_F(AttributeTest, AttentionComesWhenAskedForAndChangesNothingElse) {
    Attribution plain = go();
    EXPECT_TRUE(plain.attention.empty());
    ASSERT_EQ(plain.rows.size(), 8U);
    request.attribution = AttributionRequest{true, {}, true};
    std::vector<std::size_t> before_attention;
    emit = [&](const Event& event) {
        const auto* known = std::get_if<Attributed>(&event);
        if (known != nullptr && known->attribution->attention.empty()) {
            before_attention.push_back(known->attribution->effects.size());
        }
    };
    const Attribution found = go();
    EXPECT_EQ(before_attention, (std::vector<std::size_t>{0, 1}));
    request.attribution = AttributionRequest{false, {}, true};
    EXPECT_EQ(go().attention, found.attention);
    ASSERT_EQ(found.attention.size(), found.answer.ids.size());
    for (const std::vector<double>& paid : found.attention) {
        EXPECT_EQ(paid.size(), found.rows.size());
    }
    for (const TokenEffect& effect : found.effects) {
        const PlacedRow row{effect.view, effect.token};
        EXPECT_EQ(found.rows[static_cast<std::size_t>(effect.row)], row);
    }
    plain.attention = found.attention;
    EXPECT_EQ(plain, found);
}

TEST_F(AttributeTest, GrowsStepByStepStopsBetweenRowsAndGoesOnFromTheCache) {
    std::stop_source stop;
    std::vector<std::size_t> known;
    emit = [&](const Event& event) {
        if (const auto* attributed = std::get_if<Attributed>(&event)) {
            known.push_back(attributed->attribution->effects.size());
            if (known.back() == 3) {
                stop.request_stop();
            }
        }
    };
    EXPECT_THROW(attribute({starter(), cache, request, stop.get_token(), emit}), Cancelled);
    EXPECT_EQ(known, (std::vector<std::size_t>{0, 1, 2, 3}));
    const auto misses = [&] {
        return cache.counters().at(static_cast<std::size_t>(CachedStage::Attribution)).misses;
    };
    EXPECT_EQ(misses(), 4);
    const Attribution found = go();
    EXPECT_EQ(misses(), 9) << "the run itself and eight rows, each once";
    EXPECT_EQ(go(), found);
    EXPECT_EQ(misses(), 9);
}

TEST_F(AttributeTest, RefusesWhatHasNoRowToTakeAway) {
    request.settings.method = "fastv";
    EXPECT_THROW(go(), Error);
    request.settings.method = "cls-topk";
    request.attribution = AttributionRequest{false, {{0, 576}}};
    EXPECT_THROW(go(), Error);
    request.attribution = AttributionRequest{false, {{1, 0}}};
    EXPECT_THROW(go(), Error);
    request.attribution = AttributionRequest{
        false, {{0, run({starter(), cache, request}).views.front().kept.front()}}};
    EXPECT_THROW(go(), Error);
}

TEST_F(AttributeTest, TheLastTokenCanGoToo) {
    request.settings.budget = 1;
    const Attribution found = go();
    ASSERT_EQ(found.effects.size(), 1U);
    EXPECT_TRUE(std::isfinite(found.effects.front().delta));
}

}  // namespace
}  // namespace prunescope
