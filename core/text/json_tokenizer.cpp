// tokenizer.json of Hugging Face's tokenizers library, as far as Llama's family and CLIP use it.
#include "core/base/json.h"
#include "core/text/bpe_model.h"
#include "core/text/json_fields.h"
#include "core/text/token_pipeline.h"

namespace prunescope {

namespace {

using Json = nlohmann::json;

constexpr std::size_t kMaxAddedTokens = 10'000;

std::vector<AddedToken> readAddedTokens(const Json& root) {
    const Json* list = fieldOf(root, "added_tokens");
    if (list == nullptr) {
        return {};
    }
    if (!list->is_array() || list->size() > kMaxAddedTokens) {
        refuseTokenizer("\"added_tokens\" is not a list of at most " +
                        std::to_string(kMaxAddedTokens) + " tokens");
    }
    std::vector<AddedToken> tokens;
    for (const Json& item : *list) {
        const Json* id = fieldOf(item, "id");
        if (id == nullptr || !id->is_number_integer() || *id < 0 || *id >= kMaxVocabulary) {
            refuseTokenizer("an added token's id is missing or out of range");
        }
        tokens.push_back(readAddedToken(item, id->get<std::int64_t>()));
    }
    return tokens;
}

/// The ids that TemplateProcessing puts in for one special token.
void appendSpecial(const Json& spec, const std::string& name, std::vector<std::int64_t>& ids) {
    const Json* specials = fieldOf(spec, "special_tokens");
    const Json* entry = specials == nullptr ? nullptr : fieldOf(*specials, name.c_str());
    const Json* list = entry == nullptr ? nullptr : fieldOf(*entry, "ids");
    if (list == nullptr || !list->is_array() || list->size() > 16) {
        refuseTokenizer("the post-processor has no ids for " + inQuotes(name, 60));
    }
    for (const Json& id : *list) {
        if (!id.is_number_integer() || id < 0 || id >= kMaxVocabulary) {
            refuseTokenizer("an id of the post-processor is out of range");
        }
        ids.push_back(id.get<std::int64_t>());
    }
}

/// What RobertaProcessing puts around a text: `"cls": ["<|startoftext|>", 49406]`.
std::int64_t markerId(const Json& spec, const char* key) {
    const Json* pair = fieldOf(spec, key);
    if (pair == nullptr || !pair->is_array() || pair->size() != 2 ||
        !(*pair)[1].is_number_integer() || (*pair)[1] < 0 || (*pair)[1] >= kMaxVocabulary) {
        refuseTokenizer("the post-processor's " + inQuotes(key) + " is no token with its id");
    }
    return (*pair)[1].get<std::int64_t>();
}

void readPostProcessor(const Json& root, TokenPipeline& pipeline) {
    const Json* spec = fieldOf(root, "post_processor");
    if (spec == nullptr) {
        return;
    }
    const std::string type = textField(*spec, "type");
    if (type == "RobertaProcessing") {
        pipeline.prefix = {markerId(*spec, "cls")};
        pipeline.suffix = {markerId(*spec, "sep")};
        return;
    }
    const Json* single = fieldOf(*spec, "single");
    if (type != "TemplateProcessing" || single == nullptr || !single->is_array() ||
        single->size() > 16) {
        refuseTokenizer("the post-processor " + inQuotes(type) + " is not supported",
                        "TemplateProcessing and RobertaProcessing are.");
    }
    bool has_text = false;
    for (const Json& piece : *single) {
        if (fieldOf(piece, "Sequence") != nullptr && !has_text) {
            has_text = true;
        } else if (const Json* special = fieldOf(piece, "SpecialToken")) {
            appendSpecial(
                *spec, textField(*special, "id"), has_text ? pipeline.suffix : pipeline.prefix);
        } else {
            refuseTokenizer("the post-processor's template is not understood");
        }
    }
    if (!has_text) {
        refuseTokenizer("the post-processor's template leaves out the text");
    }
}

std::string describe(const TokenPipeline& pipeline, bool has_bytes) {
    std::string text = "tokenizer.json, BPE";
    text += has_bytes ? " with byte fallback" : "";
    if (std::holds_alternative<ByteWords>(pipeline.words)) {
        text += " over bytes, words as CLIP cuts them";
    } else if (pipeline.normalizer.prepends()) {
        text += ", prefix on every segment";
    } else if (const auto* metaspace = std::get_if<Metaspace>(&pipeline.words)) {
        const PrependScheme scheme = metaspace->prepend;
        text += scheme == PrependScheme::First    ? ", prefix at the start of the text"
                : scheme == PrependScheme::Always ? ", prefix on every segment"
                                                  : ", no prefix";
    } else {
        text += ", no prefix";
    }
    return text;
}

}  // namespace

TokenPipeline readTokenizerJson(const std::filesystem::path& path) {
    const Json root =
        readJsonFile(path, ErrorCode::Model, {.max_bytes = 64u << 20, .max_depth = 32});
    const Json* model = fieldOf(root, "model");
    if (model == nullptr || !model->is_object()) {
        refuseTokenizer("tokenizer.json has no \"model\"");
    }
    // Files of before 2020 leave the type out; only BPE has merges.
    const std::string type =
        fieldOf(*model, "type") == nullptr && fieldOf(*model, "merges") != nullptr
            ? "BPE"
            : textField(*model, "type");
    if (type != "BPE") {
        refuseTokenizer("its model is " + inQuotes(type, 60), "Only BPE is supported.");
    }
    TokenPipeline pipeline;
    pipeline.ids = readVocabulary(*model);
    pipeline.model = readBpeModel(*model, pipeline.ids);
    pipeline.added = readAddedTokens(root);
    if (const Json* normalizer = fieldOf(root, "normalizer")) {
        pipeline.normalizer = Normalizer::read(*normalizer);
    }
    if (const Json* pre = fieldOf(root, "pre_tokenizer")) {
        const std::string pre_type = textField(*pre, "type");
        if (pre_type == "Metaspace") {
            pipeline.words = Metaspace::read(*pre);
        } else if (pre_type == "Sequence" && ByteWords::isMeant(*pre)) {
            pipeline.words = ByteWords::read(*pre);
        } else {
            refuseTokenizer("the pre-tokenizer " + inQuotes(pre_type, 60) + " is not supported",
                            "Metaspace is, and CLIP's Split with ByteLevel.");
        }
    }
    const Json* decoder = fieldOf(root, "decoder");
    pipeline.decoder = decoder != nullptr ? Decoder::read(*decoder) : Decoder::llama();
    readPostProcessor(root, pipeline);
    pipeline.description = describe(pipeline, switchField(*model, "byte_fallback", false));
    return pipeline;
}

}  // namespace prunescope
