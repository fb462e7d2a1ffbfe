#include "core/model/vision_encoder.h"

#include "core/base/error.h"
#include "core/base/stop.h"
#include "core/model/layers.h"
#include "core/prune/mixing.h"
#include "core/prune/select.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <optional>
#include <utility>

#include <ATen/TensorOperators.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/conv2d.h>
#include <ATen/ops/matmul.h>
#include <ATen/ops/scaled_dot_product_attention.h>
#include <ATen/ops/softmax.h>
#include <ATen/ops/tensor.h>
#include <ATen/ops/zeros.h>

namespace prunescope {

namespace {

void checkReduction(const EncoderReduction& reduction, std::int64_t n) {
    const auto& keep = reduction.keep;
    const auto n_kept = static_cast<std::int64_t>(keep.size());
    require(!keep.empty(), "a reduction must keep a patch row");
    std::vector<char> seen(static_cast<std::size_t>(n), 0);
    for (const std::int64_t row : keep) {
        require(row >= 0 && row < n && seen[static_cast<std::size_t>(row)] == 0,
                "a reduction's rows must be distinct within 0.." + std::to_string(n - 1));
        seen[static_cast<std::size_t>(row)] = 1;
    }
    if (reduction.mix.defined()) {
        require(reduction.mix.dim() == 2 && reduction.mix.size(0) == n_kept &&
                    reduction.mix.size(1) == n,
                "a reduction's mix must be [" + std::to_string(n_kept) + ", " + std::to_string(n) +
                    "]");
    }
    require(!reduction.key_mass.defined() || reduction.key_mass.numel() == n_kept,
            "a reduction's masses must be " + std::to_string(n_kept));
}

/// CLS stays; the patch rows of [1 + n, D] are gathered, or mixed in float32.
at::Tensor reduceRows(const EncoderReduction& reduction,
                      const at::Tensor& keep,
                      const at::Tensor& rows) {
    const at::Tensor cls = rows.narrow(0, 0, 1);
    const at::Tensor patches = rows.narrow(0, 1, rows.size(0) - 1);
    if (!reduction.mix.defined()) {
        return at::cat({cls, patches.index_select(0, keep)}, 0);
    }
    const at::Tensor wide = patches.to(at::kFloat);
    at::Tensor mixed = mixedRows(reduction.mix, wide);
    if (reduction.keep_norm) {
        constexpr double kTiny = 1e-12;
        const at::Tensor wanted = wide.index_select(0, keep).norm(2, {1}, true);
        mixed = mixed * (wanted / mixed.norm(2, {1}, true).clamp_min(kTiny));
    }
    return at::cat({cls, mixed.to(rows.scalar_type())}, 0);
}

/// Columns of [H, 1 + n, …] that go on: CLS and the kept patches.
at::Tensor keepColumns(const at::Tensor& x, const at::Tensor& keep) {
    return at::cat({x.narrow(1, 0, 1), x.index_select(1, keep + 1)}, 1);
}

}  // namespace

VisionEncoder::VisionEncoder(const VlmConfig& config, const WeightMap& weights)
    : config_(config.vision),
      feature_layers_(config.feature_layers),
      last_layer_(config.lastLayer()),
      class_embedding_(weights.get("vision.embeddings.class_embedding")),
      position_embedding_(weights.get("vision.embeddings.position_embedding.weight")),
      patch_weight_(weights.get("vision.embeddings.patch_embedding.weight")),
      pre_norm_(weights.norm("vision.pre_layrnorm")) {
    for (int l = 0; l <= last_layer_; ++l) {
        layers_.push_back(readLayer(weights, l));
    }
    if (last_layer_ + 1 == config_.layers) {
        next_ = {layers_.back().norm1, layers_.back().q, layers_.back().k};
        return;
    }
    const std::string name = "vision.encoder.layers." + std::to_string(last_layer_ + 1) + ".";
    if (weights.has(name + "self_attn.q_proj.weight")) {
        next_ = {weights.norm(name + "layer_norm1"),
                 weights.linear(name + "self_attn.q_proj"),
                 weights.linear(name + "self_attn.k_proj")};
    }
}

WideAttention VisionEncoder::wideAttention(const at::Tensor& next_input) const {
    if (!next_.q.weight.defined()) {
        throw Error(ErrorCode::Model,
                    "The checkpoint has no queries and keys of encoder layer " +
                        std::to_string(last_layer_ + 1) + ", which this method reads.",
                    "Choose another method.");
    }
    const at::Tensor x = layerNorm(next_.norm1, next_input, config_.layer_norm_eps);
    const at::Tensor query = applyLinear(next_.q, x.slice(0, 0, 1)).to(at::kFloat);
    const at::Tensor keys = applyLinear(next_.k, x).to(at::kFloat);
    const double scale = 1.0 / std::sqrt(static_cast<double>(keys.size(1)));
    return {at::softmax(at::matmul(keys, query.squeeze(0)) * scale, -1), keys};
}

ClipLayer VisionEncoder::readLayer(const WeightMap& weights, int layer) {
    return readClipLayer(weights, "vision.encoder.layers." + std::to_string(layer));
}

at::Tensor VisionEncoder::embedPatches(const at::Tensor& pixels) const {
    const at::Tensor x = pixels.to(patch_weight_.device(), patch_weight_.scalar_type());
    const at::Tensor maps = at::conv2d(x.unsqueeze(0), patch_weight_, {}, config_.patch_size);
    const at::Tensor patches = maps.squeeze(0).flatten(1).transpose(0, 1);  // [N, D], raster order
    const at::Tensor rows = at::cat({class_embedding_.unsqueeze(0), patches}, 0);
    return layerNorm(pre_norm_, rows + position_embedding_, config_.layer_norm_eps);
}

VisionEncoder::Attended VisionEncoder::attend(const ClipLayer& layer,
                                              const at::Tensor& x,
                                              const at::Tensor& key_bias,
                                              bool want_taps) const {
    const at::Tensor q = splitHeads(applyLinear(layer.q, x), config_.heads);
    const at::Tensor k = splitHeads(applyLinear(layer.k, x), config_.heads);
    const at::Tensor v = splitHeads(applyLinear(layer.v, x), config_.heads);
    std::optional<at::Tensor> mask;
    if (key_bias.defined()) {
        mask = key_bias.to(q.scalar_type()).expand({1, 1, x.size(0), x.size(0)});
    }
    const at::Tensor mixed =
        at::scaled_dot_product_attention(q.unsqueeze(0), k.unsqueeze(0), v.unsqueeze(0), mask);
    Attended result;
    result.out = applyLinear(layer.out, joinHeads(mixed.squeeze(0)));
    if (want_taps) {
        result.keys = k.to(at::kFloat).contiguous();
        result.values = v.to(at::kFloat).contiguous();
        // Fused attention never shows its probabilities; the one row that methods read is cheap.
        const double scale = 1.0 / std::sqrt(static_cast<double>(q.size(2)));
        const at::Tensor cls = q.narrow(1, 0, 1).to(at::kFloat) * scale;
        const at::Tensor scores = at::matmul(cls, result.keys.transpose(1, 2));
        result.cls_attention =
            at::softmax(key_bias.defined() ? scores + key_bias : scores, -1).squeeze(1);
    }
    return result;
}

at::Tensor VisionEncoder::feedForward(const ClipLayer& layer, const at::Tensor& x) const {
    return clipFeedForward(layer, config_.activation, config_.layer_norm_eps, x);
}

at::Tensor VisionEncoder::deeper(const at::Tensor& x,
                                 int layer,
                                 const WeightMap& weights,
                                 const std::stop_token& stop) const {
    throwIfStopped(stop);
    const ClipLayer added = readLayer(weights, layer);
    const at::Tensor rows = x.to(patch_weight_.device(), patch_weight_.scalar_type());
    const Attended attended =
        attend(added, layerNorm(added.norm1, rows, config_.layer_norm_eps), {}, false);
    return feedForward(added, rows + attended.out).to(at::kFloat);
}

/// What one pass carries from layer to layer.
struct VisionEncoder::Pass {
    /// Keeps the rows if the model selects this entry of hidden_states.
    void note(int entry, const std::vector<int>& feature_layers) {
        if (std::find(feature_layers.begin(), feature_layers.end(), entry) !=
            feature_layers.end()) {
            selected[entry] = x;
        }
    }

    /// Asks the hook and carries out what it wants.
    /// @return whether tokens left
    bool reduce(int layer, const EncoderHook& hook, Attended& attended) {
        const std::optional<EncoderReduction> reduction = hook.decide(
            {layer, x.to(at::kFloat), attended.cls_attention, attended.keys, attended.values});
        if (!reduction) {
            return false;
        }
        checkReduction(*reduction, x.size(0) - 1);
        const at::Tensor keep = sentTo(x.device(), at::tensor(reduction->keep, at::kLong));
        x = reduceRows(*reduction, keep, x);
        // Rows taken at earlier layers stay aligned with those that go on.
        for (auto& [entry, rows] : selected) {
            rows = reduceRows(*reduction, keep, rows);
        }
        if (layer == last_layer) {
            attended.cls_attention = keepColumns(attended.cls_attention, keep);
            attended.keys = keepColumns(attended.keys, keep);
            attended.values = keepColumns(attended.values, keep);
        }
        key_bias = reduction->key_mass.defined()
                       ? at::cat({at::zeros({1}, attended.keys.options()),
                                  reduction->key_mass.to(attended.keys.options()).log()})
                       : at::Tensor();
        return true;
    }

    int last_layer;
    at::Tensor x;                        // [1 + n, D]
    std::map<int, at::Tensor> selected;  // by entry of hidden_states: [1 + n, D]
    at::Tensor key_bias;                 // float32 [1 + n] added to attention logits, or undefined
};

EncoderOutput VisionEncoder::operator()(const at::Tensor& pixels,
                                        const EncoderHook& hook,
                                        bool want_hidden,
                                        const std::stop_token& stop) const {
    EncoderOutput output;
    throwIfStopped(stop);
    Pass pass{.last_layer = last_layer_, .x = embedPatches(pixels), .selected = {}, .key_bias = {}};
    pass.note(0, feature_layers_);
    if (want_hidden) {
        output.hidden.push_back(pass.x.to(at::kFloat));
    }
    const auto hooked = [&](EncoderHook::Place place) {
        return hook.decide != nullptr && hook.place == place;
    };
    for (int l = 0; l <= last_layer_; ++l) {
        throwIfStopped(stop);
        const ClipLayer& layer = layers_[static_cast<std::size_t>(l)];
        if (l + 1 == config_.layers) {
            output.next_input = pass.x;
        }
        Attended attended = attend(layer,
                                   layerNorm(layer.norm1, pass.x, config_.layer_norm_eps),
                                   pass.key_bias,
                                   hook.decide != nullptr || l == last_layer_);
        pass.x = pass.x + attended.out;
        throwIfStopped(stop);
        bool reduced = false;
        if (hooked(EncoderHook::Place::BeforeMlp)) {
            reduced = pass.reduce(l, hook, attended);
        }
        pass.x = feedForward(layer, pass.x);
        if (want_hidden) {
            output.hidden.push_back(pass.x.to(at::kFloat));
        }
        if (hooked(EncoderHook::Place::AfterLayer)) {
            reduced = pass.reduce(l, hook, attended);
        }
        if (reduced && hook.reduced) {
            hook.reduced(pass.x.slice(0, 1).to(at::kFloat));
        }
        pass.note(l + 1, feature_layers_);
        if (l == last_layer_) {
            output.cls_attention = attended.cls_attention;
            output.keys = attended.keys;
            output.values = attended.values;
        }
    }
    if (last_layer_ + 1 < config_.layers) {
        output.next_input = pass.x;
    }
    std::vector<at::Tensor> parts;
    for (const int entry : feature_layers_) {
        parts.push_back(pass.selected.at(entry).to(at::kFloat));
    }
    const at::Tensor joined = parts.size() == 1 ? parts.front() : at::cat(parts, 1);
    output.cls_features = joined.narrow(0, 0, 1);
    output.features = joined.narrow(0, 1, joined.size(0) - 1);
    return output;
}

}  // namespace prunescope
