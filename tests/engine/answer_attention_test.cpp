#include "core/engine/answer_attention.h"

#include "core/base/stop.h"
#include "tests/model/golden_case.h"

#include <algorithm>

#include <ATen/ops/tensor.h>

#include <gtest/gtest.h>

namespace prunescope {
namespace {

using test::GoldenCase;

constexpr double kTolerance = 3e-6;  // transformers' own float32 run is 4e-7 away

struct Prompt {
    TokenSequence text;
    at::Tensor visual;
};

Prompt promptOf(const GoldenCase& golden) {
    const Vlm& vlm = golden.vlm();
    const std::vector<std::int64_t> ids = golden.ids("input_ids");
    const auto is_text = [&](std::int64_t id) { return id != vlm.imageTokenId(); };
    const auto first = std::ranges::find(ids, vlm.imageTokenId());
    const auto last = std::find_if(first, ids.end(), is_text);
    Prompt prompt;
    prompt.text.before.assign(ids.begin(), first);
    prompt.text.after.assign(last, ids.end());
    const EncoderOutput output = vlm.encode(golden.view(), {}, false, {});
    prompt.visual = vlm.project(golden.features(output));
    return prompt;
}

class AnswerAttention : public testing::TestWithParam<const char*> {};

TEST_P(AnswerAttention, IsWhatTransformersSays) {
    const GoldenCase golden(GetParam());
    const Prompt prompt = promptOf(golden);
    const auto paid =
        answerAttention(golden.vlm(), prompt.text, prompt.visual, golden.ids("greedy_ids"), {});
    const at::Tensor expected = golden.expected("answer_attention");
    ASSERT_EQ(static_cast<std::int64_t>(paid.size()), expected.size(0));
    double worst = 0;
    double largest = 0;
    for (std::size_t t = 0; t < paid.size(); ++t) {
        ASSERT_EQ(static_cast<std::int64_t>(paid[t].size()), expected.size(1));
        for (std::size_t row = 0; row < paid[t].size(); ++row) {
            const double wanted =
                expected[static_cast<std::int64_t>(t)][static_cast<std::int64_t>(row)]
                    .item<double>();
            worst = std::max(worst, std::abs(paid[t][row] - wanted));
            largest = std::max(largest, wanted);
        }
    }
    EXPECT_LT(worst, kTolerance);
    EXPECT_GT(largest, 1000 * kTolerance);
}

INSTANTIATE_TEST_SUITE_P(Cases,
                         AnswerAttention,
                         testing::Values("clip_llama_default",
                                         "clip_llama_list_full",
                                         "clip_llama_gqa_a_bf16",
                                         "clip_llama_sparse"),
                         [](const auto& instance) { return std::string(instance.param); });

// Positions are looked at in blocks; none may depend on where a block ends.
TEST(AnswerAttentionTest, ALongAnswerBeginsLikeAShortOne) {
    const GoldenCase golden("clip_llama_default");
    const Prompt prompt = promptOf(golden);
    const std::vector<std::int64_t> ids = golden.ids("greedy_ids");
    std::vector<std::int64_t> long_answer;
    for (int i = 0; i < 5; ++i) {
        long_answer.insert(long_answer.end(), ids.begin(), ids.end());
    }
    const auto all = answerAttention(golden.vlm(), prompt.text, prompt.visual, long_answer, {});
    ASSERT_EQ(all.size(), 80U);
    for (const std::size_t n : {1U, 33U, 64U}) {
        const std::vector<std::int64_t> begin(long_answer.begin(),
                                              long_answer.begin() + static_cast<std::ptrdiff_t>(n));
        const auto part = answerAttention(golden.vlm(), prompt.text, prompt.visual, begin, {});
        ASSERT_EQ(part.size(), n);
        for (std::size_t t = 0; t < n; ++t) {
            double sum = 0;
            for (std::size_t row = 0; row < part[t].size(); ++row) {
                EXPECT_NEAR(part[t][row], all[t][row], 1e-6);
                sum += part[t][row];
            }
            EXPECT_GT(sum, 0);
            EXPECT_LT(sum, 1);
        }
    }
}

TEST(AnswerAttentionTest, StopsBetweenLayersAndNeedsNoAnswer) {
    const GoldenCase golden("clip_llama_default");
    const Prompt prompt = promptOf(golden);
    std::stop_source stop;
    stop.request_stop();
    EXPECT_THROW(
        answerAttention(golden.vlm(), prompt.text, prompt.visual, {5, 6}, stop.get_token()),
        Cancelled);
    EXPECT_TRUE(answerAttention(golden.vlm(), prompt.text, prompt.visual, {}, {}).empty());
}

}  // namespace
}  // namespace prunescope
