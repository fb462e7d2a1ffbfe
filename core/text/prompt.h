#pragma once

#include "core/text/tokenizer.h"

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace prunescope {

/// Role markers of a model family as data: text before the picture, between picture and question,
/// after the question. We do not evaluate Jinja: a template from outside is code.
struct ChatTemplate {
    std::string name;          ///< "llava-1.5"
    std::string before_image;  ///< "USER: "
    std::string after_image;   ///< "\n"
    std::string after_text;    ///< " ASSISTANT:"
};

/// The folder's template recognised among those we know; LLaVA-1.5's where there is none.
/// @throws Error(Model) when the folder has a template we do not know
ChatTemplate readChatTemplate(const std::filesystem::path& model_dir);

/// A prompt as the language model gets it; the picture's tokens go between `before` and `after`.
struct TokenSequence {
    std::vector<std::int64_t> before;    ///< with BOS, up to the image placeholder
    std::vector<std::int64_t> after;     ///< from the image placeholder to "ASSISTANT:"
    std::vector<std::int64_t> question;  ///< the question on its own, no special tokens (TATCS)

    /// The ids Hugging Face's processor gives: the placeholder id `n_visual` times in between.
    std::vector<std::int64_t> expanded(std::int64_t image_token_id, int n_visual) const;

    bool operator==(const TokenSequence&) const = default;
};

/// A literal "<image>" (or other special token) in the question is refused: it would move the
/// place of the picture.
/// @throws Error(Input) for an empty prompt, a special token in it, or one longer than 64 kB
TokenSequence buildPrompt(const Tokenizer& tokenizer,
                          const ChatTemplate& chat,
                          const std::string& image_token,
                          std::string_view question);

}  // namespace prunescope
