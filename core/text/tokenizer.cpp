#include "core/text/tokenizer.h"

#include "core/base/error.h"
#include "core/base/text.h"
#include "core/text/token_pipeline.h"

#include <system_error>

namespace prunescope {

std::shared_ptr<const Tokenizer> loadTokenizer(const std::filesystem::path& model_dir) {
    std::error_code ignored;
    if (std::filesystem::exists(model_dir / "tokenizer.json", ignored)) {
        return makeTokenizer(readTokenizerJson(model_dir / "tokenizer.json"));
    }
    if (std::filesystem::exists(model_dir / "tokenizer.model", ignored)) {
        return makeTokenizer(readSentencePiece(model_dir));
    }
    throw Error(ErrorCode::Model,
                "There is no tokenizer in " + inQuotes(model_dir.string()),
                "The folder needs a tokenizer.json or a tokenizer.model.");
}

}  // namespace prunescope
