#include "core/text/utf8.h"

#include <algorithm>

namespace prunescope {

namespace {

unsigned byteAt(std::string_view text, std::size_t at) {
    return at < text.size() ? static_cast<unsigned char>(text[at]) : 0U;
}

}  // namespace

CodePoint codePointAt(std::string_view text, std::size_t at) {
    constexpr char32_t kBroken = 0xFFFD;
    const unsigned lead = byteAt(text, at);
    if (lead < 0x80) {
        return {lead, 1, true};
    }
    if (lead < 0xC2 || lead > 0xF4) {
        return {kBroken, 1, false};
    }
    const std::size_t length = lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
    // The second byte's range refuses overlong forms, surrogates and values above U+10FFFF.
    const unsigned low = lead == 0xE0 ? 0xA0 : lead == 0xF0 ? 0x90 : 0x80;
    const unsigned high = lead == 0xED ? 0x9F : lead == 0xF4 ? 0x8F : 0xBF;
    char32_t value = lead & (0x7FU >> length);
    for (std::size_t i = 1; i < length; ++i) {
        const unsigned next = byteAt(text, at + i);
        if (next < (i == 1 ? low : 0x80U) || next > (i == 1 ? high : 0xBFU)) {
            return {kBroken, i, false};
        }
        value = value << 6 | (next & 0x3F);
    }
    return {value, length, true};
}

CodePoint codePointBefore(std::string_view text, std::size_t end) {
    std::size_t at = end - 1;
    while (at > 0 && end - at < 4 && (byteAt(text, at) & 0xC0) == 0x80) {
        --at;
    }
    const CodePoint c = codePointAt(text, at);
    return at + c.length == end ? c : CodePoint{0xFFFD, 1, false};
}

std::string validUtf8(std::string_view text) {
    std::string out;
    out.reserve(text.size());
    for (std::size_t at = 0; at < text.size();) {
        const CodePoint c = codePointAt(text, at);
        if (c.is_valid) {
            out += text.substr(at, c.length);
        } else {
            out += "\xEF\xBF\xBD";
        }
        at += c.length;
    }
    return out;
}

void appendUtf8(std::string& text, char32_t c) {
    if (c < 0x80) {
        text += static_cast<char>(c);
        return;
    }
    const int n_more = c < 0x800 ? 1 : c < 0x10000 ? 2 : 3;
    const unsigned lead = n_more == 1 ? 0xC0 : n_more == 2 ? 0xE0 : 0xF0;
    text += static_cast<char>(lead | c >> (6 * n_more));
    for (int i = n_more - 1; i >= 0; --i) {
        text += static_cast<char>(0x80 | (c >> (6 * i) & 0x3F));
    }
}

bool isSpace(char32_t c) {
    return (c >= 0x09 && c <= 0x0D) || c == 0x20 || c == 0x85 || c == 0xA0 || c == 0x1680 ||
           (c >= 0x2000 && c <= 0x200A) || c == 0x2028 || c == 0x2029 || c == 0x202F ||
           c == 0x205F || c == 0x3000;
}

bool isWordPart(char32_t c) {
    if (c < 0x80) {
        return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
               c == '_';
    }
    const bool is_latin_sign = c < 0xC0 && c != 0xAA && c != 0xB5 && c != 0xBA;
    const bool is_sign = c == 0xD7 || c == 0xF7 || (c >= 0x2000 && c <= 0x206F) ||
                         (c >= 0x2190 && c <= 0x2BFF) || (c >= 0x3000 && c <= 0x3020) ||
                         (c >= 0xFF00 && c <= 0xFF0F) || c == 0xFFFD ||
                         (c >= 0x1F000 && c <= 0x1FAFF);
    return !is_latin_sign && !is_sign && !isSpace(c);
}

std::string replaceAll(std::string_view text, std::string_view from, std::string_view to) {
    std::string out;
    out.reserve(text.size());
    for (std::size_t at = 0;;) {
        const std::size_t found = text.find(from, at);
        out += text.substr(at, found == std::string_view::npos ? found : found - at);
        if (found == std::string_view::npos) {
            return out;
        }
        out += to;
        at = found + from.size();
    }
}

}  // namespace prunescope
