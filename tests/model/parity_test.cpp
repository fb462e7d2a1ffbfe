#include "core/model/kv_cache.h"
#include "tests/model/golden_case.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/cosine_similarity.h>
#include <ATen/ops/stack.h>

#include <gtest/gtest.h>

namespace prunescope {
namespace {

using test::GoldenCase;
using test::relativeError;

constexpr double kTolerance = 3e-4;

class Parity : public testing::TestWithParam<const char*> {};

TEST_P(Parity, EveryStageIsWhatTransformersComputes) {
    const GoldenCase golden(GetParam());
    const Vlm& vlm = golden.vlm();
    const EncoderOutput output = vlm.encode(golden.view(), {}, true, {});
    const at::Tensor hidden = at::stack(output.hidden);
    const at::Tensor features = golden.features(output);
    const at::Tensor visual = vlm.project(features);
    const at::Tensor embeddings = golden.embeddings(visual);
    const auto length = static_cast<int>(embeddings.size(0));
    const at::Tensor logits = vlm.feed(*vlm.newCache(length), embeddings, true, {});
    const double errors[] = {
        relativeError(hidden, golden.expected("hidden").slice(0, 0, hidden.size(0))),
        relativeError(features, golden.expected("features")),
        relativeError(visual, golden.expected("projected")),
        relativeError(logits, golden.expected("logits"))};
    RecordProperty("errors", testing::PrintToString(errors));
    for (const double error : errors) {
        EXPECT_LT(error, kTolerance) << testing::PrintToString(errors);
    }
}

TEST_P(Parity, HiddenStatesAreThoseOfTheWholeTower) {
    const GoldenCase golden(GetParam());
    const at::Tensor wanted = golden.expected("hidden");  // [L + 1, 1 + n, D]
    const at::Tensor hidden = golden.vlm().hiddenStates(golden.view(), {});
    ASSERT_EQ(hidden.sizes(), wanted.sizes());
    ASSERT_EQ(hidden.size(0), golden.vlm().report().encoder_layers + 1);
    for (std::int64_t layer = 0; layer < hidden.size(0); ++layer) {
        EXPECT_LT(relativeError(hidden[layer], wanted[layer]), kTolerance) << "entry " << layer;
    }
}

TEST_P(Parity, GreedyAnswerIsTheSame) {
    const GoldenCase golden(GetParam());
    const Vlm& vlm = golden.vlm();
    const EncoderOutput output = vlm.encode(golden.view(), {}, false, {});
    const at::Tensor embeddings = golden.embeddings(vlm.project(golden.features(output)));
    const std::vector<std::int64_t> wanted = golden.ids("greedy_ids");
    const auto n_steps = static_cast<int>(wanted.size());
    const auto cache = vlm.newCache(static_cast<int>(embeddings.size(0)) + n_steps);
    at::Tensor logits = vlm.feed(*cache, embeddings, false, {});
    double worst = 0;
    for (int step = 0; step < n_steps; ++step) {
        worst = std::max(worst, relativeError(logits, golden.expected("step_logits")[step]));
        const auto id = logits.argmax().item<std::int64_t>();
        ASSERT_EQ(id, wanted[static_cast<std::size_t>(step)]) << "step " << step;
        logits = vlm.feed(*cache, vlm.embed({id}), false, {});
    }
    EXPECT_LT(worst, kTolerance);
    RecordProperty("error", testing::PrintToString(worst));
}

INSTANTIATE_TEST_SUITE_P(Cases,
                         Parity,
                         testing::Values("clip_llama_default",
                                         "clip_llama_list_full",
                                         "clip_llama_gqa_a_bf16",
                                         "clip_llama_gqa_b_fp16",
                                         "clip_llama_gqa_c_bf16",
                                         "clip_llama_sparse"),
                         [](const auto& instance) { return std::string(instance.param); });

class HalfParity : public testing::TestWithParam<const char*> {};

TEST_P(HalfParity, LogitsPointTheSameWay) {
    const GoldenCase golden("clip_llama_gqa_a_bf16", GetParam());
    const Vlm& vlm = golden.vlm();
    EXPECT_EQ(vlm.report().dtype, GetParam());
    const EncoderOutput output = vlm.encode(golden.view(), {}, false, {});
    EXPECT_EQ(output.features.scalar_type(), at::kFloat);
    const at::Tensor embeddings = golden.embeddings(vlm.project(golden.features(output)));
    const auto cache = vlm.newCache(static_cast<int>(embeddings.size(0)));
    const at::Tensor logits = vlm.feed(*cache, embeddings, true, {});
    EXPECT_EQ(logits.scalar_type(), at::kFloat);
    const at::Tensor cosine = at::cosine_similarity(logits, golden.expected("logits"), 1);
    EXPECT_GT(cosine.min().item<double>(), 0.99);
    EXPECT_GT(cosine.mean().item<double>(), 0.999);
}

INSTANTIATE_TEST_SUITE_P(Dtypes, HalfParity, testing::Values("bf16", "fp16"));

TEST(Naming, LayoutsGiveTheSameLogits) {
    std::vector<at::Tensor> logits;
    for (const char* name :
         {"clip_llama_gqa_a_bf16", "clip_llama_gqa_b_fp16", "clip_llama_gqa_c_bf16"}) {
        const GoldenCase golden(name);
        const at::Tensor embeddings = golden.embeddings(golden.expected("projected"));
        logits.push_back(golden.vlm().feed(
            *golden.vlm().newCache(static_cast<int>(embeddings.size(0))), embeddings, false, {}));
    }
    EXPECT_TRUE(logits[0].equal(logits[1]));
    EXPECT_TRUE(logits[0].equal(logits[2]));
}

}  // namespace
}  // namespace prunescope
