#include "core/text/bpe_model.h"

#include "core/text/json_fields.h"
#include "core/text/utf8.h"

#include <array>
#include <optional>
#include <utility>

#include <queue>

namespace prunescope {

namespace {

constexpr std::size_t kMaxMerges = 1u << 21;

using Id = std::int32_t;

std::uint64_t pairKey(Id left, Id right) {
    return std::uint64_t{static_cast<std::uint32_t>(left)} << 32 |
           static_cast<std::uint32_t>(right);
}

struct Merge {
    std::int32_t rank = 0;
    Id id = 0;
};

/// One symbol of a word; a linked list, so that merging does not move the others.
struct Symbol {
    Id id = 0;
    std::int32_t previous = -1;
    std::int32_t next = -1;
    bool is_merged = false;  ///< swallowed by its left neighbour
};

struct Candidate {
    std::int32_t rank = 0;
    std::int32_t at = 0;
    Id id = 0;

    /// The queue's top is the lowest rank, among equals the leftmost.
    bool operator<(const Candidate& other) const {
        return rank != other.rank ? rank > other.rank : at > other.at;
    }
};

class BpeModel final : public SubwordModel {
public:
    Vocabulary vocabulary;
    std::unordered_map<std::uint64_t, Merge> merges;
    std::array<std::optional<Id>, 256> byte_ids{};
    std::optional<Id> unknown;
    std::string word_end;  ///< what the last character of a word carries, CLIP's "</w>"
    bool fuse_unknown = false;
    bool ignore_merges = false;

    void encode(std::string_view text, std::vector<std::int64_t>& ids) const override {
        if (ignore_merges) {
            if (const auto whole = vocabulary.find(std::string(text)); whole != vocabulary.end()) {
                ids.push_back(whole->second);
                return;
            }
        }
        std::vector<Symbol> symbols = characters(text);
        merge(symbols);
        for (std::int32_t at = symbols.empty() ? -1 : 0; at >= 0;) {
            const Symbol& symbol = symbols[static_cast<std::size_t>(at)];
            ids.push_back(symbol.id);
            at = symbol.next;
        }
    }

private:
    /// All bytes of a character as tokens, or nothing when one of them is not in the vocabulary.
    bool appendBytes(std::string_view character, std::vector<Id>& ids) const {
        for (const char c : character) {
            if (!byte_ids[static_cast<unsigned char>(c)]) {
                return false;
            }
        }
        for (const char c : character) {
            ids.push_back(*byte_ids[static_cast<unsigned char>(c)]);
        }
        return true;
    }

    /// A waiting unknown token comes after the bytes that follow it: the reference holds it back
    /// until the next character of the vocabulary, and so do we.
    std::vector<Symbol> characters(std::string_view text) const {
        std::vector<Id> ids;
        ids.reserve(text.size());
        bool has_unknown = false;
        for (std::size_t at = 0; at < text.size();) {
            const std::size_t length = codePointAt(text, at).length;
            const std::string_view character = text.substr(at, length);
            at += length;
            if (const auto found =
                    vocabulary.find(std::string(character) + (at == text.size() ? word_end : ""));
                found != vocabulary.end()) {
                if (std::exchange(has_unknown, false)) {
                    ids.push_back(*unknown);
                }
                ids.push_back(static_cast<Id>(found->second));
            } else if (!appendBytes(character, ids) && unknown) {
                if (has_unknown && !fuse_unknown) {
                    ids.push_back(*unknown);
                }
                has_unknown = true;
            }
        }
        if (has_unknown) {
            ids.push_back(*unknown);
        }
        std::vector<Symbol> symbols(ids.size());
        const auto n = static_cast<std::int32_t>(ids.size());
        for (std::int32_t i = 0; i < n; ++i) {
            symbols[static_cast<std::size_t>(i)] = {
                ids[static_cast<std::size_t>(i)], i - 1, i + 1 < n ? i + 1 : -1, false};
        }
        return symbols;
    }

    /// O(n log n): every merge adds at most two candidates.
    void merge(std::vector<Symbol>& symbols) const {
        std::priority_queue<Candidate> queue;
        const auto symbol = [&symbols](std::int32_t at) -> Symbol& {
            return symbols[static_cast<std::size_t>(at)];
        };
        const auto offer = [&](std::int32_t left) {
            if (left < 0 || symbol(left).next < 0) {
                return;
            }
            const auto found = merges.find(pairKey(symbol(left).id, symbol(symbol(left).next).id));
            if (found != merges.end()) {
                queue.push({found->second.rank, left, found->second.id});
            }
        };
        for (std::int32_t at = 0; at < static_cast<std::int32_t>(symbols.size()); ++at) {
            offer(at);
        }
        while (!queue.empty()) {
            const Candidate best = queue.top();
            queue.pop();
            Symbol& left = symbol(best.at);
            if (left.is_merged || left.next < 0) {
                continue;
            }
            Symbol& right = symbol(left.next);
            const auto found = merges.find(pairKey(left.id, right.id));
            if (found == merges.end() || found->second.id != best.id) {
                continue;  // one of the two has changed since
            }
            left.id = best.id;
            right.is_merged = true;
            left.next = right.next;
            if (left.next >= 0) {
                symbol(left.next).previous = best.at;
            }
            offer(left.previous);
            offer(best.at);
        }
    }
};

Id idIn(const Vocabulary& vocabulary, const std::string& token, const char* what) {
    const auto found = vocabulary.find(token);
    if (found == vocabulary.end()) {
        refuseTokenizer(std::string(what) + " " + inQuotes(token, 60) +
                        " is not in the vocabulary");
    }
    return static_cast<Id>(found->second);
}

/// "a b" in older files, ["a", "b"] in newer ones.
std::pair<std::string, std::string> mergePair(const nlohmann::json& item) {
    if (item.is_array() && item.size() == 2 && item[0].is_string() && item[1].is_string()) {
        return {item[0].get<std::string>(), item[1].get<std::string>()};
    }
    if (item.is_string()) {
        const auto& text = item.get_ref<const std::string&>();
        const std::size_t space = text.find(' ');
        if (space != std::string::npos && text.find(' ', space + 1) == std::string::npos) {
            return {text.substr(0, space), text.substr(space + 1)};
        }
    }
    refuseTokenizer(
        "a merge that is not a pair: " +
        inQuotes(item.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace), 60));
}

void readMerges(const nlohmann::json& spec, BpeModel& model) {
    const nlohmann::json* list = fieldOf(spec, "merges");
    if (list == nullptr || !list->is_array() || list->size() > kMaxMerges) {
        refuseTokenizer("\"merges\" is missing or not a list of at most " +
                        std::to_string(kMaxMerges) + " pairs");
    }
    model.merges.reserve(list->size());
    std::int32_t rank = 0;
    for (const nlohmann::json& item : *list) {
        const auto [left, right] = mergePair(item);
        const Id left_id = idIn(model.vocabulary, left, "a merge's part");
        const Id right_id = idIn(model.vocabulary, right, "a merge's part");
        const Id id = idIn(model.vocabulary, left + right, "a merge's result");
        model.merges.insert_or_assign(pairKey(left_id, right_id), Merge{rank++, id});
    }
}

void refuseUnsupported(const nlohmann::json& spec) {
    constexpr const char* kPrefix = "continuing_subword_prefix";
    if (fieldOf(spec, kPrefix) != nullptr && !textField(spec, kPrefix).empty()) {
        refuseTokenizer(inQuotes(kPrefix) + " is not supported");
    }
    const nlohmann::json* dropout = fieldOf(spec, "dropout");
    if (dropout != nullptr && !(dropout->is_number() && dropout->get<double>() == 0.0)) {
        refuseTokenizer("\"dropout\" would make the ids random");
    }
}

}  // namespace

Vocabulary readVocabulary(const nlohmann::json& spec) {
    const nlohmann::json* list = fieldOf(spec, "vocab");
    if (list == nullptr || !list->is_object() ||
        list->size() > static_cast<std::size_t>(kMaxVocabulary)) {
        refuseTokenizer("\"vocab\" is missing or does not have at most " +
                        std::to_string(kMaxVocabulary) + " entries");
    }
    Vocabulary vocabulary;
    vocabulary.reserve(list->size());
    for (const auto& [token, id] : list->items()) {
        if (!id.is_number_integer() || id < 0 || id >= kMaxVocabulary) {
            refuseTokenizer("the id of " + inQuotes(token, 60) + " is out of range");
        }
        if (token.size() > kMaxTokenBytes) {
            refuseTokenizer("a token of " + std::to_string(token.size()) + " bytes");
        }
        vocabulary.emplace(token, id.get<std::int64_t>());
    }
    return vocabulary;
}

std::unique_ptr<const SubwordModel> readBpeModel(const nlohmann::json& spec,
                                                 const Vocabulary& vocabulary) {
    refuseUnsupported(spec);
    auto model = std::make_unique<BpeModel>();
    model->vocabulary = vocabulary;
    model->fuse_unknown = switchField(spec, "fuse_unk", false);
    model->ignore_merges = switchField(spec, "ignore_merges", false);
    if (fieldOf(spec, "unk_token") != nullptr) {
        model->unknown = idIn(vocabulary, textField(spec, "unk_token"), "the unknown token");
    }
    if (fieldOf(spec, "end_of_word_suffix") != nullptr) {
        model->word_end = textField(spec, "end_of_word_suffix");
    }
    if (model->word_end.size() > kMaxTokenBytes) {
        refuseTokenizer("\"end_of_word_suffix\" has " + std::to_string(model->word_end.size()) +
                        " bytes");
    }
    if (switchField(spec, "byte_fallback", false)) {
        if (!model->word_end.empty()) {
            refuseTokenizer("\"end_of_word_suffix\" together with byte fallback is not supported");
        }
        constexpr std::string_view kDigits = "0123456789ABCDEF";
        for (std::size_t byte = 0; byte < 256; ++byte) {
            const std::string name =
                std::string("<0x") + kDigits[byte >> 4] + kDigits[byte & 15] + '>';
            if (const auto found = vocabulary.find(name); found != vocabulary.end()) {
                model->byte_ids[byte] = static_cast<Id>(found->second);
            }
        }
    }
    readMerges(spec, *model);
    return model;
}

}  // namespace prunescope
