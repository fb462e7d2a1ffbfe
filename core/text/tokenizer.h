#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace prunescope {

/// Text <-> token ids. Immutable after load; safe to share.
class Tokenizer {
public:
    virtual ~Tokenizer() = default;
    Tokenizer(const Tokenizer&) = delete;
    Tokenizer& operator=(const Tokenizer&) = delete;

    /// @param add_special  add what the post-processor adds (BOS for Llama)
    virtual std::vector<std::int64_t> encode(std::string_view text, bool add_special) const = 0;

    /// @param skip_special  leave special tokens out. Ids outside the vocabulary give nothing.
    virtual std::string decode(const std::vector<std::int64_t>& ids, bool skip_special) const = 0;

    virtual std::optional<std::int64_t> idOf(std::string_view token) const = 0;

    /// Readable form of one token for tables: "▁Yes", "<0x0A>"; "" outside the vocabulary.
    virtual std::string tokenText(std::int64_t id) const = 0;

    virtual bool isSpecial(std::int64_t id) const = 0;

    virtual int vocabularySize() const = 0;

    /// For the load report: "tokenizer.json, BPE with byte fallback, prefix on every segment".
    virtual std::string description() const = 0;

protected:
    Tokenizer() = default;
};

/// tokenizer.json when the folder has one (it is the authority), else tokenizer.model.
/// @throws Error(Model) when there is none, it is broken, or of a kind we do not run
std::shared_ptr<const Tokenizer> loadTokenizer(const std::filesystem::path& model_dir);

}  // namespace prunescope
