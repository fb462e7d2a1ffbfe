#include "core/base/error.h"
#include "core/base/stop.h"
#include "core/model/checkpoint.h"
#include "core/model/layers.h"
#include "core/model/vision_encoder.h"
#include "core/model/weights.h"
#include "tests/model/golden_case.h"
#include "tests/model/model_files.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <stop_token>

#include <ATen/TensorOperators.h>
#include <ATen/ops/eye.h>
#include <ATen/ops/full.h>
#include <ATen/ops/matmul.h>
#include <ATen/ops/ones.h>
#include <ATen/ops/softmax.h>
#include <ATen/ops/tensor.h>
#include <ATen/ops/zeros.h>

#include <gtest/gtest.h>

namespace prunescope {
namespace {

using test::GoldenCase;
using test::relativeError;

std::vector<std::int64_t> firstRows(std::int64_t n) {
    std::vector<std::int64_t> rows(static_cast<std::size_t>(n));
    std::iota(rows.begin(), rows.end(), 0);
    return rows;
}

class Hook : public testing::TestWithParam<const char*> {
protected:
    GoldenCase golden_{GetParam()};
    using Decide = decltype(EncoderHook::decide);

    EncoderOutput encodeWith(Decide decide, bool want_hidden, const std::stop_token& stop) const {
        return vlm_.encode(view_, {.decide = std::move(decide)}, want_hidden, stop);
    }

    const Vlm& vlm_ = golden_.vlm();
    View view_ = golden_.view();
};

TEST_P(Hook, SeesEveryLayerUpToTheSelectedOne) {
    int next = 0;
    std::vector<at::Tensor> tokens;
    const EncoderOutput output = encodeWith(
        [&](const EncoderTap& tap) -> std::optional<EncoderReduction> {
            EXPECT_EQ(tap.layer, next++);
            EXPECT_EQ(tap.tokens.scalar_type(), at::kFloat);
            EXPECT_EQ(tap.cls_attention.size(1), tap.tokens.size(0));
            EXPECT_EQ(tap.keys.size(1), tap.tokens.size(0));
            EXPECT_EQ(tap.values.sizes(), tap.keys.sizes());
            const at::Tensor sums = tap.cls_attention.sum(1);
            EXPECT_LT(relativeError(sums, at::ones(sums.sizes())), 1e-5);
            tokens.push_back(tap.tokens);
            return std::nullopt;
        },
        true,
        {});
    EXPECT_EQ(next, vlm_.lastEncoderLayer() + 1);
    ASSERT_EQ(output.hidden.size(), tokens.size() + 1);
    for (std::size_t l = 0; l < tokens.size(); ++l) {
        EXPECT_TRUE(tokens[l].equal(output.hidden[l + 1]));
    }
    EXPECT_LT(relativeError(golden_.features(output), golden_.expected("features")), 3e-4);
}

TEST_P(Hook, TapsAreThoseOfExplicitAttention) {
    const auto folder = test::goldenFolder(GetParam());
    const VlmConfig config = readConfig(folder);
    const WeightMap weights = loadWeights(expectedTensors(config, !config.tied_head),
                                          openCheckpoint(folder),
                                          {at::Device(at::kCPU), at::kFloat},
                                          {},
                                          {});
    const EncoderOutput output = vlm_.encode(view_, {}, true, {});
    const int last = vlm_.lastEncoderLayer();
    const std::string name = "vision.encoder.layers." + std::to_string(last) + ".";
    const at::Tensor x = layerNorm(weights.norm(name + "layer_norm1"),
                                   output.hidden[static_cast<std::size_t>(last)],
                                   config.vision.layer_norm_eps);
    const auto heads = [&](const char* part) {
        return splitHeads(applyLinear(weights.linear(name + part), x), config.vision.heads);
    };
    const at::Tensor q = heads("self_attn.q_proj");
    const at::Tensor k = heads("self_attn.k_proj");
    const double scale = std::sqrt(static_cast<double>(q.size(2)));
    const at::Tensor attention = at::softmax(at::matmul(q, k.transpose(1, 2)) / scale, -1);
    EXPECT_LT(relativeError(output.cls_attention, attention.select(1, 0)), 1e-6);
    EXPECT_LT(relativeError(output.keys, k), 1e-6);
    EXPECT_LT(relativeError(output.values, heads("self_attn.v_proj")), 1e-6);
}

TEST_P(Hook, WideAttentionIsOneHeadOfTheNextLayer) {
    const auto folder = test::goldenFolder(GetParam());
    const VlmConfig config = readConfig(folder);
    const Checkpoint checkpoint = openCheckpoint(folder);
    std::vector<ExpectedTensor> expected = expectedTensors(config, !config.tied_head);
    const std::vector<ExpectedTensor> more = nextLayerTensors(config, checkpoint);
    const int next = std::min(config.lastLayer() + 1, config.vision.layers - 1);
    EXPECT_EQ(more.size(), next > config.lastLayer() ? 6U : 0U);
    expected.insert(expected.end(), more.begin(), more.end());
    const WeightMap weights =
        loadWeights(expected, checkpoint, {at::Device(at::kCPU), at::kFloat}, {}, {});
    const EncoderOutput output = vlm_.encode(view_, {}, true, {});
    const std::string name = "vision.encoder.layers." + std::to_string(next) + ".";
    const at::Tensor x = layerNorm(weights.norm(name + "layer_norm1"),
                                   output.hidden.at(static_cast<std::size_t>(next)),
                                   config.vision.layer_norm_eps);
    const at::Tensor query = applyLinear(weights.linear(name + "self_attn.q_proj"), x)[0];
    const at::Tensor keys = applyLinear(weights.linear(name + "self_attn.k_proj"), x);
    const double scale = std::sqrt(static_cast<double>(config.vision.hidden_size));
    const WideAttention wide = vlm_.wideAttention(output.next_input);
    EXPECT_LT(relativeError(wide.keys, keys), 1e-5);
    EXPECT_LT(relativeError(wide.cls_attention, at::softmax(at::matmul(keys, query) / scale, 0)),
              1e-6);
}

TEST_P(Hook, WithoutTheNextLayerWideAttentionIsRefused) {
    const auto folder = test::goldenFolder(GetParam());
    const VlmConfig config = readConfig(folder);
    Checkpoint checkpoint = openCheckpoint(folder);
    const std::string gone =
        "vision.encoder.layers." + std::to_string(config.lastLayer() + 1) + ".layer_norm1.bias";
    if (checkpoint.tensors.erase(gone) == 0) {
        GTEST_SKIP() << "the selected layer is the last";
    }
    EXPECT_TRUE(nextLayerTensors(config, checkpoint).empty());
    const WeightMap weights = loadWeights(expectedTensors(config, !config.tied_head),
                                          checkpoint,
                                          {at::Device(at::kCPU), at::kFloat},
                                          {},
                                          {});
    const VisionEncoder encoder(config, weights);
    try {
        encoder.wideAttention(at::zeros({3, config.vision.hidden_size}));
        FAIL() << "nothing thrown";
    } catch (const Error& e) {
        EXPECT_EQ(e.code(), ErrorCode::Model);
    }
}

TEST_P(Hook, IdentityMixAndGatherChangeNothing) {
    const EncoderOutput plain = vlm_.encode(view_, {}, false, {});
    for (const bool mixes : {false, true}) {
        for (const bool keep_norm : {false, true}) {
            const EncoderOutput output = encodeWith(
                [&](const EncoderTap& tap) {
                    const std::int64_t n = tap.tokens.size(0) - 1;
                    return EncoderReduction{
                        firstRows(n), mixes ? at::eye(n) : at::Tensor(), keep_norm};
                },
                false,
                {});
            EXPECT_LT(relativeError(output.features, plain.features), 1e-5);
            EXPECT_LT(relativeError(output.cls_features, plain.cls_features), 1e-5);
            EXPECT_LT(relativeError(output.cls_attention, plain.cls_attention), 1e-6);
        }
    }
}

TEST_P(Hook, OneHotMixIsAGather) {
    const std::vector<std::int64_t> keep{0, 2, 3};
    const auto reduceAt = [&](int layer, bool mixes) {
        return encodeWith(
            [&, layer, mixes](const EncoderTap& tap) -> std::optional<EncoderReduction> {
                if (tap.layer != layer) {
                    return std::nullopt;
                }
                const std::int64_t n = tap.tokens.size(0) - 1;
                return EncoderReduction{
                    keep,
                    mixes ? at::eye(n).index_select(0, at::tensor(keep, at::kLong)) : at::Tensor(),
                    false};
            },
            false,
            {});
    };
    for (int layer = 0; layer <= vlm_.lastEncoderLayer(); ++layer) {
        const EncoderOutput gathered = reduceAt(layer, false);
        const EncoderOutput mixed = reduceAt(layer, true);
        EXPECT_EQ(gathered.features.size(0), 3);
        EXPECT_EQ(gathered.cls_attention.size(1), 4);
        EXPECT_EQ(gathered.keys.size(1), 4);
        EXPECT_EQ(gathered.values.size(1), 4);
        EXPECT_LT(relativeError(mixed.features, gathered.features), 1e-5) << layer;
    }
}

TEST_P(Hook, LateGatherTakesRowsOfTheFullPass) {
    const std::vector<std::int64_t> keep{1, 3};
    const EncoderOutput plain = vlm_.encode(view_, {}, false, {});
    const EncoderOutput output = encodeWith(
        [&](const EncoderTap& tap) -> std::optional<EncoderReduction> {
            return tap.layer == vlm_.lastEncoderLayer()
                       ? std::optional(EncoderReduction{keep, {}, false})
                       : std::nullopt;
        },
        false,
        {});
    const at::Tensor rows = at::tensor(keep, at::kLong);
    EXPECT_TRUE(output.features.equal(plain.features.index_select(0, rows)));
    EXPECT_TRUE(output.keys.narrow(1, 1, 2).equal(plain.keys.index_select(1, rows + 1)));
}

TEST_P(Hook, MixedRowsCanKeepTheirNorm) {
    const EncoderOutput plain = vlm_.encode(view_, {}, false, {});
    const std::int64_t n = plain.features.size(0);
    const std::vector<std::int64_t> keep{0, 1};
    const auto mixLast = [&](bool keep_norm) {
        return encodeWith(
            [&](const EncoderTap& tap) -> std::optional<EncoderReduction> {
                return tap.layer == vlm_.lastEncoderLayer()
                           ? std::optional(EncoderReduction{
                                 keep, at::full({2, n}, 1.0 / static_cast<double>(n)), keep_norm})
                           : std::nullopt;
            },
            false,
            {});
    };
    const at::Tensor mean = plain.features.mean(0, true).expand({2, plain.features.size(1)});
    EXPECT_LT(relativeError(mixLast(false).features, mean), 1e-5);
    if (vlm_.report().name != "clip_llama_list_full") {  // there each layer has a norm of its own
        const at::Tensor norms = mixLast(true).features.norm(2, {1});
        EXPECT_LT(relativeError(norms, plain.features.slice(0, 0, 2).norm(2, {1})), 1e-5);
    }
}

TEST_P(Hook, HandsOutWhatAReductionLeft) {
    using Place = EncoderHook::Place;
    for (const Place place : {Place::AfterLayer, Place::BeforeMlp}) {
        std::vector<at::Tensor> rows;
        EncoderHook hook;
        hook.place = place;
        hook.decide = [&](const EncoderTap& tap) -> std::optional<EncoderReduction> {
            return tap.layer > 1 ? std::nullopt
                                 : std::optional(EncoderReduction{{2, 0, 1}, {}, false});
        };
        hook.reduced = [&](const at::Tensor& patches) { rows.push_back(patches); };
        const EncoderOutput output = vlm_.encode(view_, hook, true, {});
        ASSERT_EQ(rows.size(), 2U);  // layers 0 and 1
        if (place == Place::BeforeMlp) {
            EXPECT_TRUE(rows[0].equal(output.hidden[1].slice(0, 1)));
            EXPECT_TRUE(rows[1].equal(output.hidden[2].slice(0, 1)));
        } else {
            const at::Tensor order = at::tensor({2, 0, 1}, at::kLong);
            EXPECT_TRUE(rows[0].equal(output.hidden[1].slice(0, 1).index_select(0, order)));
        }
    }
}

TEST_P(Hook, GathersAlikeBesideTheMlp) {
    // The MLP and its norm look at one row at a time.
    using Place = EncoderHook::Place;
    const std::vector<std::int64_t> keep{3, 0, 2};
    for (int layer = 0; layer <= vlm_.lastEncoderLayer(); ++layer) {
        std::vector<EncoderOutput> outputs;
        for (const Place place : {Place::AfterLayer, Place::BeforeMlp}) {
            EncoderHook hook;
            hook.place = place;
            hook.decide = [&](const EncoderTap& tap) -> std::optional<EncoderReduction> {
                return tap.layer == layer ? std::optional(EncoderReduction{keep, {}, false})
                                          : std::nullopt;
            };
            outputs.push_back(vlm_.encode(view_, hook, false, {}));
        }
        EXPECT_LT(relativeError(outputs[1].features, outputs[0].features), 1e-5) << layer;
        EXPECT_LT(relativeError(outputs[1].keys, outputs[0].keys), 1e-5) << layer;
    }
}

TEST_P(Hook, StopsAtEveryLayer) {
    for (int layer = 0; layer < vlm_.lastEncoderLayer(); ++layer) {
        std::stop_source source;
        int seen = -1;
        EXPECT_THROW(encodeWith(
                         [&](const EncoderTap& tap) -> std::optional<EncoderReduction> {
                             seen = tap.layer;
                             if (tap.layer == layer) {
                                 source.request_stop();
                             }
                             return std::nullopt;
                         },
                         false,
                         source.get_token()),
                     Cancelled);
        EXPECT_EQ(seen, layer);
    }
}

TEST_P(Hook, WrongReductionsAreInternalErrors) {
    const auto reduce = [&](const EncoderReduction& reduction) {
        try {
            encodeWith([&](const EncoderTap&) { return reduction; }, false, {});
        } catch (const Error& e) {
            return e.code() == ErrorCode::Internal;
        }
        return false;
    };
    EXPECT_TRUE(reduce({{}, {}, false}));
    EXPECT_TRUE(reduce({{1, 1}, {}, false}));
    EXPECT_TRUE(reduce({{-1}, {}, false}));
    EXPECT_TRUE(reduce({{100000}, {}, false}));
    EXPECT_TRUE(reduce({{0, 1}, at::zeros({3, 4}), false}));
}

INSTANTIATE_TEST_SUITE_P(Cases,
                         Hook,
                         testing::Values("clip_llama_default",
                                         "clip_llama_list_full",
                                         "clip_llama_sparse"),
                         [](const auto& instance) { return std::string(instance.param); });

}  // namespace
}  // namespace prunescope
