// Chat templates are programs in Jinja and come with the model: they are recognised, never run.
#include "core/base/file.h"
#include "core/base/hash.h"
#include "core/base/json.h"
#include "core/base/text.h"
#include "core/text/prompt.h"

#include <algorithm>
#include <array>
#include <system_error>

namespace prunescope {

namespace {

using Json = nlohmann::json;

constexpr std::size_t kMaxTemplateBytes = 256u << 10;

/// Hashes of canonical() of templates that render one turn as `USER: <image>\nQUESTION ASSISTANT:`.
constexpr std::array<std::uint64_t, 3> kLlava15Hashes{
    0xEA76EF4799B385F5ULL,  // llava-1.5-7b-hf and 13b
    0x776A804E98710491ULL,  // the same before its "generation" blocks were added
    0xA92467B2EA8DB34BULL,  // the bundled model
};

bool isBlank(char c) {
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

/// Inside a tag: blanks go unless they are in a text, quotes become single, "-" marks go.
std::string canonicalTag(std::string_view tag) {
    std::string out;
    char quote = 0;
    for (const char c : tag) {
        if (quote == 0 && (c == '\'' || c == '"')) {
            quote = c;
            out += '\'';
        } else if (quote != 0 && c == quote) {
            quote = 0;
            out += '\'';
        } else if (quote != 0 || !isBlank(c)) {
            // A line break typed into a text is the same text as one written as \n.
            out += c == '\n' ? std::string("\\n") : std::string(1, c);
        }
    }
    return out;
}

/// Text between tags as the library renders it: trim_blocks and lstrip_blocks are on.
std::string canonicalText(std::string_view text, bool after_block, bool before_block) {
    if (after_block && text.starts_with("\r\n")) {
        text.remove_prefix(2);
    } else if (after_block && text.starts_with('\n')) {
        text.remove_prefix(1);
    }
    if (before_block) {
        std::size_t end = text.size();
        while (end > 0 && (text[end - 1] == ' ' || text[end - 1] == '\t')) {
            --end;
        }
        if (end == 0 ? after_block : text[end - 1] == '\n') {
            text = text.substr(0, end);
        }
    }
    return std::string(text);
}

struct Tag {
    std::size_t begin = std::string_view::npos;
    std::size_t end = std::string_view::npos;
};

/// The next {{ }}, {% %} or {# #}; texts in quotes may hold what looks like an end.
Tag nextTag(std::string_view source, std::size_t from) {
    Tag tag;
    for (std::size_t at = from; at + 1 < source.size(); ++at) {
        if (source[at] == '{' &&
            (source[at + 1] == '{' || source[at + 1] == '%' || source[at + 1] == '#')) {
            tag.begin = at;
            break;
        }
    }
    if (tag.begin == std::string_view::npos) {
        return tag;
    }
    const char mark = source[tag.begin + 1];
    const char close = mark == '{' ? '}' : mark;
    char quote = 0;
    for (std::size_t at = tag.begin + 2; at + 1 < source.size(); ++at) {
        const char c = source[at];
        if (mark != '#' && quote != 0) {
            quote = c == quote ? '\0' : quote;
        } else if (mark != '#' && (c == '\'' || c == '"')) {
            quote = c;
        } else if (c == close && source[at + 1] == '}') {
            tag.end = at + 2;
            break;
        }
    }
    return tag;
}

/// A spelling that only depends on what the template renders: no comments, no layout.
std::string canonical(std::string_view source) {
    std::string out;
    bool after_block = false;
    bool trims = false;  // the tag before ended with "-"
    for (std::size_t at = 0;;) {
        const Tag tag = nextTag(source, at);
        const bool is_last = tag.end == std::string_view::npos;
        const std::size_t text_end = is_last ? source.size() : tag.begin;
        const char mark = is_last ? '\0' : source[tag.begin + 1];
        std::string text = canonicalText(
            source.substr(at, text_end - at), after_block, mark == '%' || mark == '#');
        if (trims) {
            text.erase(text.begin(), std::find_if_not(text.begin(), text.end(), isBlank));
        }
        if (is_last) {
            out += text.ends_with('\n') ? text.substr(0, text.size() - 1) : text;
            return out;
        }
        std::string_view inside = source.substr(tag.begin + 2, tag.end - tag.begin - 4);
        if (inside.starts_with('-')) {
            inside.remove_prefix(1);
            text.erase(std::find_if_not(text.rbegin(), text.rend(), isBlank).base(), text.end());
        }
        trims = inside.ends_with('-');
        inside.remove_suffix(trims ? 1 : 0);
        out += text;
        if (mark != '#') {
            out += std::string{'{', mark} + canonicalTag(inside) + (mark == '{' ? "}}" : "%}");
        }
        after_block = mark != '{';
        at = tag.end;
    }
}

ChatTemplate llava15() {
    return {"llava-1.5", "USER: ", "\n", " ASSISTANT:"};
}

/// A template may be a text or a list of named ones, of which "default" is used.
std::string templateText(const Json& value, const std::string& file) {
    if (value.is_string()) {
        return value.get<std::string>();
    }
    if (value.is_array()) {
        for (const Json& item : value) {
            if (item.is_object() && item.value("name", Json()) == "default" &&
                item.value("template", Json()).is_string()) {
                return item["template"].get<std::string>();
            }
        }
    }
    throw Error(ErrorCode::Model, file + " has a chat template that is not a text");
}

ChatTemplate recognise(const std::string& source, const std::string& file) {
    if (source.size() <= kMaxTemplateBytes) {
        const std::uint64_t hash = Hasher().add(std::string_view(canonical(source))).value();
        if (std::find(kLlava15Hashes.begin(), kLlava15Hashes.end(), hash) != kLlava15Hashes.end()) {
            return llava15();
        }
    }
    throw Error(ErrorCode::Model,
                file + " has a chat template that is not known",
                "LLaVA-1.5's is: USER: <image>, the question, ASSISTANT:.");
}

}  // namespace

ChatTemplate readChatTemplate(const std::filesystem::path& model_dir) {
    std::error_code ignored;
    if (const auto path = model_dir / "chat_template.jinja";
        std::filesystem::exists(path, ignored)) {
        const std::vector<std::uint8_t> bytes = readFile(path, kMaxTemplateBytes, ErrorCode::Model);
        return recognise(std::string(bytes.begin(), bytes.end()), "chat_template.jinja");
    }
    // The processor's file comes first: the tokenizer's may be that of the language model alone.
    for (const char* file :
         {"chat_template.json", "processor_config.json", "tokenizer_config.json"}) {
        const auto path = model_dir / file;
        if (!std::filesystem::exists(path, ignored)) {
            continue;
        }
        const Json root =
            readJsonFile(path, ErrorCode::Model, {.max_bytes = 16u << 20, .max_depth = 32});
        if (root.is_object() && root.contains("chat_template") &&
            !root["chat_template"].is_null()) {
            return recognise(templateText(root["chat_template"], file), file);
        }
    }
    return llava15();
}

}  // namespace prunescope
