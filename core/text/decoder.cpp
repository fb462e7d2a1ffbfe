#include "core/text/decoder.h"

#include "core/text/byte_words.h"
#include "core/text/json_fields.h"
#include "core/text/normalizer.h"
#include "core/text/utf8.h"

#include <optional>

namespace prunescope {

namespace {

constexpr std::size_t kMaxSteps = 32;
constexpr int kMaxDepth = 8;

std::optional<unsigned> hexDigit(char c) {
    if (c >= '0' && c <= '9') {
        return static_cast<unsigned>(c - '0');
    }
    if (c >= 'A' && c <= 'F') {
        return static_cast<unsigned>(c - 'A' + 10);
    }
    if (c >= 'a' && c <= 'f') {
        return static_cast<unsigned>(c - 'a' + 10);
    }
    return std::nullopt;
}

/// The byte that a token like "<0x0A>" stands for.
std::optional<char> byteOf(const std::string& token) {
    if (token.size() != 6 || !token.starts_with("<0x") || token[5] != '>') {
        return std::nullopt;
    }
    const auto high = hexDigit(token[3]);
    const auto low = hexDigit(token[4]);
    if (!high || !low) {
        return std::nullopt;
    }
    return static_cast<char>(*high << 4 | *low);
}

bool isValid(std::string_view text) {
    for (std::size_t at = 0; at < text.size();) {
        const CodePoint c = codePointAt(text, at);
        if (!c.is_valid) {
            return false;
        }
        at += c.length;
    }
    return true;
}

std::size_t countField(const nlohmann::json& spec, const char* key) {
    const nlohmann::json* value = fieldOf(spec, key);
    if (value == nullptr || !value->is_number_unsigned() || *value > 1000) {
        refuseTokenizer(inQuotes(key) + " of a Strip decoder is missing or out of range");
    }
    return value->get<std::size_t>();
}

}  // namespace

Decoder Decoder::read(const nlohmann::json& spec) {
    Decoder decoder;
    decoder.add(spec, 0);
    return decoder;
}

Decoder Decoder::llama() {
    Decoder decoder;
    decoder.steps_ = {Replace{"▁", " "}, ByteFallback{}, Fuse{}, Strip{" ", 1, 0}};
    return decoder;
}

void Decoder::add(const nlohmann::json& spec, int depth) {
    const std::string type = textField(spec, "type");
    if (type == "Sequence") {
        const nlohmann::json* list = fieldOf(spec, "decoders");
        if (list == nullptr || !list->is_array() || depth >= kMaxDepth) {
            refuseTokenizer("a decoder Sequence without a list, or nested too deep");
        }
        for (const nlohmann::json& item : *list) {
            add(item, depth + 1);
        }
    } else if (type == "Replace") {
        steps_.emplace_back(Replace{patternField(spec), textField(spec, "content")});
    } else if (type == "ByteFallback") {
        steps_.emplace_back(ByteFallback{});
    } else if (type == "Fuse") {
        steps_.emplace_back(Fuse{});
    } else if (type == "Strip") {
        Strip strip{
            textField(spec, "content"), countField(spec, "start"), countField(spec, "stop")};
        if (strip.content.empty()) {
            refuseTokenizer("a Strip decoder with empty content");
        }
        steps_.emplace_back(std::move(strip));
    } else if (type == "Metaspace") {
        const Metaspace metaspace = Metaspace::read(spec);
        steps_.emplace_back(
            Spaces{metaspace.replacement, metaspace.prepend != PrependScheme::Never});
    } else if (type == "ByteLevel") {
        steps_.emplace_back(ByteLetters{});
    } else {
        refuseTokenizer(
            "the decoder " + inQuotes(type) + " is not supported",
            "Replace, ByteFallback, ByteLevel, Fuse, Strip, Metaspace and Sequence are.");
    }
    if (steps_.size() > kMaxSteps) {
        refuseTokenizer("it has more than " + std::to_string(kMaxSteps) + " decoders");
    }
}

void Decoder::run(const Replace& step, std::vector<std::string>& tokens) {
    for (std::string& token : tokens) {
        token = replaceAll(token, step.from, step.to);
    }
}

void Decoder::run(const ByteFallback& /*step*/, std::vector<std::string>& tokens) {
    std::vector<std::string> out;
    std::string bytes;
    const auto flush = [&out, &bytes] {
        if (isValid(bytes)) {
            out.push_back(bytes);
        } else {
            out.insert(out.end(), bytes.size(), "\xEF\xBF\xBD");
        }
        bytes.clear();
    };
    for (std::string& token : tokens) {
        if (const auto byte = byteOf(token)) {
            bytes += *byte;
            continue;
        }
        if (!bytes.empty()) {
            flush();
        }
        out.push_back(std::move(token));
    }
    if (!bytes.empty()) {
        flush();
    }
    tokens = std::move(out);
}

void Decoder::run(const Fuse& /*step*/, std::vector<std::string>& tokens) {
    std::string whole;
    for (const std::string& token : tokens) {
        whole += token;
    }
    tokens = {std::move(whole)};
}

void Decoder::run(const Strip& step, std::vector<std::string>& tokens) {
    for (std::string& token : tokens) {
        std::string_view rest = token;
        for (std::size_t i = 0; i < step.start && rest.starts_with(step.content); ++i) {
            rest.remove_prefix(step.content.size());
        }
        for (std::size_t i = 0; i < step.stop && rest.ends_with(step.content); ++i) {
            rest.remove_suffix(step.content.size());
        }
        token = std::string(rest);
    }
}

void Decoder::run(const Spaces& step, std::vector<std::string>& tokens) {
    bool is_first = step.drop_first;
    for (std::string& token : tokens) {
        token = replaceAll(token, step.replacement, is_first ? "" : " ");
        is_first = false;
    }
}

void Decoder::run(const ByteLetters& /*step*/, std::vector<std::string>& tokens) {
    std::string bytes;
    for (const std::string& token : tokens) {
        bytes += bytesOfLetters(token);
    }
    tokens = {validUtf8(bytes)};
}

std::string Decoder::apply(std::vector<std::string> tokens) const {
    for (const Step& step : steps_) {
        std::visit([&tokens](const auto& s) { run(s, tokens); }, step);
    }
    std::string text;
    for (const std::string& token : tokens) {
        text += token;
    }
    return text;
}

}  // namespace prunescope
