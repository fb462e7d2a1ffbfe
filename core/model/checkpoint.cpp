#include "core/model/checkpoint.h"

#include "core/base/error.h"
#include "core/base/file.h"
#include "core/base/hash.h"
#include "core/base/json.h"
#include "core/base/text.h"

#include <algorithm>
#include <set>
#include <utility>

namespace prunescope {

namespace {

namespace fs = std::filesystem;
using Json = nlohmann::json;

constexpr std::size_t kMaxShards = 4096;

[[noreturn]] void fail(const std::string& message, const std::string& hint = {}) {
    throw Error(ErrorCode::Model, message, hint);
}

bool take(std::string_view& text, std::string_view prefix) {
    if (!text.starts_with(prefix)) {
        return false;
    }
    text.remove_prefix(prefix.size());
    return true;
}

/// A shard is named plainly and lies in the folder; its entry may be a symbolic link.
void checkShardName(const std::string& name) {
    const bool is_plain = name.find('/') == std::string::npos &&
                          name.find('\\') == std::string::npos &&
                          name.find('\0') == std::string::npos && name != ".." && name != ".";
    if (!is_plain || !name.ends_with(".safetensors")) {
        fail("model.safetensors.index.json names the file " + inQuotes(name) +
             "; only plain names that end in .safetensors are opened");
    }
}

struct Index {
    std::map<std::string, std::string> shard_of_tensor;
    std::set<std::string> shards;
};

Index readIndex(const fs::path& path) {
    constexpr std::uint64_t kMaxBytes = 32u << 20;
    constexpr std::ptrdiff_t kMaxObjects = 1000;
    const std::vector<std::uint8_t> bytes = readFile(path, kMaxBytes, ErrorCode::Model);
    // Told before parsing: the parser's time grows with the square of the objects in an object.
    if (std::count(bytes.begin(), bytes.end(), std::uint8_t{'{'}) > kMaxObjects) {
        fail("model.safetensors.index.json holds objects where file names are expected");
    }
    const std::string_view text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
    const Json json = parseJson(text,
                                "model.safetensors.index.json",
                                ErrorCode::Model,
                                {.max_bytes = kMaxBytes, .max_depth = 8});
    const auto map = json.is_object() ? json.find("weight_map") : json.end();
    if (!json.is_object() || map == json.end() || !map->is_object() || map->empty()) {
        fail("model.safetensors.index.json has no weight_map");
    }
    Index index;
    for (const auto& item : map->items()) {
        if (!item.value().is_string()) {
            fail("model.safetensors.index.json: the file of " + inQuotes(item.key()) +
                 " is not text");
        }
        const std::string shard = item.value().get<std::string>();
        checkShardName(shard);
        index.shard_of_tensor.emplace(item.key(), shard);
        index.shards.insert(shard);
        if (index.shards.size() > kMaxShards) {
            fail("model.safetensors.index.json names more than " + std::to_string(kMaxShards) +
                 " files");
        }
    }
    return index;
}

/// Collects tensors by canonical name and notes which spelling they had.
class Collector {
public:
    Collector(Checkpoint& into, NameReader names) : into_(into), names_(names) {}

    void add(const std::string& raw,
             const StoredTensor& stored,
             const std::shared_ptr<const SafetensorsFile>& file) {
        const std::optional<CanonicalName> canonical = names_(raw);
        if (!canonical) {
            unknown_.push_back(raw);
            into_.ignored.push_back(raw);
            return;
        }
        if (canonical->is_buffer) {
            into_.ignored.push_back(raw);
            return;
        }
        const auto [it, is_new] =
            into_.tensors.emplace(canonical->name, TensorSource{raw, file, stored});
        if (!is_new) {
            fail("The weights hold " + inQuotes(canonical->name) + " twice, as " +
                 inQuotes(it->second.raw_name) + " and as " + inQuotes(raw));
        }
        if (canonical->layout != ' ') {
            layouts_.insert(canonical->layout);
        }
        into_.parameters += stored.elements();
        bytes_of_dtype_[stored.dtype] += stored.end - stored.begin;
    }

    void finish() {
        into_.naming = layouts_.contains('C')   ? "C (flattened tower)"
                       : layouts_.contains('B') ? "B (module)"
                                                : "A (hub)";
        // A flattened tower stands beside either spelling of the rest.
        if (layouts_.contains('A') && layouts_.contains('B')) {
            into_.warnings.push_back("The weights mix several spellings of tensor names.");
        }
        if (!unknown_.empty()) {
            into_.warnings.push_back(std::to_string(unknown_.size()) +
                                     (unknown_.size() == 1 ? " tensor has" : " tensors have") +
                                     " a name we do not know, such as " +
                                     inQuotes(unknown_.front()) + ".");
        }
        const auto most = std::max_element(
            bytes_of_dtype_.begin(), bytes_of_dtype_.end(), [](const auto& a, const auto& b) {
                return a.second < b.second;
            });
        if (most == bytes_of_dtype_.end()) {
            fail("The weight files hold no tensor whose name is known");
        }
        into_.main_dtype = shortName(most->first);
        into_.stored_dtype = bytes_of_dtype_.size() == 1 ? into_.main_dtype : "mixed";
    }

private:
    static std::string shortName(const std::string& dtype) {
        return dtype == "F32"    ? "fp32"
               : dtype == "F16"  ? "fp16"
               : dtype == "BF16" ? "bf16"
               : dtype == "F64"  ? "fp64"
                                 : dtype;
    }

    Checkpoint& into_;
    NameReader names_;
    std::vector<std::string> unknown_;
    std::set<char> layouts_;
    std::map<std::string, std::uint64_t> bytes_of_dtype_;
};

void openShards(const fs::path& model_dir,
                const Index& index,
                NameReader names,
                Checkpoint& result) {
    Collector collector(result, names);
    Hasher hasher;
    std::set<std::string> seen;
    std::size_t n_unlisted = 0;
    for (const std::string& shard : index.shards) {
        const auto file = SafetensorsFile::open(model_dir / shard);
        hasher.add(file->headerHash());
        result.file_bytes += file->fileBytes();
        for (const auto& [raw, stored] : file->tensors()) {
            const auto listed = index.shard_of_tensor.find(raw);
            if (!seen.insert(raw).second) {
                fail("The tensor " + inQuotes(raw) + " is in two weight files");
            }
            if (listed == index.shard_of_tensor.end()) {
                ++n_unlisted;
            } else if (listed->second != shard) {
                fail("The index looks for " + inQuotes(raw) + " in " + inQuotes(listed->second) +
                     "; it is in " + inQuotes(shard));
            }
            collector.add(raw, stored, file);
        }
    }
    for (const auto& [raw, shard] : index.shard_of_tensor) {
        if (!seen.contains(raw)) {
            fail("The index promises " + inQuotes(raw) + " in " + inQuotes(shard) +
                 ", which does not hold it");
        }
    }
    if (n_unlisted > 0) {
        result.warnings.push_back(std::to_string(n_unlisted) +
                                  " tensors in the weight files are not in the index.");
    }
    collector.finish();
    result.header_hash = hasher.value();
    result.shards = static_cast<int>(index.shards.size());
}

void openSingle(const fs::path& path, NameReader names, Checkpoint& result) {
    const auto file = SafetensorsFile::open(path);
    Collector collector(result, names);
    for (const auto& [raw, stored] : file->tensors()) {
        collector.add(raw, stored, file);
    }
    collector.finish();
    result.header_hash = file->headerHash();
    result.file_bytes = file->fileBytes();
    result.shards = 1;
}

std::string shapeText(const std::vector<std::int64_t>& shape) {
    std::vector<std::string> parts;
    for (const std::int64_t extent : shape) {
        parts.push_back(std::to_string(extent));
    }
    return "[" + join(parts, ", ") + "]";
}

void addVision(const VlmConfig& config, std::vector<ExpectedTensor>& out) {
    const VisionConfig& v = config.vision;
    const std::int64_t d = v.hidden_size;
    const std::int64_t n = std::int64_t{v.gridSide()} * v.gridSide();
    out.push_back({"vision.embeddings.class_embedding", {d}});
    out.push_back(
        {"vision.embeddings.patch_embedding.weight", {d, v.channels, v.patch_size, v.patch_size}});
    out.push_back({"vision.embeddings.position_embedding.weight", {n + 1, d}});
    out.push_back({"vision.pre_layrnorm.weight", {d}});
    out.push_back({"vision.pre_layrnorm.bias", {d}});
    for (int l = 0; l <= config.lastLayer(); ++l) {
        const std::vector<ExpectedTensor> layer = encoderLayerTensors(v, l);
        out.insert(out.end(), layer.begin(), layer.end());
    }
}

void addLinear(const std::string& name,
               std::int64_t out_width,
               std::int64_t in_width,
               bool has_bias,
               std::vector<ExpectedTensor>& out) {
    out.push_back({name + ".weight", {out_width, in_width}});
    if (has_bias) {
        out.push_back({name + ".bias", {out_width}});
    }
}

void addText(const TextConfig& t, std::vector<ExpectedTensor>& out) {
    const std::int64_t h = t.hidden_size;
    const std::int64_t i = t.intermediate_size;
    const std::int64_t q = std::int64_t{t.heads} * t.head_dim;
    const std::int64_t kv = std::int64_t{t.kv_heads} * t.head_dim;
    out.push_back({"lm.embed_tokens.weight", {t.vocab_size, h}});
    for (int l = 0; l < t.layers; ++l) {
        const std::string layer = "lm.layers." + std::to_string(l) + ".";
        out.push_back({layer + "input_layernorm.weight", {h}});
        out.push_back({layer + "post_attention_layernorm.weight", {h}});
        addLinear(layer + "self_attn.q_proj", q, h, t.qkv_bias, out);
        addLinear(layer + "self_attn.k_proj", kv, h, t.qkv_bias, out);
        addLinear(layer + "self_attn.v_proj", kv, h, t.qkv_bias, out);
        addLinear(layer + "self_attn.o_proj", h, q, t.o_bias, out);
        addLinear(layer + "mlp.gate_proj", i, h, t.mlp_bias, out);
        addLinear(layer + "mlp.up_proj", i, h, t.mlp_bias, out);
        addLinear(layer + "mlp.down_proj", h, i, t.mlp_bias, out);
    }
    out.push_back({"lm.norm.weight", {h}});
}

}  // namespace

std::optional<CanonicalName> canonicalName(std::string_view raw) {
    CanonicalName result;
    if (raw.ends_with(".rotary_emb.inv_freq") || raw.ends_with(".position_ids")) {
        result.is_buffer = true;
        return result;
    }
    std::string_view rest = raw;
    const bool is_module = take(rest, "model.");
    if (take(rest, "language_model.model.")) {
        return CanonicalName{"lm." + std::string(rest), 'A'};
    }
    if (take(rest, "language_model.lm_head.")) {
        return CanonicalName{"lm_head." + std::string(rest), 'A'};
    }
    if (raw.starts_with("lm_head.")) {
        return CanonicalName{std::string(raw), ' '};
    }
    if (take(rest, "language_model.")) {
        return CanonicalName{"lm." + std::string(rest), 'B'};
    }
    if (take(rest, "vision_tower.")) {
        take(rest, "vision_tower.");
        const bool has_inner = take(rest, "vision_model.");
        if (rest.starts_with("head.")) {
            result.is_buffer = true;
            return result;
        }
        const char layout = !has_inner ? 'C' : is_module ? 'B' : 'A';
        return CanonicalName{"vision." + std::string(rest), layout};
    }
    if (take(rest, "multi_modal_projector.")) {
        return CanonicalName{"proj." + std::string(rest), is_module ? 'B' : 'A'};
    }
    if (rest == "image_newline") {
        return CanonicalName{"image_newline", ' '};
    }
    return std::nullopt;
}

Checkpoint openCheckpoint(const fs::path& model_dir, NameReader names) {
    Checkpoint result;
    const fs::path index = model_dir / "model.safetensors.index.json";
    const fs::path single = model_dir / "model.safetensors";
    if (fs::exists(index)) {
        openShards(model_dir, readIndex(index), names, result);
    } else if (fs::exists(single)) {
        openSingle(single, names, result);
    } else if (fs::exists(model_dir / "pytorch_model.bin") ||
               fs::exists(model_dir / "pytorch_model.bin.index.json")) {
        fail(
            "The folder has its weights as pytorch_model.bin only, which is never opened: such "
            "a file can run code.",
            "Get the model with safetensors weights.");
    } else {
        fail("The folder has no model.safetensors and no model.safetensors.index.json.",
             "The download may be incomplete.");
    }
    return result;
}

std::vector<ExpectedTensor> clipLayerTensors(const std::string& name,
                                             std::int64_t width,
                                             std::int64_t inner_width) {
    std::vector<ExpectedTensor> out;
    for (const char* norm : {"layer_norm1", "layer_norm2"}) {
        out.push_back({name + "." + norm + ".weight", {width}});
        out.push_back({name + "." + norm + ".bias", {width}});
    }
    for (const char* part : {"q_proj", "k_proj", "v_proj", "out_proj"}) {
        out.push_back({name + ".self_attn." + part + ".weight", {width, width}});
        out.push_back({name + ".self_attn." + part + ".bias", {width}});
    }
    out.push_back({name + ".mlp.fc1.weight", {inner_width, width}});
    out.push_back({name + ".mlp.fc1.bias", {inner_width}});
    out.push_back({name + ".mlp.fc2.weight", {width, inner_width}});
    out.push_back({name + ".mlp.fc2.bias", {width}});
    return out;
}

std::vector<ExpectedTensor> encoderLayerTensors(const VisionConfig& config, int layer) {
    return clipLayerTensors("vision.encoder.layers." + std::to_string(layer),
                            config.hidden_size,
                            config.intermediate_size);
}

std::vector<ExpectedTensor> expectedTensors(const VlmConfig& config, bool has_own_head) {
    std::vector<ExpectedTensor> out;
    addVision(config, out);
    const auto in_width =
        static_cast<std::int64_t>(config.feature_layers.size()) * config.vision.hidden_size;
    const std::int64_t h = config.text.hidden_size;
    addLinear("proj.linear_1", h, in_width, config.projector_bias, out);
    addLinear("proj.linear_2", h, h, config.projector_bias, out);
    addText(config.text, out);
    if (has_own_head) {
        out.push_back({"lm_head.weight", {config.text.vocab_size, h}});
    }
    return out;
}

std::vector<ExpectedTensor> nextLayerTensors(const VlmConfig& config,
                                             const Checkpoint& checkpoint) {
    const int next = config.lastLayer() + 1;
    const std::int64_t d = config.vision.hidden_size;
    const std::string layer = "vision.encoder.layers." + std::to_string(next) + ".";
    std::vector<ExpectedTensor> out{{layer + "layer_norm1.weight", {d}},
                                    {layer + "layer_norm1.bias", {d}}};
    for (const char* part : {"q_proj", "k_proj"}) {
        out.push_back({layer + "self_attn." + part + ".weight", {d, d}});
        out.push_back({layer + "self_attn." + part + ".bias", {d}});
    }
    const bool is_complete = std::all_of(out.begin(), out.end(), [&](const ExpectedTensor& want) {
        return checkpoint.tensors.contains(want.name);
    });
    return next < config.vision.layers && is_complete ? out : std::vector<ExpectedTensor>();
}

bool hasOwnHead(const VlmConfig& config, Checkpoint& checkpoint) {
    const bool is_stored = checkpoint.tensors.contains("lm_head.weight");
    if (config.tied_head) {
        return false;
    }
    if (is_stored) {
        return true;
    }
    if (config.says_tied) {
        fail(
            "The weights have no lm_head.weight, and config.json says that the head is not tied "
            "to the embeddings.");
    }
    checkpoint.warnings.push_back(
        "The weights have no lm_head.weight; the embeddings serve as head.");
    return false;
}

void checkTensors(const std::vector<ExpectedTensor>& expected, Checkpoint& checkpoint) {
    std::set<std::string> needed;
    std::string first;
    std::size_t n_wrong = 0;
    const auto note = [&](const std::string& text) { first = n_wrong++ == 0 ? text : first; };
    for (const ExpectedTensor& want : expected) {
        needed.insert(want.name);
        const auto found = checkpoint.tensors.find(want.name);
        if (found == checkpoint.tensors.end()) {
            note("The weights have no " + want.name);
            continue;
        }
        const StoredTensor& stored = found->second.stored;
        if (stored.shape != want.shape) {
            note(found->second.raw_name + " has the shape " + shapeText(stored.shape) +
                 "; config.json asks for " + shapeText(want.shape));
        } else if (stored.dtype != "F32" && stored.dtype != "F16" && stored.dtype != "BF16" &&
                   stored.dtype != "F64") {
            note(found->second.raw_name + " has the dtype " + stored.dtype +
                 "; F32, F16, BF16 and F64 are run");
        }
    }
    if (n_wrong > 0) {
        fail(first + (n_wrong > 1 ? " (and " + std::to_string(n_wrong - 1) + " more)" : "") + ".");
    }
    for (const auto& [name, source] : checkpoint.tensors) {
        if (!needed.contains(name)) {
            checkpoint.ignored.push_back(source.raw_name);
        }
    }
}

}  // namespace prunescope
