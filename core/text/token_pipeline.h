#pragma once

#include "core/text/added_tokens.h"
#include "core/text/byte_words.h"
#include "core/text/decoder.h"
#include "core/text/normalizer.h"
#include "core/text/subword_model.h"
#include "core/text/tokenizer.h"

#include <memory>
#include <optional>
#include <unordered_map>
#include <variant>
#include <vector>

namespace prunescope {

/// What a tokeniser consists of, however it was read.
struct TokenPipeline {
    std::unordered_map<std::string, std::int64_t> ids;  ///< of all tokens, the added ones too
    std::vector<AddedToken> added;
    Normalizer normalizer;
    std::variant<std::monostate, Metaspace, ByteWords> words;  ///< how text is cut; none: it is not
    std::unique_ptr<const SubwordModel> model;
    std::vector<std::int64_t> prefix;  ///< what the post-processor puts before the text
    std::vector<std::int64_t> suffix;
    Decoder decoder;
    std::string description;
};

/// added tokens -> normaliser -> pre-tokeniser -> model -> post-processor, as Hugging Face's
/// tokenizers library does it.
/// @throws Error(Model) when two tokens have one id
std::shared_ptr<const Tokenizer> makeTokenizer(TokenPipeline pipeline);

/// tokenizer.json. @throws Error(Model)
TokenPipeline readTokenizerJson(const std::filesystem::path& path);

/// tokenizer.model with what tokenizer_config.json and added_tokens.json beside it say.
/// @throws Error(Model)
TokenPipeline readSentencePiece(const std::filesystem::path& model_dir);

/// One entry of `added_tokens` (or `added_tokens_decoder`), checked.
AddedToken readAddedToken(const nlohmann::json& spec, std::int64_t id);

}  // namespace prunescope
