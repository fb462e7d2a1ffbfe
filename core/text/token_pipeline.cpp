#include "core/text/token_pipeline.h"

#include "core/text/bpe_model.h"
#include "core/text/json_fields.h"
#include "core/text/utf8.h"

#include <algorithm>

namespace prunescope {

namespace {

constexpr std::size_t kMaxTextBytes = 16u << 20;

class PipelineTokenizer final : public Tokenizer {
public:
    explicit PipelineTokenizer(TokenPipeline pipeline) : parts_(std::move(pipeline)) {
        for (const AddedToken& token : parts_.added) {
            parts_.ids.insert_or_assign(token.content, token.id);
        }
        std::int64_t size = 0;
        for (const auto& [text, id] : parts_.ids) {
            size = std::max(size, id + 1);
        }
        texts_.resize(static_cast<std::size_t>(size));
        is_special_.resize(texts_.size(), false);
        for (const auto& [text, id] : parts_.ids) {
            std::string& place = texts_[static_cast<std::size_t>(id)];
            if (!place.empty() && place != text) {
                refuseTokenizer("the id " + std::to_string(id) + " belongs to both " +
                                inQuotes(place, 60) + " and " + inQuotes(text, 60));
            }
            place = text;
        }
        for (const AddedToken& token : parts_.added) {
            is_special_[static_cast<std::size_t>(token.id)] = token.special;
            if (token.normalized) {
                normalized_.add(token, parts_.normalizer.apply(token.content));
            } else {
                literal_.add(token, token.content);
            }
        }
    }

    std::vector<std::int64_t> encode(std::string_view text, bool add_special) const override {
        if (text.size() > kMaxTextBytes) {
            throw Error(ErrorCode::Input,
                        "The text has " + humanBytes(text.size()) + "; at most " +
                            humanBytes(kMaxTextBytes) + " can be tokenised");
        }
        const std::string valid = validUtf8(text);
        std::vector<std::int64_t> ids;
        if (add_special) {
            ids = parts_.prefix;
        }
        for (const Segment& segment : literal_.split(valid)) {
            if (segment.id) {
                ids.push_back(*segment.id);
            } else {
                encodeText(segment.text, segment.text.data() == valid.data(), ids);
            }
        }
        if (add_special) {
            ids.insert(ids.end(), parts_.suffix.begin(), parts_.suffix.end());
        }
        return ids;
    }

    std::string decode(const std::vector<std::int64_t>& ids, bool skip_special) const override {
        std::vector<std::string> tokens;
        for (const std::int64_t id : ids) {
            if (isKnown(id) && !(skip_special && isSpecial(id))) {
                tokens.push_back(texts_[static_cast<std::size_t>(id)]);
            }
        }
        return parts_.decoder.apply(std::move(tokens));
    }

    std::optional<std::int64_t> idOf(std::string_view token) const override {
        const auto found = parts_.ids.find(std::string(token));
        return found == parts_.ids.end() ? std::nullopt : std::optional(found->second);
    }

    std::string tokenText(std::int64_t id) const override {
        return isKnown(id) ? texts_[static_cast<std::size_t>(id)] : std::string();
    }

    bool isSpecial(std::int64_t id) const override {
        return isKnown(id) && is_special_[static_cast<std::size_t>(id)];
    }

    int vocabularySize() const override { return static_cast<int>(texts_.size()); }

    std::string description() const override { return parts_.description; }

private:
    bool isKnown(std::int64_t id) const {
        return id >= 0 && id < static_cast<std::int64_t>(texts_.size());
    }

    /// Text between added tokens: normalised, searched for normalised tokens, cut into words.
    void encodeText(std::string_view text, bool is_first, std::vector<std::int64_t>& ids) const {
        const std::string normal = parts_.normalizer.apply(text);
        for (const Segment& segment : normalized_.split(normal)) {
            if (segment.id) {
                ids.push_back(*segment.id);
                continue;
            }
            const bool starts_text = is_first && segment.text.data() == normal.data();
            for (const std::string& word : wordsOf(segment.text, starts_text)) {
                parts_.model->encode(word, ids);
            }
        }
    }

    std::vector<std::string> wordsOf(std::string_view text, bool starts_text) const {
        if (const auto* metaspace = std::get_if<Metaspace>(&parts_.words)) {
            return metaspace->apply(text, starts_text);
        }
        if (const auto* words = std::get_if<ByteWords>(&parts_.words)) {
            return words->apply(text);
        }
        return {std::string(text)};
    }

    TokenPipeline parts_;
    AddedTokenFinder literal_;
    AddedTokenFinder normalized_;
    std::vector<std::string> texts_;  ///< by id
    std::vector<bool> is_special_;    ///< by id
};

}  // namespace

std::shared_ptr<const Tokenizer> makeTokenizer(TokenPipeline pipeline) {
    return std::make_shared<PipelineTokenizer>(std::move(pipeline));
}

AddedToken readAddedToken(const nlohmann::json& spec, std::int64_t id) {
    if (id < 0 || id >= kMaxVocabulary) {
        refuseTokenizer("an added token's id " + std::to_string(id) + " is out of range");
    }
    AddedToken token;
    token.id = id;
    token.content = textField(spec, "content");
    if (token.content.empty() || token.content.size() > kMaxTokenBytes) {
        refuseTokenizer("the added token " + std::to_string(id) + " has " +
                        std::to_string(token.content.size()) + " bytes");
    }
    token.special = switchField(spec, "special", false);
    token.single_word = switchField(spec, "single_word", false);
    token.lstrip = switchField(spec, "lstrip", false);
    token.rstrip = switchField(spec, "rstrip", false);
    token.normalized = switchField(spec, "normalized", !token.special);
    return token;
}

}  // namespace prunescope
