#pragma once

#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include <nlohmann/json_fwd.hpp>

namespace prunescope {

/// The normalisers of tokenizer.json that Llama's family uses, applied in order to each segment.
class Normalizer {
public:
    Normalizer() = default;

    /// @throws Error(Model) naming a normaliser that we do not run
    static Normalizer read(const nlohmann::json& spec);

    std::string apply(std::string_view text) const;

    bool isEmpty() const { return steps_.empty(); }

    /// Puts a prefix before every segment, so also after each added token.
    bool prepends() const;

private:
    struct Prepend {
        std::string text;
    };

    struct Replace {
        std::string from;
        std::string to;
    };

    struct Strip {
        bool left = false;
        bool right = false;
    };

    void add(const nlohmann::json& spec, int depth);

    std::vector<std::variant<Prepend, Replace, Strip>> steps_;
};

enum class PrependScheme { Never, First, Always };

/// SentencePiece's treatment of spaces as a pre-tokeniser.
struct Metaspace {
    std::string replacement = "▁";
    PrependScheme prepend = PrependScheme::Always;
    bool split = true;

    /// @throws Error(Model)
    static Metaspace read(const nlohmann::json& spec);

    /// The words of one segment; `is_first` when it begins where the text begins.
    std::vector<std::string> apply(std::string_view text, bool is_first) const;
};

}  // namespace prunescope
