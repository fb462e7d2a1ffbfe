#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace prunescope {

/// A token that is found in the text before anything else happens to it.
struct AddedToken {
    std::int64_t id = 0;
    std::string content;
    bool single_word = false;  ///< only where no letter or digit touches it
    bool lstrip = false;       ///< swallows the white space before it
    bool rstrip = false;       ///< swallows the white space after it
    bool normalized = false;   ///< looked for in the normalised text
    bool special = false;      ///< left out of decoded text
};

/// A piece of a text: an added token or text between them.
struct Segment {
    std::string_view text;
    std::optional<std::int64_t> id;  ///< set for an added token
};

/// Finds added tokens: leftmost first, the longest of those that start there.
class AddedTokenFinder {
public:
    /// `pattern` is the content as it is to be found (normalised for normalised tokens).
    void add(const AddedToken& token, std::string_view pattern);

    std::vector<Segment> split(std::string_view text) const;

private:
    struct Match {
        std::size_t token = 0;  ///< index in tokens_
        std::size_t length = 0;
    };

    std::optional<Match> matchAt(std::string_view text, std::size_t at) const;

    std::vector<AddedToken> tokens_;
    std::unordered_map<std::uint64_t, std::uint32_t> edges_;  ///< node * 256 + byte -> node
    std::unordered_map<std::uint32_t, std::size_t> ends_;     ///< node -> index in tokens_
    std::uint32_t n_nodes_ = 1;
};

}  // namespace prunescope
