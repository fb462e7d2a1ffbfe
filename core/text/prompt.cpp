#include "core/text/prompt.h"

#include "core/base/error.h"
#include "core/base/text.h"
#include "core/text/utf8.h"

#include <algorithm>

namespace prunescope {

namespace {

constexpr std::size_t kMaxQuestionBytes = 64u << 10;

bool isBlank(std::string_view text) {
    for (std::size_t at = 0; at < text.size(); at += codePointAt(text, at).length) {
        if (!isSpace(codePointAt(text, at).value)) {
            return false;
        }
    }
    return true;
}

void checkQuestion(std::string_view question) {
    if (isBlank(question)) {
        throw Error(ErrorCode::Input, "The prompt is empty", "Type a question about the picture.");
    }
    if (question.size() > kMaxQuestionBytes) {
        throw Error(ErrorCode::Input,
                    "The prompt has " + humanBytes(question.size()) + "; at most " +
                        humanBytes(kMaxQuestionBytes) + " can be asked");
    }
}

/// Special tokens written out in the question would be read as such: "<image>" would move the
/// picture, "</s>" end the turn. An unknown character also gives a special id, but is not refused.
void refuseSpecialTokens(const Tokenizer& tokenizer,
                         const std::string& image_token,
                         std::string_view question,
                         const std::vector<std::int64_t>& ids) {
    std::string found = question.find(image_token) != std::string_view::npos ? image_token : "";
    for (const std::int64_t id : ids) {
        const std::string text = tokenizer.tokenText(id);
        if (found.empty() && tokenizer.isSpecial(id) &&
            question.find(text) != std::string_view::npos) {
            found = text;
        }
    }
    if (!found.empty()) {
        throw Error(ErrorCode::Input,
                    "The prompt contains the special token " + inQuotes(found),
                    "Leave it out: the picture's place is fixed.");
    }
}

}  // namespace

std::vector<std::int64_t> TokenSequence::expanded(std::int64_t image_token_id, int n_visual) const {
    require(n_visual >= 0, "a negative number of visual tokens");
    std::vector<std::int64_t> ids = before;
    ids.insert(ids.end(), static_cast<std::size_t>(n_visual), image_token_id);
    ids.insert(ids.end(), after.begin(), after.end());
    return ids;
}

TokenSequence buildPrompt(const Tokenizer& tokenizer,
                          const ChatTemplate& chat,
                          const std::string& image_token,
                          std::string_view question) {
    checkQuestion(question);
    const auto image_id = image_token.empty() ? std::nullopt : tokenizer.idOf(image_token);
    if (!image_id) {
        throw Error(ErrorCode::Model,
                    "The tokenizer does not know the image token " + inQuotes(image_token));
    }
    TokenSequence sequence;
    sequence.question = tokenizer.encode(question, false);
    refuseSpecialTokens(tokenizer, image_token, question, sequence.question);

    std::string text = chat.before_image + image_token + chat.after_image;
    text += question;
    text += chat.after_text;
    const std::vector<std::int64_t> ids = tokenizer.encode(text, true);
    const auto place = std::find(ids.begin(), ids.end(), *image_id);
    if (place == ids.end() || std::find(place + 1, ids.end(), *image_id) != ids.end()) {
        throw Error(
            ErrorCode::Model,
            "The tokenizer does not keep the image token " + inQuotes(image_token) + " whole");
    }
    sequence.before.assign(ids.begin(), place);
    sequence.after.assign(place + 1, ids.end());
    return sequence;
}

}  // namespace prunescope
