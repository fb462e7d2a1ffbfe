// tokenizer.model through libsentencepiece, for folders without a tokenizer.json.
#include "core/base/file.h"
#include "core/base/json.h"
#include "core/text/bpe_model.h"
#include "core/text/json_fields.h"
#include "core/text/token_pipeline.h"

#include <limits>
#include <sentencepiece_processor.h>
#include <system_error>

namespace prunescope {

namespace {

using Json = nlohmann::json;

constexpr std::uint64_t kMaxModelBytes = 64u << 20;

class SentencePieceModel final : public SubwordModel {
public:
    sentencepiece::SentencePieceProcessor processor;

    void encode(std::string_view text, std::vector<std::int64_t>& ids) const override {
        std::vector<int> pieces;
        const auto status = processor.Encode({text.data(), text.size()}, &pieces);
        if (!status.ok()) {
            throw Error(ErrorCode::Failure, "The text cannot be tokenised: " + status.ToString());
        }
        ids.insert(ids.end(), pieces.begin(), pieces.end());
    }
};

std::unique_ptr<SentencePieceModel> loadModel(const std::filesystem::path& path) {
    const std::vector<std::uint8_t> bytes = readFile(path, kMaxModelBytes, ErrorCode::Model);
    std::string serialized(bytes.begin(), bytes.end());
    // normalizer_spec.add_dummy_prefix = false: repeated protobuf fields merge, the last one wins.
    // The library has no switch for it, and the prefix is ours to decide, segment by segment.
    serialized += std::string("\x1A\x02\x18\x00", 4);
    auto model = std::make_unique<SentencePieceModel>();
    const auto status = model->processor.LoadFromSerializedProto(serialized);
    if (!status.ok()) {
        refuseTokenizer("tokenizer.model is broken: " + status.ToString());
    }
    const int size = model->processor.GetPieceSize();
    if (size < 1 || size > kMaxVocabulary) {
        refuseTokenizer("tokenizer.model has " + std::to_string(size) + " pieces");
    }
    return model;
}

Json readOptional(const std::filesystem::path& path) {
    std::error_code ignored;
    if (!std::filesystem::exists(path, ignored)) {
        return Json::object();
    }
    Json root = readJsonFile(path, ErrorCode::Model, {.max_bytes = 16u << 20, .max_depth = 32});
    if (!root.is_object()) {
        refuseTokenizer(path.filename().string() + " holds no object");
    }
    return root;
}

void setToken(std::vector<AddedToken>& tokens, AddedToken token) {
    for (AddedToken& old : tokens) {
        if (old.id == token.id) {
            old = std::move(token);
            return;
        }
    }
    tokens.push_back(std::move(token));
}

/// "<s>" or {"content": "<s>", …}; empty when there is none.
std::string tokenName(const Json& config, const char* key) {
    const Json* value = fieldOf(config, key);
    if (value == nullptr) {
        return {};
    }
    return value->is_string() ? value->get<std::string>() : textField(*value, "content");
}

std::int64_t idFromKey(const std::string& key) {
    if (key.empty() || key.size() > 7 || key.find_first_not_of("0123456789") != std::string::npos) {
        refuseTokenizer("added_tokens_decoder has the id " + inQuotes(key, 40));
    }
    return std::stoll(key);
}

/// Control pieces of the model, then added_tokens.json, then added_tokens_decoder, which knows
/// more.
std::vector<AddedToken> collectAdded(const SentencePieceModel& model,
                                     const Json& config,
                                     const Json& added) {
    std::vector<AddedToken> tokens;
    for (int id = 0; id < model.processor.GetPieceSize(); ++id) {
        if (model.processor.IsControl(id) || model.processor.IsUnknown(id)) {
            AddedToken token;
            token.id = id;
            token.content = model.processor.IdToPiece(id);
            token.special = true;
            tokens.push_back(std::move(token));
        }
    }
    for (const auto& [content, id] : added.items()) {
        if (!id.is_number_integer() || id < 0 || id >= kMaxVocabulary) {
            refuseTokenizer("the id of " + inQuotes(content, 60) + " is out of range");
        }
        setToken(tokens, readAddedToken(Json{{"content", content}}, id.get<std::int64_t>()));
    }
    if (const Json* decoder = fieldOf(config, "added_tokens_decoder")) {
        for (const auto& [id, spec] : decoder->items()) {
            setToken(tokens, readAddedToken(spec, idFromKey(id)));
        }
    }
    for (const char* key : {"bos_token", "eos_token", "unk_token", "pad_token"}) {
        const std::string name = tokenName(config, key);
        for (AddedToken& token : tokens) {
            token.special = token.special || token.content == name;
        }
    }
    return tokens;
}

}  // namespace

TokenPipeline readSentencePiece(const std::filesystem::path& model_dir) {
    auto model = loadModel(model_dir / "tokenizer.model");
    const Json config = readOptional(model_dir / "tokenizer_config.json");
    const Json added = readOptional(model_dir / "added_tokens.json");
    const bool is_legacy = switchField(config, "legacy", true);

    TokenPipeline pipeline;
    for (int id = 0; id < model->processor.GetPieceSize(); ++id) {
        const std::string& piece = model->processor.IdToPiece(id);
        if (piece.size() > kMaxTokenBytes) {
            refuseTokenizer("tokenizer.model has a piece of " + std::to_string(piece.size()) +
                            " bytes");
        }
        pipeline.ids.emplace(piece, id);
    }
    pipeline.added = collectAdded(*model, config, added);
    pipeline.words =
        Metaspace{"▁", is_legacy ? PrependScheme::Always : PrependScheme::First, false};
    pipeline.decoder = Decoder::llama();
    if (switchField(config, "add_bos_token", true) && model->processor.bos_id() >= 0) {
        pipeline.prefix.push_back(model->processor.bos_id());
    }
    if (switchField(config, "add_eos_token", false) && model->processor.eos_id() >= 0) {
        pipeline.suffix.push_back(model->processor.eos_id());
    }
    pipeline.description =
        std::string("tokenizer.model, ") +
        (is_legacy ? "prefix on every segment" : "prefix at the start of the text");
    pipeline.model = std::move(model);
    return pipeline;
}

}  // namespace prunescope
