#pragma once

#include "core/model/config.h"
#include "core/model/safetensors.h"

#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace prunescope {

/// What a raw tensor name on disk means to us.
struct CanonicalName {
    std::string name;        ///< "lm.layers.0.…", "lm_head.…", "vision.…", "proj.…"
    char layout = ' ';       ///< 'A', 'B', 'C', or ' ' when the name tells nothing
    bool is_buffer = false;  ///< holds no weight: dropped without a word
};

/// Normalises the spellings A (hub), B (module) and C (flattened tower); checkpoints.md 1.3.
/// @return nothing for a name we do not know
std::optional<CanonicalName> canonicalName(std::string_view raw);

/// A tensor's place on disk.
struct TensorSource {
    std::string raw_name;
    std::shared_ptr<const SafetensorsFile> file;
    StoredTensor stored;
};

/// The weight files of a folder, opened and their names understood; no weights read yet.
struct Checkpoint {
    std::map<std::string, TensorSource> tensors;  ///< by canonical name
    std::vector<std::string> ignored;             ///< raw names that are buffers or unknown
    std::vector<std::string> warnings;
    std::string naming;        ///< "A (hub)", "B (module)", "C (flattened tower)"
    std::string stored_dtype;  ///< "fp32", "bf16", "fp16", "fp64" or "mixed"
    std::string main_dtype;    ///< the dtype most bytes have
    std::uint64_t header_hash = 0;
    std::uint64_t file_bytes = 0;
    std::uint64_t parameters = 0;  ///< elements of all tensors in `tensors`
    int shards = 0;
};

/// How the names of a kind of model are understood.
using NameReader = std::optional<CanonicalName> (*)(std::string_view raw);

/// Opens model.safetensors, or the shards that model.safetensors.index.json names.
/// @throws Error(Model): no weights, pickled weights only, a broken file or index, two names for
///         one tensor
Checkpoint openCheckpoint(const std::filesystem::path& model_dir,
                          NameReader names = &canonicalName);

/// A tensor that the model needs, with the exact shape config.json implies.
struct ExpectedTensor {
    std::string name;  ///< canonical
    std::vector<std::int64_t> shape;
};

/// Everything the model reads: encoder layers up to S, no pooling, no tied head.
std::vector<ExpectedTensor> expectedTensors(const VlmConfig& config, bool has_own_head);

/// What PruMerge reads of the layer after S: its norm, queries and keys. Empty where S is the last
/// layer or the checkpoint lacks any of it; the model runs without.
std::vector<ExpectedTensor> nextLayerTensors(const VlmConfig& config, const Checkpoint& checkpoint);

/// A layer of either of CLIP's towers. @param name  "vision.encoder.layers.0"
std::vector<ExpectedTensor> clipLayerTensors(const std::string& name,
                                             std::int64_t width,
                                             std::int64_t inner_width);

/// What encoder layer `layer` (0-based) reads: for layers after S, which a run does without.
std::vector<ExpectedTensor> encoderLayerTensors(const VisionConfig& config, int layer);

/// Whether the head is a tensor of its own. A tied model's stored head is not used.
/// @throws Error(Model) when config.json says the head is not tied and there is none
bool hasOwnHead(const VlmConfig& config, Checkpoint& checkpoint);

/// Compares what is there with what is needed; notes what is not used in `ignored`.
/// @throws Error(Model) that names the first missing tensor or wrong shape and counts the rest
void checkTensors(const std::vector<ExpectedTensor>& expected, Checkpoint& checkpoint);

}  // namespace prunescope
