#include "core/model/checkpoint.h"
#include "core/model/layers.h"
#include "core/model/weights.h"
#include "tests/model/golden_case.h"
#include "tests/model/model_files.h"

#include <cmath>
#include <map>

#include <ATen/TensorOperators.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/matmul.h>
#include <ATen/ops/ones.h>
#include <ATen/ops/softmax.h>
#include <ATen/ops/tensor.h>
#include <ATen/ops/zeros.h>

#include <gtest/gtest.h>

namespace prunescope {
namespace {

using test::relativeError;

/// The pass with merging between attention and MLP, in double and with explicit attention: every
/// layer merges row 1 into row 0 and row 3 into row 2 by size, and turns the order round.
class SlowMergedPass {
public:
    SlowMergedPass(const std::filesystem::path& folder, bool is_proportional)
        : config_(readConfig(folder)),
          weights_(loadWeights(expectedTensors(config_, !config_.tied_head),
                               openCheckpoint(folder),
                               {at::Device(at::kCPU), at::kDouble},
                               {},
                               {})),
          is_proportional_(is_proportional) {}

    /// @param x  [1 + n, D] after the pre-layernorm
    /// @return   [1 + n', D] the selected layers' rows, joined
    at::Tensor operator()(at::Tensor x) const {
        at::Tensor size = at::ones({x.size(0)}, x.options());
        std::map<int, at::Tensor> selected{{0, x}};
        for (int l = 0; l <= config_.lastLayer(); ++l) {
            const std::string name = "vision.encoder.layers." + std::to_string(l) + ".";
            x = x + attention(name + "self_attn.", normed(name + "layer_norm1", x), size);
            const at::Tensor map = plan(size);
            x = at::matmul(map, x);
            for (auto& [entry, rows] : selected) {
                rows = at::matmul(map, rows);
            }
            size = at::matmul((map > 0).to(at::kDouble), size);
            const at::Tensor y = normed(name + "layer_norm2", x);
            x = x + linear(name + "mlp.fc2",
                           activate(config_.vision.activation, linear(name + "mlp.fc1", y)));
            selected[l + 1] = x;
        }
        std::vector<at::Tensor> parts;
        for (const int entry : config_.feature_layers) {
            parts.push_back(selected.at(entry));
        }
        return at::cat(parts, 1);
    }

    /// float64 [1 + n', 1 + n]: rows of weights by size.
    static at::Tensor plan(const at::Tensor& size) {
        const std::int64_t n = size.size(0) - 1;
        at::Tensor map = at::zeros({1 + n - 2, 1 + n}, size.options());
        const auto set = [&](std::int64_t row, std::int64_t from) {
            map.index_put_({at::tensor(row), at::tensor(1 + from)}, size[1 + from]);
        };
        map.index_put_({at::tensor(0), at::tensor(0)}, size[0]);
        for (std::int64_t out = 0; out < n - 2; ++out) {
            const std::int64_t in = n - 1 - out;  // turned round; the last two outputs are pairs
            if (in > 3) {
                set(1 + out, in);
            }
        }
        set(n - 3, 2);
        set(n - 3, 3);
        set(n - 2, 0);
        set(n - 2, 1);
        return map / map.sum(1, true);
    }

private:
    at::Tensor linear(const std::string& name, const at::Tensor& x) const {
        return applyLinear(weights_.linear(name), x);
    }

    at::Tensor normed(const std::string& name, const at::Tensor& x) const {
        return layerNorm(weights_.norm(name), x, config_.vision.layer_norm_eps);
    }

    at::Tensor attention(const std::string& name,
                         const at::Tensor& x,
                         const at::Tensor& size) const {
        const auto heads = [&](const char* part) {
            return splitHeads(linear(name + part, x), config_.vision.heads);
        };
        const at::Tensor q = heads("q_proj");
        at::Tensor logits = at::matmul(q, heads("k_proj").transpose(1, 2)) /
                            std::sqrt(static_cast<double>(q.size(2)));
        if (is_proportional_) {
            logits = logits + size.log();
        }
        return linear(name + "out_proj",
                      joinHeads(at::matmul(at::softmax(logits, -1), heads("v_proj"))));
    }

    VlmConfig config_;
    WeightMap weights_;
    bool is_proportional_;
};

class MergedPass : public testing::TestWithParam<std::tuple<const char*, bool>> {};

}  // namespace

TEST_P(MergedPass, EqualsExplicitAttention) {
    const auto& [name, is_proportional] = GetParam();
    const test::GoldenCase golden(name);
    const View view = golden.view();
    at::Tensor size;
    std::int64_t n_hooks = 0;
    EncoderHook hook;
    hook.place = EncoderHook::Place::BeforeMlp;
    hook.decide = [&](const EncoderTap& tap) {
        if (tap.layer == 0) {
            size = at::ones({tap.tokens.size(0)}, at::kDouble);
        }
        ++n_hooks;
        const at::Tensor map = SlowMergedPass::plan(size);
        size = at::matmul((map > 0).to(at::kDouble), size);
        EncoderReduction reduction;
        const std::int64_t n = map.size(1) - 1;
        for (std::int64_t in = n - 1; in > 3; --in) {
            reduction.keep.push_back(in);
        }
        reduction.keep.push_back(2);
        reduction.keep.push_back(0);
        reduction.mix = map.slice(0, 1).slice(1, 1).to(at::kFloat);
        if (is_proportional) {
            reduction.key_mass = size.slice(0, 1).to(at::kFloat);
        }
        return reduction;
    };
    const EncoderOutput output = golden.vlm().encode(view, hook, false, {});
    const EncoderOutput plain = golden.vlm().encode(view, {}, true, {});
    const at::Tensor expected = SlowMergedPass(
        test::goldenFolder(name), is_proportional)(plain.hidden.front().to(at::kDouble));
    EXPECT_EQ(n_hooks, golden.vlm().lastEncoderLayer() + 1);
    EXPECT_LT(relativeError(at::cat({output.cls_features, output.features}), expected), 1e-4);
    // The comparison can tell: without the sizes the result is another one.
    const at::Tensor other = SlowMergedPass(test::goldenFolder(name),
                                            !is_proportional)(plain.hidden.front().to(at::kDouble));
    EXPECT_GT(relativeError(other, expected), 1e-3);
}

INSTANTIATE_TEST_SUITE_P(Cases,
                         MergedPass,
                         testing::Combine(testing::Values("clip_llama_default",
                                                          "clip_llama_list_full"),
                                          testing::Bool()),
                         [](const auto& instance) {
                             return std::string(std::get<0>(instance.param)) +
                                    (std::get<1>(instance.param) ? "Proportional" : "Plain");
                         });

}  // namespace prunescope
