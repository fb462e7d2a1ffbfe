#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json_fwd.hpp>

namespace prunescope {

/// CLIP's way to cut a text into words, whose bytes are then written as letters.
struct ByteWords {
    /// Whether a pre-tokenizer is of this kind: what read() is for.
    static bool isMeant(const nlohmann::json& spec);

    /// Split by CLIP's regular expression, then ByteLevel. Regular expressions from a file are not
    /// run: it must be one of those that CLIP's files have.
    /// @throws Error(Model)
    static ByteWords read(const nlohmann::json& spec);

    /// Runs of letters, single digits, runs of other signs, and the contractions 's, 't, 're, 've,
    /// 'm, 'll and 'd; white space goes. Then every byte as its letter.
    std::vector<std::string> apply(std::string_view text) const;

    bool keeps_specials = false;  ///< "<|startoftext|>" and "<|endoftext|>" are cut out first
    bool cuts_again = true;       ///< ByteLevel's own expression cuts what Split has left
};

/// Every byte as a printable letter, as GPT-2 writes them: those of Latin-1 stand for themselves,
/// the others follow from U+0100.
std::string byteLetters(std::string_view bytes);

/// The bytes that letters stand for; the text itself where one of its characters is no such letter.
std::string bytesOfLetters(std::string_view letters);

}  // namespace prunescope
