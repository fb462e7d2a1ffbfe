#include "core/text/byte_words.h"

#include "core/text/json_fields.h"
#include "core/text/unicode.h"
#include "core/text/utf8.h"

#include <algorithm>
#include <array>

namespace prunescope {

namespace {

// Two spellings of one expression; newer files look for the special tokens in it as well.
constexpr std::string_view kWords = R"('s|'t|'re|'ve|'m|'ll|'d|[\p{L}]+|[\p{N}]|[^\s\p{L}\p{N}]+)";
constexpr std::string_view kSpecialsAndWords =
    R"(<\|startoftext\|>|<\|endoftext\|>|'s|'t|'re|'ve|'m|'ll|'d|[\p{L}]+|[\p{N}]|[^\s\p{L}\p{N}]+)";
constexpr std::array<std::string_view, 2> kSpecials{"<|startoftext|>", "<|endoftext|>"};
constexpr std::array<std::string_view, 7> kContractions{
    "'s", "'t", "'re", "'ve", "'m", "'ll", "'d"};

/// Length of the alternative that `text` starts with, or 0.
template <std::size_t N>
std::size_t startOf(std::string_view text, const std::array<std::string_view, N>& alternatives) {
    const auto* const found = std::ranges::find_if(
        alternatives, [text](std::string_view word) { return text.starts_with(word); });
    return found == alternatives.end() ? 0 : found->size();
}

/// Length of the characters of one class with which `text` starts; at most one digit if
/// `single_digits`.
std::size_t runOf(std::string_view text, CharClass kind, bool single_digits) {
    std::size_t length = 0;
    while (length < text.size()) {
        const CodePoint c = codePointAt(text, length);
        if (classOf(c.value) != kind) {
            break;
        }
        length += c.length;
        if (single_digits && kind == CharClass::Number) {
            break;
        }
    }
    return length;
}

std::vector<std::string_view> cut(std::string_view text, bool keeps_specials, bool single_digits) {
    std::vector<std::string_view> words;
    for (std::size_t at = 0; at < text.size();) {
        const std::string_view rest = text.substr(at);
        const CharClass kind = classOf(codePointAt(rest, 0).value);
        if (kind == CharClass::Space) {
            at += codePointAt(rest, 0).length;
            continue;
        }
        std::size_t length = keeps_specials ? startOf(rest, kSpecials) : 0;
        length = length > 0 ? length : startOf(rest, kContractions);
        length = length > 0 ? length : runOf(rest, kind, single_digits);
        words.push_back(rest.substr(0, length));
        at += length;
    }
    return words;
}

bool isPrintable(unsigned byte) {
    return (byte >= 0x21 && byte <= 0x7E) || (byte >= 0xA1 && byte <= 0xAC) || byte >= 0xAE;
}

/// By byte: the letter's code point.
std::array<char32_t, 256> letterTable() {
    std::array<char32_t, 256> letters{};
    char32_t next = 0x100;
    for (unsigned byte = 0; byte < 256; ++byte) {
        letters[byte] = isPrintable(byte) ? byte : next++;
    }
    return letters;
}

const std::array<char32_t, 256>& letters() {
    static const std::array<char32_t, 256> table = letterTable();
    return table;
}

}  // namespace

bool ByteWords::isMeant(const nlohmann::json& spec) {
    const nlohmann::json* list = fieldOf(spec, "pretokenizers");
    return list != nullptr && list->is_array() && list->size() == 2 &&
           textField((*list)[0], "type") == "Split" && textField((*list)[1], "type") == "ByteLevel";
}

ByteWords ByteWords::read(const nlohmann::json& spec) {
    const nlohmann::json& split = spec.at("pretokenizers").at(0);
    const nlohmann::json* pattern = fieldOf(split, "pattern");
    if (pattern == nullptr || fieldOf(*pattern, "Regex") == nullptr) {
        refuseTokenizer("a Split step without a regular expression");
    }
    const std::string expression = textField(*pattern, "Regex");
    if ((expression != kWords && expression != kSpecialsAndWords) ||
        textField(split, "behavior") != "Removed" || !switchField(split, "invert", false)) {
        refuseTokenizer("it splits by " + inQuotes(expression, 80),
                        "Only the expression of CLIP's tokenizer is run.");
    }
    const nlohmann::json& bytes = spec.at("pretokenizers").at(1);
    if (switchField(bytes, "add_prefix_space", true)) {
        refuseTokenizer("a ByteLevel step that adds a space is not supported");
    }
    return {.keeps_specials = expression == kSpecialsAndWords,
            .cuts_again = switchField(bytes, "use_regex", true)};
}

std::vector<std::string> ByteWords::apply(std::string_view text) const {
    std::vector<std::string> words;
    for (const std::string_view word : cut(text, keeps_specials, true)) {
        if (!cuts_again) {
            words.push_back(byteLetters(word));
            continue;
        }
        for (const std::string_view part : cut(word, false, false)) {
            words.push_back(byteLetters(part));
        }
    }
    return words;
}

std::string byteLetters(std::string_view bytes) {
    std::string out;
    out.reserve(bytes.size());
    for (const char c : bytes) {
        appendUtf8(out, letters()[static_cast<unsigned char>(c)]);
    }
    return out;
}

std::string bytesOfLetters(std::string_view text) {
    std::string out;
    for (std::size_t at = 0; at < text.size();) {
        const CodePoint c = codePointAt(text, at);
        const auto* const found = std::ranges::find(letters(), c.value);
        if (found == letters().end()) {
            return std::string(text);
        }
        out += static_cast<char>(found - letters().begin());
        at += c.length;
    }
    return out;
}

}  // namespace prunescope
