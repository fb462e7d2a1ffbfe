#pragma once

#include "core/model/clip_checkpoint.h"
#include "core/model/clip_layer.h"
#include "core/model/placement.h"
#include "core/text/tokenizer.h"

#include <filesystem>
#include <memory>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include <ATen/core/Tensor.h>

namespace prunescope {

/// The text side of the CLIP that a model's vision tower comes from, and the way into the space
/// where CLIP compares patches with texts (methods.md 3.6 step 2).
class TextTower {
public:
    /// Reads a Hugging Face `clip` folder: config.json, safetensors, tokenizer.json.
    /// @param model    the model that has the vision tower
    /// @param weights  its weights
    /// @throws Error(Model) also where the vision tower is another one; Error(OutOfMemory),
    ///         Cancelled
    static std::unique_ptr<const TextTower> load(const std::filesystem::path& directory,
                                                 const VlmConfig& model,
                                                 const WeightMap& weights,
                                                 const Placement& placement,
                                                 const std::stop_token& stop);

    /// Patches: norm after the tower, then the visual projection.
    /// @param features  [m, D * layers] what the projector reads; of several layers the deepest
    ///                  counts
    /// @return          float32 [m, P] rows of length 1
    at::Tensor patches(const at::Tensor& features) const;

    /// A text in windows of as many tokens as the tower has places, the last filled up with zeros.
    /// Each is pooled where it ends.
    /// @return float32 [windows, P] rows of length 1
    at::Tensor question(std::string_view text, const std::stop_token& stop) const;

    /// The folder's name and a hash of its config and weight headers.
    const std::string& name() const { return name_; }

    std::uint64_t bytes() const { return bytes_; }

private:
    TextTower(const ClipConfig& config, const VlmConfig& model, const WeightMap& weights);

    at::Tensor pooled(const std::vector<std::int64_t>& window, const std::stop_token& stop) const;

    std::string name_;
    std::uint64_t bytes_;
    ClipTextConfig config_;
    double vision_eps_;
    std::int64_t vision_width_;
    std::int64_t vision_start_;  // of the deepest layer's columns in features
    std::shared_ptr<const Tokenizer> tokenizer_;
    at::Tensor token_embedding_;     // [V, D]
    at::Tensor position_embedding_;  // [T, D]
    std::vector<ClipLayer> layers_;
    Norm final_norm_;
    Linear text_projection_;
    Norm vision_norm_;
    Linear visual_projection_;
};

}  // namespace prunescope
