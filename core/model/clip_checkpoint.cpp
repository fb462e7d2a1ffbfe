#include "core/model/clip_checkpoint.h"

#include "core/model/config_fields.h"
#include "core/model/discover.h"

#include <algorithm>
#include <exception>
#include <string>
#include <system_error>

namespace prunescope {

namespace {

namespace fs = std::filesystem;
using Json = nlohmann::json;
using Limits = ConfigLimits;

constexpr std::size_t kMaxFolders = 256;

/// `text_config`, and over it `text_config_dict` of older files, which their reader prefers.
Json objectOf(const ConfigSection& top, const char* key) {
    Json values = objectAt(top, key);
    values.update(objectAt(top, (std::string(key) + "_dict").c_str()));
    return values;
}

ClipTextConfig parseClipText(const Json& values) {
    const ConfigSection section(values, "text_config.");
    section.refuse("quantization_config", "quantised weights are not run");
    ClipTextConfig text;
    text.hidden_size = section.integer("hidden_size", 512, 1, Limits::kWidth);
    text.intermediate_size = section.integer("intermediate_size", 2048, 1, Limits::kWidth);
    text.layers = section.integer("num_hidden_layers", 12, 1, Limits::kLayers);
    text.heads = section.integer("num_attention_heads", 8, 1, Limits::kHeads);
    text.vocab_size = section.integer("vocab_size", 49408, 1, Limits::kVocabulary);
    text.positions = section.integer("max_position_embeddings", 77, 1, Limits::kPatches);
    text.activation = section.activation("hidden_act", "quick_gelu");
    text.layer_norm_eps = section.real("layer_norm_eps", 1e-5, 0.0, 1.0);
    text.eos_id = section.integer("eos_token_id", 49407, 0, Limits::kVocabulary);
    if (text.hidden_size % text.heads != 0) {
        refuseConfig(section.path("hidden_size") + " " + std::to_string(text.hidden_size) +
                     " cannot be divided among " + std::to_string(text.heads) + " heads");
    }
    return text;
}

/// The folders beside a model, or the other snapshots of its Hugging Face cache.
std::vector<fs::path> foldersBeside(const fs::path& model_dir) {
    std::error_code error;
    fs::path model = fs::absolute(model_dir, error).lexically_normal();
    if (!model.has_filename()) {
        model = model.parent_path();
    }
    if (model.parent_path().filename() != "snapshots") {
        return foldersIn(model.parent_path());
    }
    std::vector<fs::path> result;
    for (const fs::path& repository : foldersIn(model.parent_path().parent_path().parent_path())) {
        const std::vector<fs::path> snapshots = foldersIn(repository / "snapshots");
        result.insert(result.end(), snapshots.begin(), snapshots.end());
    }
    return result;
}

bool isSameTower(const VisionConfig& a, const VisionConfig& b) {
    return a.hidden_size == b.hidden_size && a.intermediate_size == b.intermediate_size &&
           a.layers == b.layers && a.heads == b.heads && a.image_size == b.image_size &&
           a.patch_size == b.patch_size;
}

/// What cannot be read is not this model's CLIP.
bool describes(const fs::path& folder, const VisionConfig& vision) {
    try {
        const Json config = readJsonFile(folder / "config.json");
        return config.is_object() && config.value("model_type", Json()) == "clip" &&
               isSameTower(parseClipConfig(config).vision, vision);
    } catch (const std::exception&) {
        return false;
    }
}

}  // namespace

ClipConfig parseClipConfig(const Json& config) {
    if (!config.is_object()) {
        refuseConfig("config.json must hold an object");
    }
    const ConfigSection top(config, "");
    const std::string type = top.text("model_type", "");
    if (type != "clip") {
        refuseConfig("The folder holds a model of type " + inQuotes(type, 60) +
                         "; a text tower is read from \"clip\" only.",
                     "Choose the CLIP that the model's vision tower comes from, such as "
                     "openai/clip-vit-large-patch14-336.");
    }
    ClipConfig clip;
    clip.text = parseClipText(objectOf(top, "text_config"));
    clip.vision = parseVisionConfig(objectOf(top, "vision_config"));
    clip.projection = top.integer("projection_dim", 512, 1, Limits::kWidth);
    return clip;
}

std::vector<fs::path> clipFoldersFor(const fs::path& model_dir, const VisionConfig& vision) {
    std::vector<fs::path> folders{model_dir / "clip"};
    const std::vector<fs::path> beside = foldersBeside(model_dir);
    folders.insert(
        folders.end(),
        beside.begin(),
        beside.begin() + static_cast<std::ptrdiff_t>(std::min(beside.size(), kMaxFolders)));
    std::erase_if(folders, [&](const fs::path& folder) { return !describes(folder, vision); });
    return folders;
}

std::optional<CanonicalName> canonicalClipName(std::string_view raw) {
    if (raw.ends_with(".position_ids") || raw == "logit_scale") {
        CanonicalName buffer;
        buffer.is_buffer = true;
        return buffer;
    }
    if (raw == "text_projection.weight" || raw == "visual_projection.weight") {
        return CanonicalName{std::string(raw)};
    }
    for (const auto& [prefix, ours] :
         {std::pair<std::string_view, const char*>{"text_model.", "text."},
          {"vision_model.", "vision."}}) {
        if (raw.starts_with(prefix)) {
            return CanonicalName{ours + std::string(raw.substr(prefix.size()))};
        }
    }
    return std::nullopt;
}

std::vector<ExpectedTensor> textTowerTensors(const ClipConfig& config) {
    const std::int64_t d = config.text.hidden_size;
    const std::int64_t v = config.vision.hidden_size;
    std::vector<ExpectedTensor> out{
        {"text.embeddings.token_embedding.weight", {config.text.vocab_size, d}},
        {"text.embeddings.position_embedding.weight", {config.text.positions, d}},
        {"text.final_layer_norm.weight", {d}},
        {"text.final_layer_norm.bias", {d}},
        {"text_projection.weight", {config.projection, d}},
        {"vision.embeddings.class_embedding", {v}},
        {"vision.post_layernorm.weight", {v}},
        {"vision.post_layernorm.bias", {v}},
        {"visual_projection.weight", {config.projection, v}},
    };
    for (int l = 0; l < config.text.layers; ++l) {
        for (ExpectedTensor& tensor : clipLayerTensors(
                 "text.encoder.layers." + std::to_string(l), d, config.text.intermediate_size)) {
            out.push_back(std::move(tensor));
        }
    }
    return out;
}

}  // namespace prunescope
