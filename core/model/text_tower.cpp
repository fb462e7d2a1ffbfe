#include "core/model/text_tower.h"

#include "core/base/error.h"
#include "core/base/file.h"
#include "core/base/hash.h"
#include "core/base/json.h"
#include "core/base/stop.h"
#include "core/base/text.h"
#include "core/model/foreign_errors.h"
#include "core/model/layers.h"
#include "core/model/precision.h"

#include <algorithm>
#include <span>

#include <ATen/TensorOperators.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/scaled_dot_product_attention.h>
#include <ATen/ops/tensor.h>
#include <c10/core/InferenceMode.h>

namespace prunescope {

namespace {

/// Half precision of either copy moves it by 4e-3 at most; training moves it further.
constexpr double kSameTower = 1e-2;

at::Tensor unitLength(const at::Tensor& rows) {
    constexpr double kTiny = 1e-12;
    const at::Tensor wide = rows.to(at::kFloat);
    return wide / wide.norm(2, {1}, true).clamp_min(kTiny);
}

void checkSameTower(const at::Tensor& theirs, const at::Tensor& ours) {
    const at::Tensor a = theirs.to(at::kCPU, at::kDouble);
    const at::Tensor b = ours.to(at::kCPU, at::kDouble);
    if (a.sizes() != b.sizes() ||
        !((a - b).norm().item<double>() <= kSameTower * b.norm().item<double>())) {
        throw Error(ErrorCode::Model,
                    "This CLIP's vision tower is not the model's, so its texts cannot be compared "
                    "with the model's patches.",
                    "Choose the CLIP that the model was made from.");
    }
}

std::string nameOf(const std::filesystem::path& directory, const Checkpoint& checkpoint) {
    constexpr std::uint64_t kMaxBytes = 64u << 20;
    const std::vector<std::uint8_t> config =
        readFile(directory / "config.json", kMaxBytes, ErrorCode::Model);
    return modelName(directory) + " " +
           hex(Hasher().add(std::span(config)).add(checkpoint.header_hash).value());
}

/// The place whose output stands for the whole window (ClipTextConfig::eos_id).
std::size_t endOf(const std::vector<std::int64_t>& window, std::int64_t eos_id) {
    constexpr std::int64_t kEarlyConfigs = 2;
    if (eos_id == kEarlyConfigs) {
        return static_cast<std::size_t>(std::ranges::max_element(window) - window.begin());
    }
    const auto found = std::ranges::find(window, eos_id);
    return found == window.end() ? 0 : static_cast<std::size_t>(found - window.begin());
}

}  // namespace

std::unique_ptr<const TextTower> TextTower::load(const std::filesystem::path& directory,
                                                 const VlmConfig& model,
                                                 const WeightMap& weights,
                                                 const Placement& placement,
                                                 const std::stop_token& stop) {
    if (!std::filesystem::is_directory(directory)) {
        throw Error(ErrorCode::Model, inQuotes(directory.string()) + " is not a folder.");
    }
    const ClipConfig config = parseClipConfig(readJsonFile(directory / "config.json"));
    Checkpoint checkpoint = openCheckpoint(directory, &canonicalClipName);
    const std::vector<ExpectedTensor> expected = textTowerTensors(config);
    checkTensors(expected, checkpoint);
    auto tokenizer = loadTokenizer(directory);
    if (tokenizer->vocabularySize() > config.text.vocab_size) {
        throw Error(ErrorCode::Model,
                    "CLIP's tokenizer has " + std::to_string(tokenizer->vocabularySize()) +
                        " tokens, its text tower " + std::to_string(config.text.vocab_size) + ".");
    }
    const WeightMap own = loadWeights(expected, checkpoint, placement, {}, stop);
    checkSameTower(own.get("vision.embeddings.class_embedding"),
                   weights.get("vision.embeddings.class_embedding"));
    std::unique_ptr<TextTower> tower(new TextTower(config, model, own));
    tower->tokenizer_ = std::move(tokenizer);
    tower->name_ = nameOf(directory, checkpoint);
    return tower;
}

TextTower::TextTower(const ClipConfig& config, const VlmConfig& model, const WeightMap& weights)
    : bytes_(weights.bytes()),
      config_(config.text),
      vision_eps_(config.vision.layer_norm_eps),
      vision_width_(config.vision.hidden_size),
      vision_start_(
          (std::ranges::max_element(model.feature_layers) - model.feature_layers.begin()) *
          vision_width_),
      token_embedding_(weights.get("text.embeddings.token_embedding.weight")),
      position_embedding_(weights.get("text.embeddings.position_embedding.weight")),
      final_norm_(weights.norm("text.final_layer_norm")),
      text_projection_(weights.linear("text_projection")),
      vision_norm_(weights.norm("vision.post_layernorm")),
      visual_projection_(weights.linear("visual_projection")) {
    for (int l = 0; l < config.text.layers; ++l) {
        layers_.push_back(readClipLayer(weights, "text.encoder.layers." + std::to_string(l)));
    }
}

at::Tensor TextTower::patches(const at::Tensor& features) const {
    require(features.dim() == 2 && features.size(1) >= vision_start_ + vision_width_,
            "features must hold the columns of the tower's last layer");
    return translated([&] {
        const c10::InferenceMode inference;
        const at::Tensor x = features.narrow(1, vision_start_, vision_width_)
                                 .to(token_embedding_.device(), token_embedding_.scalar_type());
        return unitLength(applyLinear(visual_projection_, layerNorm(vision_norm_, x, vision_eps_)));
    });
}

at::Tensor TextTower::question(std::string_view text, const std::stop_token& stop) const {
    std::vector<std::int64_t> ids = tokenizer_->encode(text, true);
    const auto places = static_cast<std::size_t>(config_.positions);
    ids.resize(std::max<std::size_t>(1, (ids.size() + places - 1) / places) * places, 0);
    return translated([&] {
        const c10::InferenceMode inference;
        std::vector<at::Tensor> rows;
        for (std::size_t at = 0; at < ids.size(); at += places) {
            const auto begin = ids.begin() + static_cast<std::ptrdiff_t>(at);
            rows.push_back(pooled({begin, begin + config_.positions}, stop));
        }
        return unitLength(applyLinear(text_projection_, at::cat(rows, 0)));
    });
}

// Attention looks back only, so what stands behind the pooled place need not run.
at::Tensor TextTower::pooled(const std::vector<std::int64_t>& window,
                             const std::stop_token& stop) const {
    const auto end = static_cast<std::int64_t>(endOf(window, config_.eos_id));
    const at::Tensor ids =
        at::tensor(window, at::kLong).narrow(0, 0, end + 1).to(token_embedding_.device());
    at::Tensor x =
        token_embedding_.index_select(0, ids) + position_embedding_.narrow(0, 0, end + 1);
    for (const ClipLayer& layer : layers_) {
        throwIfStopped(stop);
        const at::Tensor y = layerNorm(layer.norm1, x, config_.layer_norm_eps);
        const auto heads = [&](const Linear& part) {
            return splitHeads(applyLinear(part, y), config_.heads).unsqueeze(0);
        };
        constexpr bool kIsCausal = true;
        const at::Tensor mixed = at::scaled_dot_product_attention(
            heads(layer.q), heads(layer.k), heads(layer.v), {}, 0.0, kIsCausal);
        x = x + applyLinear(layer.out, joinHeads(mixed.squeeze(0)));
        x = clipFeedForward(layer, config_.activation, config_.layer_norm_eps, x);
    }
    return layerNorm(final_norm_, x.narrow(0, end, 1), config_.layer_norm_eps);
}

}  // namespace prunescope
