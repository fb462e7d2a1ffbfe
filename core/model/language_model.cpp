#include "core/model/language_model.h"

#include "core/base/error.h"
#include "core/base/stop.h"
#include "core/model/layers.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include <ATen/TensorOperators.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/embedding.h>
#include <ATen/ops/matmul.h>
#include <ATen/ops/scaled_dot_product_attention.h>
#include <ATen/ops/softmax.h>
#include <ATen/ops/tensor.h>

namespace prunescope {

namespace {

/// Which of the `total` entries the last `n` positions may see: bool [n, total]. Undefined when a
/// single position sees everything. LibTorch's own causal flag is aligned to the first entry, so it
/// only fits an empty cache.
at::Tensor causalMask(std::int64_t n, std::int64_t total, const at::Device& device) {
    if (n == 1 || n == total) {
        return {};
    }
    const auto options = at::TensorOptions().dtype(at::kLong).device(device);
    const at::Tensor query = at::arange(total - n, total, options).unsqueeze(1);
    return at::arange(total, options).unsqueeze(0).le(query);
}

/// softmax(q k^T / sqrt(dh)) v with q [H, n, dh], k and v [Hkv, total, dh] -> [H, n, dh].
at::Tensor groupedAttention(const at::Tensor& q,
                            const at::Tensor& k,
                            const at::Tensor& v,
                            const at::Tensor& mask) {
    const std::int64_t n_heads = q.size(0);
    const std::int64_t n = q.size(1);
    const std::int64_t n_kv = k.size(0);
    const std::int64_t group = n_heads / n_kv;
    const at::Tensor keys = k.unsqueeze(0);
    const at::Tensor values = v.unsqueeze(0);
    const auto optional_mask = mask.defined() ? std::optional(mask) : std::nullopt;
    if (group == 1) {
        const bool is_causal = n > 1 && !mask.defined();
        return at::scaled_dot_product_attention(
                   q.unsqueeze(0), keys, values, optional_mask, 0.0, is_causal)
            .squeeze(0);
    }
    if (n == 1) {
        // Heads that share a key head are neighbours: they become that head's rows, no copies.
        const at::Tensor rows = q.reshape({1, n_kv, group, q.size(2)});
        return at::scaled_dot_product_attention(rows, keys, values, {}, 0.0, false)
            .reshape({n_heads, 1, q.size(2)});
    }
    const auto repeated = [&](const at::Tensor& x) {
        return x.unsqueeze(2)
            .expand({1, n_kv, group, x.size(2), x.size(3)})
            .reshape({1, n_heads, x.size(2), x.size(3)});
    };
    return at::scaled_dot_product_attention(q.unsqueeze(0),
                                            repeated(keys),
                                            repeated(values),
                                            optional_mask,
                                            0.0,
                                            !mask.defined())
        .squeeze(0);
}

}  // namespace

LanguageModel::LanguageModel(const TextConfig& config, const WeightMap& weights, bool has_own_head)
    : config_(config),
      embeddings_(weights.get("lm.embed_tokens.weight")),
      norm_(weights.norm("lm.norm")),
      head_{has_own_head ? weights.get("lm_head.weight") : embeddings_, {}} {
    for (int l = 0; l < config.layers; ++l) {
        const std::string name = "lm.layers." + std::to_string(l) + ".";
        layers_.push_back({weights.norm(name + "input_layernorm"),
                           weights.linear(name + "self_attn.q_proj"),
                           weights.linear(name + "self_attn.k_proj"),
                           weights.linear(name + "self_attn.v_proj"),
                           weights.linear(name + "self_attn.o_proj"),
                           weights.norm(name + "post_attention_layernorm"),
                           weights.linear(name + "mlp.gate_proj"),
                           weights.linear(name + "mlp.up_proj"),
                           weights.linear(name + "mlp.down_proj")});
    }
}

at::Tensor LanguageModel::embed(const std::vector<std::int64_t>& ids) const {
    for (const std::int64_t id : ids) {
        if (id < 0 || id >= embeddings_.size(0)) {
            throw Error(ErrorCode::Input,
                        "The token id " + std::to_string(id) + " is outside the model's " +
                            std::to_string(embeddings_.size(0)) + " embeddings.");
        }
    }
    const at::Tensor index = at::tensor(ids, at::kLong).to(embeddings_.device());
    return at::embedding(embeddings_, index);
}

std::unique_ptr<KvCache> LanguageModel::newCache(int capacity) const {
    if (capacity < 1 || capacity > config_.max_positions) {
        throw Error(ErrorCode::Input,
                    "A sequence of " + std::to_string(capacity) +
                        " positions was asked for; the model has " +
                        std::to_string(config_.max_positions) + ".",
                    "Shorten the question or the answer, or keep fewer visual tokens.");
    }
    const auto options = embeddings_.options();
    return std::make_unique<KvCache>(
        config_.layers,
        config_.kv_heads,
        config_.head_dim,
        capacity,
        makeRotaryTable(capacity, config_.head_dim, config_.rope_theta, options),
        options);
}

at::Tensor LanguageModel::rotaryFrequencies() const {
    return prunescope::rotaryFrequencies(
        config_.head_dim, config_.rope_theta, embeddings_.device());
}

at::Tensor LanguageModel::attend(int index,
                                 const at::Tensor& x,
                                 const RowPlaces& places,
                                 KvCache& cache) const {
    const Layer& layer = layers_[static_cast<std::size_t>(index)];
    const RotaryTable& turn = places.turn;
    const at::Tensor q =
        rotate(splitHeads(applyLinear(layer.q, x), config_.heads), turn.cosines, turn.sines);
    const at::Tensor k =
        rotate(splitHeads(applyLinear(layer.k, x), config_.kv_heads), turn.cosines, turn.sines);
    const at::Tensor v = splitHeads(applyLinear(layer.v, x), config_.kv_heads);
    cache.write(index, k, v, places.next_position, places.room);
    const KvCache::Layer& held = cache.layer(index);
    const std::int64_t total = held.length + x.size(0);
    const at::Tensor out = groupedAttention(
        q, held.keys.narrow(1, 0, total), held.values.narrow(1, 0, total), places.mask);
    return applyLinear(layer.o, joinHeads(out));
}

at::Tensor LanguageModel::runLayer(int index,
                                   const at::Tensor& x,
                                   const RowPlaces& places,
                                   KvCache& cache,
                                   const std::stop_token& stop) const {
    const Layer& layer = layers_[static_cast<std::size_t>(index)];
    const at::Tensor attended =
        x + attend(index, rmsNorm(layer.input_norm, x, config_.rms_norm_eps), places, cache);
    throwIfStopped(stop);
    const at::Tensor y = rmsNorm(layer.post_norm, attended, config_.rms_norm_eps);
    const at::Tensor gated =
        activate(config_.activation, applyLinear(layer.gate, y)) * applyLinear(layer.up, y);
    return attended + applyLinear(layer.down, gated);
}

at::Tensor LanguageModel::rotatedKeys(int index,
                                      const at::Tensor& x,
                                      const RotaryTable& turn) const {
    const Layer& layer = layers_[static_cast<std::size_t>(index)];
    const at::Tensor normed = rmsNorm(layer.input_norm, x, config_.rms_norm_eps);
    return rotate(
        splitHeads(applyLinear(layer.k, normed), config_.kv_heads), turn.cosines, turn.sines);
}

at::Tensor LanguageModel::attentionRows(int index,
                                        const at::Tensor& x,
                                        const RotaryTable& turn,
                                        const at::Tensor& keys,
                                        const at::Tensor& rows) const {
    const Layer& layer = layers_[static_cast<std::size_t>(index)];
    const std::int64_t n_rows = rows.size(0);
    const std::int64_t total = keys.size(1);
    const at::Tensor normed =
        rmsNorm(layer.input_norm, x.index_select(0, rows), config_.rms_norm_eps);
    const RotaryTable here = rowsOf(turn, rows);
    const at::Tensor q =
        rotate(splitHeads(applyLinear(layer.q, normed), config_.heads), here.cosines, here.sines)
            .to(at::kFloat);
    // Heads that share a key head are neighbours.
    const std::int64_t group = config_.heads / config_.kv_heads;
    const at::Tensor grouped = q.reshape({config_.kv_heads, group * n_rows, config_.head_dim});
    const double scale = 1.0 / std::sqrt(static_cast<double>(config_.head_dim));
    const at::Tensor scores =
        (at::matmul(grouped, keys.transpose(1, 2)) * scale).reshape({config_.heads, n_rows, total});
    const at::Tensor columns = at::arange(total, rows.options()).unsqueeze(0);
    const at::Tensor later = columns.gt(rows.unsqueeze(1));
    return at::softmax(scores.masked_fill(later, -std::numeric_limits<double>::infinity()), -1);
}

at::Tensor LanguageModel::finalNorm(const at::Tensor& x) const {
    return rmsNorm(norm_, x, config_.rms_norm_eps);
}

at::Tensor LanguageModel::logitsOf(const at::Tensor& x, bool all_positions) const {
    // One row of the head's product is all that the next token needs.
    const at::Tensor last = all_positions ? x : x.narrow(0, x.size(0) - 1, 1);
    const at::Tensor logits = applyLinear(head_, finalNorm(last)).to(at::kCPU, at::kFloat);
    return all_positions ? logits : logits.squeeze(0);
}

at::Tensor LanguageModel::asInput(const at::Tensor& embeddings) const {
    require(embeddings.dim() == 2 && embeddings.size(0) > 0 &&
                embeddings.size(1) == config_.hidden_size,
            "embeddings must be [n, " + std::to_string(config_.hidden_size) + "]");
    return embeddings.to(embeddings_.device(), embeddings_.scalar_type());
}

void LanguageModel::checkRoom(const KvCache& cache, std::int64_t n) const {
    if (cache.length() + n > cache.capacity()) {
        throw Error(ErrorCode::Input,
                    "The sequence would have " + std::to_string(cache.length() + n) +
                        " positions; there is room for " + std::to_string(cache.capacity()) + ".",
                    "Shorten the question or the answer, or keep fewer visual tokens.");
    }
}

at::Tensor LanguageModel::feed(KvCache& cache,
                               const at::Tensor& embeddings,
                               bool all_positions,
                               const std::stop_token& stop) const {
    at::Tensor x = asInput(embeddings);
    const std::int64_t n = x.size(0);
    checkRoom(cache, n);
    const std::int64_t room = cache.capacity() - cache.length() - n;
    RowPlaces places;
    std::int64_t mask_total = -1;
    std::int64_t first_position = -1;
    for (int l = 0; l < config_.layers; ++l) {
        throwIfStopped(stop);
        const KvCache::Layer& held = cache.layer(l);
        if (held.length + n != mask_total) {
            mask_total = held.length + n;
            places.mask = causalMask(n, mask_total, x.device());
        }
        if (held.next_position != first_position) {
            first_position = held.next_position;
            places.turn = {cache.rotary().cosines.narrow(0, first_position, n),
                           cache.rotary().sines.narrow(0, first_position, n)};
        }
        places.next_position = first_position + n;
        places.room = room;
        x = runLayer(l, x, places, cache, stop);
    }
    at::Tensor logits = logitsOf(x, all_positions);
    cache.commit(n);
    return logits;
}

}  // namespace prunescope
