#include "core/model/config.h"

#include "core/model/config_fields.h"

#include <algorithm>

namespace prunescope {

namespace {

using Json = nlohmann::json;

using Section = ConfigSection;
using Limits = ConfigLimits;

[[noreturn]] void fail(const std::string& message, const std::string& hint = {}) {
    refuseConfig(message, hint);
}

/// rope_theta and the refusal of every scaled RoPE: ignoring one would give plausible nonsense.
double parseRope(const Section& section) {
    double theta = section.real("rope_theta", 10000.0, 1.0, 1e12);
    for (const char* key : {"rope_parameters", "rope_scaling"}) {
        const Json rope = objectAt(section, key);
        const Section inner(rope, std::string("text_config.") + key + ".");
        const std::string type = inner.text("rope_type", inner.text("type", "default"));
        if (type != "default") {
            fail("The language model scales its positions by " + inQuotes(type) + " (" + key +
                 "), which is not run.");
        }
        if (inner.find("factor") != nullptr && inner.real("factor", 1.0, 0.0, 1e6) != 1.0) {
            fail(inner.path("factor") + " scales positions, which is not run");
        }
        if (inner.real("partial_rotary_factor", 1.0, 0.0, 1.0) != 1.0) {
            fail(inner.path("partial_rotary_factor") + " is not 1, which is not run");
        }
        theta = inner.real("rope_theta", theta, 1.0, 1e12);
    }
    return theta;
}

/// Attention within a window is the same as without as long as no sequence is longer.
int usablePositions(const Section& section, const std::string& type, int max_positions) {
    const bool is_mistral = type == "mistral";
    const bool is_windowed =
        is_mistral || (type == "qwen2" && section.flag("use_sliding_window", false));
    if (!is_windowed) {
        return max_positions;
    }
    const Json* window = section.find("sliding_window");
    // Only an absent key means the default; null means no window.
    if (window == nullptr) {
        return max_positions;
    }
    return std::min(max_positions,
                    section.integer("sliding_window", max_positions, 1, Limits::kPositions));
}

TextConfig parseText(const Json& values) {
    const Section section(values, "text_config.");
    TextConfig text;
    text.model_type = section.text("model_type", "llama");
    const bool is_mistral = text.model_type == "mistral";
    const bool is_qwen = text.model_type == "qwen2";
    if (!is_mistral && !is_qwen && text.model_type != "llama") {
        fail("The language model is " + inQuotes(text.model_type) +
             "; llama, mistral and qwen2 are run.");
    }
    section.refuse("quantization_config", "quantised weights are not run");
    text.hidden_size = section.integer("hidden_size", 4096, 1, Limits::kWidth);
    text.intermediate_size = section.integer("intermediate_size",
                                             is_mistral ? 14336
                                             : is_qwen  ? 22016
                                                        : 11008,
                                             1,
                                             1 << 20);
    text.layers = section.integer("num_hidden_layers", 32, 1, Limits::kLayers);
    text.heads = section.integer("num_attention_heads", 32, 1, Limits::kHeads);
    const int kv_default = is_mistral ? 8 : is_qwen ? 32 : text.heads;
    text.kv_heads = section.integer("num_key_value_heads", kv_default, 1, Limits::kHeads);
    if (section.find("head_dim") == nullptr && text.hidden_size % text.heads != 0) {
        fail(section.path("hidden_size") + " " + std::to_string(text.hidden_size) +
             " cannot be divided among " + std::to_string(text.heads) + " heads");
    }
    text.head_dim = section.integer("head_dim", text.hidden_size / text.heads, 1, 4096);
    text.vocab_size =
        section.integer("vocab_size", is_qwen ? 151936 : 32000, 1, Limits::kVocabulary);
    const int max_positions = section.integer("max_position_embeddings",
                                              is_mistral ? 131072
                                              : is_qwen  ? 32768
                                                         : 2048,
                                              1,
                                              Limits::kPositions);
    text.max_positions = max_positions;
    if (is_mistral && !values.contains("sliding_window")) {
        text.max_positions = std::min(max_positions, 4096);
    } else {
        text.max_positions = usablePositions(section, text.model_type, max_positions);
    }
    text.activation = section.activation("hidden_act", "silu");
    text.rms_norm_eps = section.real("rms_norm_eps", 1e-6, 0.0, 1.0);
    text.rope_theta = parseRope(section);
    const bool attention_bias = text.model_type == "llama" && section.flag("attention_bias", false);
    text.qkv_bias = is_qwen || attention_bias;
    text.o_bias = attention_bias;
    text.mlp_bias = text.model_type == "llama" && section.flag("mlp_bias", false);
    if (text.heads % text.kv_heads != 0) {
        fail(section.path("num_key_value_heads") + " " + std::to_string(text.kv_heads) +
             " does not divide the " + std::to_string(text.heads) + " heads");
    }
    if (text.head_dim % 2 != 0) {
        fail(section.path("head_dim") + " " + std::to_string(text.head_dim) +
             " is odd; rotary positions need pairs");
    }
    return text;
}

/// vision_feature_layer, an int or a list, as entries 0..layers of hidden_states.
std::vector<int> parseFeatureLayers(const Section& section, int layers) {
    const Json* value = section.find("vision_feature_layer");
    Json list = value == nullptr ? Json(-2) : *value;
    if (!list.is_array()) {
        list = Json::array({list});
    }
    if (list.empty() || list.size() > 64) {
        fail(section.path("vision_feature_layer") + " must name 1 to 64 layers");
    }
    std::vector<int> entries;
    for (const Json& entry : list) {
        const Json wrapped{{"vision_feature_layer", entry}};
        const int index =
            Section(wrapped, "").integer("vision_feature_layer", -2, -layers - 1, layers);
        entries.push_back(index < 0 ? index + layers + 1 : index);
    }
    if (*std::max_element(entries.begin(), entries.end()) < 1) {
        fail(section.path("vision_feature_layer") + " selects the output of no layer");
    }
    return entries;
}

/// eos_token_id: an int or a list.
std::vector<std::int64_t> stopIds(const Section& section) {
    std::vector<std::int64_t> ids;
    const Json* value = section.find("eos_token_id");
    if (value == nullptr) {
        return ids;
    }
    const Json list = value->is_array() ? *value : Json::array({*value});
    for (const Json& entry : list) {
        const Json wrapped{{"eos_token_id", entry}};
        ids.push_back(Section(wrapped, "").integer("eos_token_id", 2, 0, Limits::kVocabulary));
    }
    return ids;
}

void checkArchitecture(const Section& top) {
    const std::string type = top.text("model_type", "");
    if (type != "llava") {
        fail("The folder holds a model of type " + inQuotes(type) + "; only \"llava\" is run.",
             "Open a LLaVA-1.5 model, such as llava-hf/llava-1.5-7b-hf.");
    }
    top.refuse("quantization_config", "quantised weights are not run; open the original model");
}

}  // namespace

VisionConfig parseVisionConfig(const Json& values) {
    const Section section(values, "vision_config.");
    const std::string type = section.text("model_type", "clip_vision_model");
    if (type.find("siglip") != std::string::npos) {
        fail("The vision tower is " + inQuotes(type) + ", which is not run yet.",
             "Open a model with a CLIP tower, such as llava-hf/llava-1.5-7b-hf.");
    }
    if (type != "clip_vision_model") {
        fail("The vision tower is " + inQuotes(type) + "; only clip_vision_model is run.",
             "Open a model with a CLIP tower, such as llava-hf/llava-1.5-7b-hf.");
    }
    section.refuse("quantization_config", "quantised weights are not run");
    VisionConfig vision;
    vision.hidden_size = section.integer("hidden_size", 768, 1, Limits::kWidth);
    vision.intermediate_size = section.integer("intermediate_size", 3072, 1, Limits::kWidth);
    vision.layers = section.integer("num_hidden_layers", 12, 1, Limits::kLayers);
    vision.heads = section.integer("num_attention_heads", 12, 1, Limits::kHeads);
    vision.channels = section.integer("num_channels", 3, 3, 3);
    vision.image_size = section.integer("image_size", 224, 1, Limits::kImage);
    vision.patch_size = section.integer("patch_size", 32, 1, Limits::kImage);
    vision.activation = section.activation("hidden_act", "quick_gelu");
    vision.layer_norm_eps = section.real("layer_norm_eps", 1e-5, 0.0, 1.0);
    if (vision.hidden_size % vision.heads != 0) {
        fail(section.path("hidden_size") + " " + std::to_string(vision.hidden_size) +
             " cannot be divided among " + std::to_string(vision.heads) + " heads");
    }
    if (vision.patch_size > vision.image_size) {
        fail(section.path("patch_size") + " " + std::to_string(vision.patch_size) +
             " is larger than the image, " + std::to_string(vision.image_size));
    }
    if (vision.gridSide() * vision.gridSide() > Limits::kPatches) {
        fail("config.json: a view would have " +
             std::to_string(vision.gridSide() * vision.gridSide()) + " patches; at most " +
             std::to_string(Limits::kPatches) + " are run");
    }
    return vision;
}

int VlmConfig::lastLayer() const {
    return *std::max_element(feature_layers.begin(), feature_layers.end()) - 1;
}

VlmConfig parseConfig(const Json& config) {
    if (!config.is_object()) {
        fail("config.json must hold an object");
    }
    const Section top(config, "");
    checkArchitecture(top);
    VlmConfig result;
    const Json vision = top.find("vision_config") != nullptr ? objectAt(top, "vision_config")
                                                             : Json{{"hidden_size", 1024},
                                                                    {"intermediate_size", 4096},
                                                                    {"num_hidden_layers", 24},
                                                                    {"num_attention_heads", 16},
                                                                    {"image_size", 336},
                                                                    {"patch_size", 14}};
    const Json text = objectAt(top, "text_config");
    result.vision = parseVisionConfig(vision);
    result.text = parseText(text);
    result.feature_layers = parseFeatureLayers(top, result.vision.layers);
    const std::string strategy = top.text("vision_feature_select_strategy", "default");
    if (strategy != "default" && strategy != "full") {
        fail("config.json: vision_feature_select_strategy is " + inQuotes(strategy) +
             "; \"default\" and \"full\" are known");
    }
    result.keeps_cls = strategy == "full";
    result.projector_activation = top.activation("projector_hidden_act", "gelu");
    result.projector_bias = top.flag("multimodal_projector_bias", true);
    const Section text_section(text, "text_config.");
    result.tied_head =
        top.flag("tie_word_embeddings", false) || text_section.flag("tie_word_embeddings", false);
    result.says_tied = top.find("tie_word_embeddings") != nullptr ||
                       text_section.find("tie_word_embeddings") != nullptr;
    const char* image_key =
        top.find("image_token_index") != nullptr ? "image_token_index" : "image_token_id";
    result.image_token_id = top.integer(image_key, 32000, 0, Limits::kVocabulary);
    result.stop_ids = stopIds(text_section);
    if (result.stop_ids.empty()) {
        result.stop_ids = {result.text.model_type == "qwen2" ? 151645 : 2};
    }
    return result;
}

VlmConfig readConfig(const std::filesystem::path& model_dir) {
    VlmConfig config = parseConfig(readJsonFile(model_dir / "config.json"));
    const std::filesystem::path generation = model_dir / "generation_config.json";
    if (std::filesystem::exists(generation)) {
        const Json values = readJsonFile(generation);
        if (values.is_object()) {
            const std::vector<std::int64_t> ids = stopIds(Section(values, ""));
            if (!ids.empty()) {
                config.stop_ids = ids;
            }
        }
    }
    return config;
}

}  // namespace prunescope
