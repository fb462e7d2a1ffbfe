#pragma once

#include <string>
#include <variant>
#include <vector>

#include <nlohmann/json_fwd.hpp>

namespace prunescope {

/// The decoders of tokenizer.json that Llama's family and CLIP use: tokens in, text out.
class Decoder {
public:
    /// @throws Error(Model) naming a decoder that we do not run
    static Decoder read(const nlohmann::json& spec);

    /// Llama's: spaces for "▁", bytes joined, one leading space taken away.
    static Decoder llama();

    std::string apply(std::vector<std::string> tokens) const;

private:
    struct Replace {
        std::string from;
        std::string to;
    };

    struct ByteFallback {};

    struct Fuse {};

    struct Strip {
        std::string content;
        std::size_t start = 0;
        std::size_t stop = 0;
    };

    struct Spaces {
        std::string replacement;
        bool drop_first = true;
    };

    struct ByteLetters {};  ///< letters that stand for bytes (byte_words.h)

    using Step = std::variant<Replace, ByteFallback, Fuse, Strip, Spaces, ByteLetters>;

    void add(const nlohmann::json& spec, int depth);

    static void run(const Replace& step, std::vector<std::string>& tokens);
    static void run(const ByteFallback& step, std::vector<std::string>& tokens);
    static void run(const Fuse& step, std::vector<std::string>& tokens);
    static void run(const Strip& step, std::vector<std::string>& tokens);
    static void run(const Spaces& step, std::vector<std::string>& tokens);
    static void run(const ByteLetters& step, std::vector<std::string>& tokens);

    std::vector<Step> steps_;
};

}  // namespace prunescope
