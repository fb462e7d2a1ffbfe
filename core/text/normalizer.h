#pragma once

#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include <nlohmann/json_fwd.hpp>

namespace prunescope {

/// The normalisers of tokenizer.json that Llama's family and CLIP use, applied in order to each
/// segment.
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

    /// CLIP's one regular expression, `\s+`: every run of white space.
    struct ReplaceSpaces {
        std::string to;
    };

    struct Compose {};  ///< NFC

    struct Lowercase {};

    void add(const nlohmann::json& spec, int depth);

    static void run(const Prepend& step, std::string& text);
    static void run(const Replace& step, std::string& text);
    static void run(const Strip& step, std::string& text);
    static void run(const ReplaceSpaces& step, std::string& text);
    static void run(const Compose& step, std::string& text);
    static void run(const Lowercase& step, std::string& text);

    std::vector<std::variant<Prepend, Replace, Strip, ReplaceSpaces, Compose, Lowercase>> steps_;
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
