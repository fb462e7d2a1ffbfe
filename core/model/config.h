#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include <nlohmann/json_fwd.hpp>

namespace prunescope {

enum class Activation { QuickGelu, Gelu, GeluTanh, Silu, Relu };

/// A CLIP vision tower; the defaults are those of Hugging Face's CLIPVisionConfig.
struct VisionConfig {
    int hidden_size = 768;
    int intermediate_size = 3072;
    int layers = 12;
    int heads = 12;
    int channels = 3;
    int image_size = 224;
    int patch_size = 32;
    Activation activation = Activation::QuickGelu;
    double layer_norm_eps = 1e-5;

    int gridSide() const { return image_size / patch_size; }
};

/// A Llama-like decoder; the defaults are those of LlamaConfig.
struct TextConfig {
    std::string model_type = "llama";  ///< "llama", "mistral", "qwen2"
    int hidden_size = 4096;
    int intermediate_size = 11008;
    int layers = 32;
    int heads = 32;
    int kv_heads = 32;
    int head_dim = 128;
    int vocab_size = 32000;
    int max_positions = 2048;
    Activation activation = Activation::Silu;
    double rms_norm_eps = 1e-6;
    double rope_theta = 10000.0;
    bool qkv_bias = false;
    bool o_bias = false;
    bool mlp_bias = false;
};

/// config.json of a `llava` folder with every default filled in.
struct VlmConfig {
    VisionConfig vision;
    TextConfig text;
    std::vector<int> feature_layers;  ///< entries of hidden_states: 0 after pre_layrnorm, l + 1
                                      ///< the output of layer l; in the order they are joined
    bool keeps_cls = false;           ///< select strategy "full"
    Activation projector_activation = Activation::Gelu;
    bool projector_bias = true;
    bool tied_head = false;
    bool says_tied = false;  ///< the file has a tie_word_embeddings at all
    std::int64_t image_token_id = 32000;
    std::vector<std::int64_t> stop_ids;  ///< generation_config.json, else the text model's

    /// S: the deepest layer whose output is selected, 0-based.
    int lastLayer() const;
};

/// @throws Error(Model) one sentence on what is missing, out of range or not run here
VlmConfig parseConfig(const nlohmann::json& config);

/// parseConfig of config.json, with the stop tokens of generation_config.json.
VlmConfig readConfig(const std::filesystem::path& model_dir);

}  // namespace prunescope
