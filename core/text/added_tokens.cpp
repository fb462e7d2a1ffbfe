#include "core/text/added_tokens.h"

#include "core/text/utf8.h"

#include <algorithm>

namespace prunescope {

void AddedTokenFinder::add(const AddedToken& token, std::string_view pattern) {
    if (pattern.empty()) {
        return;
    }
    std::uint32_t node = 0;
    for (const char c : pattern) {
        const std::uint64_t key = std::uint64_t{node} << 8 | static_cast<unsigned char>(c);
        const auto [edge, is_new] = edges_.try_emplace(key, n_nodes_);
        n_nodes_ += is_new ? 1 : 0;
        node = edge->second;
    }
    ends_.try_emplace(node, tokens_.size());
    tokens_.push_back(token);
}

std::optional<AddedTokenFinder::Match> AddedTokenFinder::matchAt(std::string_view text,
                                                                 std::size_t at) const {
    std::optional<Match> longest;
    std::uint32_t node = 0;
    for (std::size_t i = at; i < text.size(); ++i) {
        const auto edge =
            edges_.find(std::uint64_t{node} << 8 | static_cast<unsigned char>(text[i]));
        if (edge == edges_.end()) {
            break;
        }
        node = edge->second;
        if (const auto end = ends_.find(node); end != ends_.end()) {
            longest = Match{end->second, i + 1 - at};
        }
    }
    return longest;
}

std::vector<Segment> AddedTokenFinder::split(std::string_view text) const {
    std::vector<Segment> segments;
    std::size_t done = 0;  // all before is in `segments`
    for (std::size_t at = 0; at < text.size();) {
        const std::optional<Match> match = matchAt(text, at);
        if (!match) {
            ++at;
            continue;
        }
        const AddedToken& token = tokens_[match->token];
        std::size_t begin = at;
        std::size_t end = at + match->length;
        at = end;
        if (begin < done || (token.single_word &&
                             ((begin > 0 && isWordPart(codePointBefore(text, begin).value)) ||
                              (end < text.size() && isWordPart(codePointAt(text, end).value))))) {
            continue;
        }
        while (token.lstrip && begin > done && isSpace(codePointBefore(text, begin).value)) {
            begin -= codePointBefore(text, begin).length;
        }
        while (token.rstrip && end < text.size() && isSpace(codePointAt(text, end).value)) {
            end += codePointAt(text, end).length;
        }
        if (begin > done) {
            segments.push_back({text.substr(done, begin - done), std::nullopt});
        }
        segments.push_back({text.substr(begin, end - begin), token.id});
        done = end;
    }
    if (done < text.size()) {
        segments.push_back({text.substr(done), std::nullopt});
    }
    return segments;
}

}  // namespace prunescope
