#pragma once

#include "core/model/checkpoint.h"
#include "core/model/config.h"

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string_view>
#include <vector>

#include <nlohmann/json_fwd.hpp>

namespace prunescope {

/// A CLIP's text tower; the defaults are those of Hugging Face's CLIPTextConfig.
struct ClipTextConfig {
    int hidden_size = 512;
    int intermediate_size = 2048;
    int layers = 12;
    int heads = 8;
    int vocab_size = 49408;
    int positions = 77;
    Activation activation = Activation::QuickGelu;
    double layer_norm_eps = 1e-5;
    /// Where this id stands first, the text is pooled. 2 is what early configs say whatever the
    /// tokenizer's is: then it is the largest id.
    std::int64_t eos_id = 49407;
};

/// config.json of a `clip` folder with every default filled in.
struct ClipConfig {
    ClipTextConfig text;
    VisionConfig vision;
    int projection = 512;  ///< width of the space that patches and texts share
};

/// @throws Error(Model) one sentence on what is missing, out of range or not run here
ClipConfig parseClipConfig(const nlohmann::json& config);

/// Folders that may hold the CLIP a model's vision tower comes from, best first: `clip` inside the
/// model's folder, then those beside it (in a Hugging Face cache: the snapshots of the other
/// repositories), by name. Only those whose config.json describes this vision tower; at most 256
/// folders are looked at. Never throws.
std::vector<std::filesystem::path> clipFoldersFor(const std::filesystem::path& model_dir,
                                                  const VisionConfig& vision);

/// Of a CLIP's tensors: "text.…", "vision.…", "text_projection.weight",
/// "visual_projection.weight".
std::optional<CanonicalName> canonicalClipName(std::string_view raw);

/// What comparing patches with a text needs: the text tower, the vision tower's last norm, both
/// projections, and one tensor that tells whose vision tower it is.
std::vector<ExpectedTensor> textTowerTensors(const ClipConfig& config);

}  // namespace prunescope
