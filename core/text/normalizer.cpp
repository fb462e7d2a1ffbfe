#include "core/text/normalizer.h"

#include "core/text/json_fields.h"
#include "core/text/unicode.h"
#include "core/text/utf8.h"

namespace prunescope {

namespace {

constexpr std::size_t kMaxSteps = 32;
constexpr int kMaxDepth = 8;

std::string_view stripped(std::string_view text, bool left, bool right) {
    while (left && !text.empty() && isSpace(codePointAt(text, 0).value)) {
        text.remove_prefix(codePointAt(text, 0).length);
    }
    while (right && !text.empty() && isSpace(codePointBefore(text, text.size()).value)) {
        text.remove_suffix(codePointBefore(text, text.size()).length);
    }
    return text;
}

/// Of Replace steps: `{"Regex": "\\s+"}`.
bool isSpaceRun(const nlohmann::json& spec) {
    const nlohmann::json* pattern = fieldOf(spec, "pattern");
    return pattern != nullptr && fieldOf(*pattern, "Regex") != nullptr &&
           textField(*pattern, "Regex") == R"(\s+)";
}

}  // namespace

Normalizer Normalizer::read(const nlohmann::json& spec) {
    Normalizer normalizer;
    normalizer.add(spec, 0);
    return normalizer;
}

void Normalizer::add(const nlohmann::json& spec, int depth) {
    const std::string type = textField(spec, "type");
    if (type == "Sequence") {
        const nlohmann::json* list = fieldOf(spec, "normalizers");
        if (list == nullptr || !list->is_array() || depth >= kMaxDepth) {
            refuseTokenizer("a normalizer Sequence without a list, or nested too deep");
        }
        for (const nlohmann::json& item : *list) {
            add(item, depth + 1);
        }
    } else if (type == "Prepend") {
        steps_.emplace_back(Prepend{textField(spec, "prepend")});
    } else if (type == "Replace" && isSpaceRun(spec)) {
        steps_.emplace_back(ReplaceSpaces{textField(spec, "content")});
    } else if (type == "Replace") {
        steps_.emplace_back(Replace{patternField(spec), textField(spec, "content")});
    } else if (type == "Strip") {
        steps_.emplace_back(
            Strip{switchField(spec, "strip_left", true), switchField(spec, "strip_right", true)});
    } else if (type == "NFC") {
        steps_.emplace_back(Compose{});
    } else if (type == "Lowercase") {
        steps_.emplace_back(Lowercase{});
    } else {
        refuseTokenizer("the normalizer " + inQuotes(type) + " is not supported",
                        "NFC, Lowercase, Prepend, Replace, Strip and Sequence are.");
    }
    if (steps_.size() > kMaxSteps) {
        refuseTokenizer("it has more than " + std::to_string(kMaxSteps) + " normalizers");
    }
}

std::string Normalizer::apply(std::string_view text) const {
    std::string current(text);
    for (const auto& step : steps_) {
        std::visit([&current](const auto& s) { run(s, current); }, step);
    }
    return current;
}

void Normalizer::run(const Prepend& step, std::string& text) {
    if (!text.empty()) {
        text.insert(0, step.text);
    }
}

void Normalizer::run(const Replace& step, std::string& text) {
    text = replaceAll(text, step.from, step.to);
}

void Normalizer::run(const Strip& step, std::string& text) {
    text = std::string(stripped(text, step.left, step.right));
}

void Normalizer::run(const ReplaceSpaces& step, std::string& text) {
    std::string out;
    out.reserve(text.size());
    bool in_run = false;
    for (std::size_t at = 0; at < text.size();) {
        const CodePoint c = codePointAt(text, at);
        const bool is_space = isSpace(c.value);
        if (!is_space) {
            out += std::string_view(text).substr(at, c.length);
        } else if (!in_run) {
            out += step.to;
        }
        in_run = is_space;
        at += c.length;
    }
    text = std::move(out);
}

void Normalizer::run(const Compose& /*step*/, std::string& text) {
    text = composed(text);
}

void Normalizer::run(const Lowercase& /*step*/, std::string& text) {
    text = lowercase(text);
}

bool Normalizer::prepends() const {
    for (const auto& step : steps_) {
        if (std::holds_alternative<Prepend>(step)) {
            return true;
        }
    }
    return false;
}

Metaspace Metaspace::read(const nlohmann::json& spec) {
    Metaspace metaspace;
    if (fieldOf(spec, "replacement") != nullptr) {
        metaspace.replacement = textField(spec, "replacement");
    }
    if (metaspace.replacement.empty()) {
        refuseTokenizer("Metaspace has an empty replacement");
    }
    metaspace.split = switchField(spec, "split", true);
    if (fieldOf(spec, "prepend_scheme") == nullptr) {
        const bool prefix = switchField(spec, "add_prefix_space", true);
        metaspace.prepend = prefix ? PrependScheme::Always : PrependScheme::Never;
        return metaspace;
    }
    const std::string scheme = textField(spec, "prepend_scheme");
    if (scheme != "always" && scheme != "first" && scheme != "never") {
        refuseTokenizer("Metaspace has the prepend_scheme " + inQuotes(scheme));
    }
    metaspace.prepend = scheme == "always"  ? PrependScheme::Always
                        : scheme == "first" ? PrependScheme::First
                                            : PrependScheme::Never;
    return metaspace;
}

std::vector<std::string> Metaspace::apply(std::string_view text, bool is_first) const {
    std::string whole = replaceAll(text, " ", replacement);
    if (whole.empty()) {
        return {};
    }
    const bool wants_prefix =
        prepend == PrependScheme::Always || (prepend == PrependScheme::First && is_first);
    if (wants_prefix && !whole.starts_with(replacement)) {
        whole.insert(0, replacement);
    }
    if (!split) {
        return {std::move(whole)};
    }
    std::vector<std::string> words;
    for (std::size_t at = 0; at < whole.size();) {
        std::size_t next =
            whole.find(replacement,
                       at + (at == 0 && !whole.starts_with(replacement) ? 0 : replacement.size()));
        next = std::min(next, whole.size());
        words.push_back(whole.substr(at, next - at));
        at = next;
    }
    return words;
}

}  // namespace prunescope
