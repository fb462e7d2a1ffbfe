#include "core/prune/encoder_score.h"
#include "tests/prune/fake_views.h"

#include <cmath>
#include <limits>

#include <ATen/ops/softmax.h>
#include <ATen/ops/zeros.h>

#include <gtest/gtest.h>

namespace prunescope {

using testing::matrixOf;
using testing::normals;
using testing::vectorOf;

TEST(EncoderScore, ClsScoreIsTheMeanOverHeadsWithoutCls) {
    const std::vector<float> score =
        toHostVector(clsScore(matrixOf({0.5F, 0.25F, 0.25F, 0.1F, 0.3F, 0.6F}, 3)));
    ASSERT_EQ(score.size(), 2U);
    EXPECT_FLOAT_EQ(score[0], 0.275F);
    EXPECT_FLOAT_EQ(score[1], 0.425F);
}

TEST(EncoderScore, SharesOfNothingAreEven) {
    EXPECT_EQ(toHostVector(shares(vectorOf({0, 0, 0, 0}))), std::vector<float>(4, 0.25F));
    EXPECT_EQ(toHostVector(shares(vectorOf({1, 3}))), (std::vector<float>{0.25F, 0.75F}));
}

TEST(EncoderScore, FlowCutEqualsThePlainLoops) {
    constexpr int kHeads = 3;
    constexpr int kTokens = 8;  // CLS and 7 patches
    constexpr int kWidth = 4;
    const at::Tensor attention = at::softmax(normals({kHeads, kTokens}, 1), 1);
    const at::Tensor values = normals({kHeads, kTokens, kWidth}, 2);
    const std::vector<float> a = toHostVector(attention.reshape({-1}));
    const std::vector<float> v = toHostVector(values.reshape({-1}));
    const auto value = [&](int h, int i, int c) {
        return static_cast<double>(v[toSize((h * kTokens + i) * kWidth + c)]);
    };
    std::vector<double> cls(kTokens, 0.0), semantic(kTokens, 0.0), strength(kTokens, 0.0);
    for (int h = 0; h < kHeads; ++h) {
        std::vector<double> weight(kTokens);
        double sum = 0;
        for (int i = 0; i < kTokens; ++i) {
            double dot = 0;
            for (int c = 0; c < kWidth; ++c) {
                dot += value(h, 0, c) * value(h, i, c);
            }
            weight[toSize(i)] = std::exp(dot);
            sum += weight[toSize(i)];
        }
        for (int i = 0; i < kTokens; ++i) {
            semantic[toSize(i)] += weight[toSize(i)] / sum / kHeads;
            cls[toSize(i)] += static_cast<double>(a[toSize(h * kTokens + i)]) / kHeads;
        }
    }
    double cls_sum = 0, semantic_sum = 0;
    for (int i = 1; i < kTokens; ++i) {
        cls_sum += cls[toSize(i)];
        semantic_sum += semantic[toSize(i)];
        for (int c = 0; c < kWidth; ++c) {
            double mean = 0;
            for (int h = 0; h < kHeads; ++h) {
                mean += value(h, i, c) / kHeads;
            }
            strength[toSize(i)] += std::fabs(mean);
        }
    }
    const std::vector<float> score = toHostVector(flowCutScore(attention, values));
    ASSERT_EQ(score.size(), 7U);
    for (int i = 1; i < kTokens; ++i) {
        const auto at = toSize(i);
        const double expected = (cls[at] / cls_sum + semantic[at] / semantic_sum) * strength[at];
        EXPECT_NEAR(score[at - 1], expected, 1e-6 * (1 + expected)) << i;
    }
}

TEST(EncoderScore, BrokenAttentionGivesNumbers) {
    const at::Tensor values = normals({2, 6, 4}, 3);
    const at::Tensor nan = at::zeros({2, 6}, values.options()).fill_(std::nan(""));
    for (const at::Tensor& attention : {nan, at::zeros({2, 6}, values.options())}) {
        for (const float score : toHostVector(flowCutScore(attention, values))) {
            EXPECT_TRUE(std::isfinite(score));
        }
        for (const float score : toHostVector(clsScore(attention))) {
            EXPECT_EQ(score, 0);
        }
    }
    for (const float score : toHostVector(flowCutScore(nan, at::zeros({2, 6, 4})))) {
        EXPECT_EQ(score, 0);
    }
}

}  // namespace prunescope
