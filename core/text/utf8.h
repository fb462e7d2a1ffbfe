#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace prunescope {

/// One code point of a text and the bytes it takes; broken bytes give U+FFFD and 1..3 bytes.
struct CodePoint {
    char32_t value = 0;
    std::size_t length = 0;
    bool is_valid = true;
};

/// Requires at < text.size().
CodePoint codePointAt(std::string_view text, std::size_t at);

/// The code point that ends just before `end` (0 < end <= size).
CodePoint codePointBefore(std::string_view text, std::size_t end);

/// Broken bytes replaced by U+FFFD, one for each maximal broken part, as Rust and Python do.
std::string validUtf8(std::string_view text);

/// Appends a code point. Requires c <= U+10FFFF and no surrogate.
void appendUtf8(std::string& text, char32_t c);

/// Unicode's White_Space.
bool isSpace(char32_t c);

/// Letter, digit or underscore. Beyond ASCII everything counts but spaces and common punctuation.
bool isWordPart(char32_t c);

/// `text` with every `from` replaced. Requires a non-empty `from`.
std::string replaceAll(std::string_view text, std::string_view from, std::string_view to);

}  // namespace prunescope
