#include "core/base/error.h"
#include "core/base/stop.h"
#include "core/model/kv_cache.h"
#include "tests/model/golden_case.h"

#include <stop_token>

#include <ATen/TensorOperators.h>
#include <ATen/ops/cat.h>

#include <gtest/gtest.h>

namespace prunescope {
namespace {

using test::GoldenCase;
using test::relativeError;

class Cache : public testing::TestWithParam<const char*> {
protected:
    GoldenCase golden_{GetParam()};
    const Vlm& vlm_ = golden_.vlm();
    at::Tensor embeddings_ = golden_.embeddings(golden_.expected("projected"));
    int length_ = static_cast<int>(embeddings_.size(0));

    at::Tensor whole() const { return vlm_.feed(*vlm_.newCache(length_), embeddings_, false, {}); }
};

TEST_P(Cache, StepsGiveWhatAWholePassGives) {
    const at::Tensor expected = whole();
    for (const int n_steps : {1, 3, length_ - 1}) {
        const auto cache = vlm_.newCache(length_ + 5);
        at::Tensor logits =
            vlm_.feed(*cache, embeddings_.narrow(0, 0, length_ - n_steps), false, {});
        for (int i = length_ - n_steps; i < length_; ++i) {
            logits = vlm_.feed(*cache, embeddings_.narrow(0, i, 1), false, {});
        }
        EXPECT_EQ(cache->length(), length_);
        EXPECT_LT(relativeError(logits, expected), 2e-5) << n_steps;
    }
}

TEST_P(Cache, PartsGiveWhatAWholePassGives) {
    const auto cache = vlm_.newCache(length_);
    std::vector<at::Tensor> logits;
    for (int i = 0; i < length_; i += 7) {
        logits.push_back(
            vlm_.feed(*cache, embeddings_.narrow(0, i, std::min(7, length_ - i)), true, {}));
    }
    const at::Tensor expected = vlm_.feed(*vlm_.newCache(length_), embeddings_, true, {});
    EXPECT_LT(relativeError(at::cat(logits, 0), expected), 2e-5);
}

TEST_P(Cache, ForgetsWhatCameAfterAMark) {
    const auto cache = vlm_.newCache(length_ + 4);
    vlm_.feed(*cache, embeddings_.narrow(0, 0, length_ - 1), false, {});
    const KvCache::Mark mark = cache->mark();
    vlm_.feed(*cache, embeddings_.narrow(0, 0, 5), false, {});
    EXPECT_EQ(cache->length(), length_ + 4);
    cache->rewind(mark);
    EXPECT_EQ(cache->length(), length_ - 1);
    cache->rewind(mark);
    const at::Tensor logits = vlm_.feed(*cache, embeddings_.narrow(0, length_ - 1, 1), false, {});
    EXPECT_LT(relativeError(logits, whole()), 2e-5);
    EXPECT_THROW(vlm_.newCache(length_)->rewind(mark), Error) << "a mark of another cache";
}

TEST_P(Cache, StoppedPassLeavesItAsItWas) {
    const auto cache = vlm_.newCache(length_);
    vlm_.feed(*cache, embeddings_.narrow(0, 0, length_ - 2), false, {});
    std::stop_source source;
    source.request_stop();
    EXPECT_THROW(vlm_.feed(*cache, embeddings_.narrow(0, 0, 2), false, source.get_token()),
                 Cancelled);
    EXPECT_EQ(cache->length(), length_ - 2);
    const at::Tensor logits = vlm_.feed(*cache, embeddings_.narrow(0, length_ - 2, 2), false, {});
    EXPECT_LT(relativeError(logits, whole()), 2e-5);
}

TEST_P(Cache, RefusesMoreThanItHolds) {
    const auto cache = vlm_.newCache(length_ - 1);
    try {
        vlm_.feed(*cache, embeddings_, false, {});
        FAIL();
    } catch (const Error& e) {
        EXPECT_EQ(e.code(), ErrorCode::Input);
        EXPECT_EQ(std::string(e.what()),
                  "The sequence would have " + std::to_string(length_) +
                      " positions; there is room for " + std::to_string(length_ - 1) + ".");
    }
    EXPECT_THROW(vlm_.newCache(vlm_.contextLength() + 1), Error);
    EXPECT_THROW(vlm_.newCache(0), Error);
    EXPECT_THROW(vlm_.embed({-1}), Error);
    EXPECT_THROW(vlm_.embed({1 << 20}), Error);
}

INSTANTIATE_TEST_SUITE_P(Cases,
                         Cache,
                         testing::Values("clip_llama_default",
                                         "clip_llama_gqa_a_bf16",
                                         "clip_llama_sparse"),
                         [](const auto& instance) { return std::string(instance.param); });

}  // namespace
}  // namespace prunescope
