#include "core/base/json.h"

#include "core/base/file.h"
#include "core/base/text.h"

#include <unordered_set>
#include <vector>

namespace prunescope {

namespace {

using Json = nlohmann::json;

/// Watches the parser's events for what it would let pass: equal keys and deep nesting.
class Watch {
public:
    Watch(const std::string& what, ErrorCode code, int max_depth)
        : what_(what), code_(code), max_depth_(max_depth) {}

    bool operator()(int /*depth*/, Json::parse_event_t event, Json& parsed) {
        switch (event) {
            case Json::parse_event_t::object_start:
            case Json::parse_event_t::array_start:
                open();
                break;
            case Json::parse_event_t::object_end:
            case Json::parse_event_t::array_end:
                keys_.pop_back();
                break;
            case Json::parse_event_t::key:
                addKey(parsed.get_ref<const std::string&>());
                break;
            case Json::parse_event_t::value:
                break;
        }
        return true;
    }

private:
    void open() {
        if (keys_.size() >= static_cast<std::size_t>(max_depth_)) {
            throw Error(
                code_,
                what_ + " is nested more than " + std::to_string(max_depth_) + " levels deep");
        }
        keys_.emplace_back();
    }

    void addKey(const std::string& key) {
        if (!keys_.back().insert(key).second) {
            throw Error(code_, what_ + " has the key " + inQuotes(key) + " twice in one object");
        }
    }

    const std::string& what_;
    ErrorCode code_;
    int max_depth_;
    std::vector<std::unordered_set<std::string>> keys_;  ///< one set for each open bracket
};

/// "line 3, column 14" of a byte offset.
std::string position(std::string_view text, std::size_t byte) {
    std::size_t line = 1;
    std::size_t column = 1;
    for (const char c : text.substr(0, byte > 0 ? byte - 1 : 0)) {
        ++column;
        if (c == '\n') {
            ++line;
            column = 1;
        }
    }
    return "line " + std::to_string(line) + ", column " + std::to_string(column);
}

/// The parser's own words without its tag, position and the quoted text.
std::string cause(const std::string& message) {
    const std::size_t colon = message.find(": ");
    std::string words = colon == std::string::npos ? message : message.substr(colon + 2);
    const std::size_t end = words.find("; last read");
    return inQuotes(end == std::string::npos ? words : words.substr(0, end), 200);
}

}  // namespace

Json parseJson(std::string_view text,
               const std::string& what,
               ErrorCode code,
               const JsonLimits& limits) {
    if (text.size() > limits.max_bytes) {
        throw Error(code,
                    what + " has " + humanBytes(text.size()) + "; at most " +
                        humanBytes(limits.max_bytes) + " are read");
    }
    // The parser takes a zero byte for the end and would let text after it pass.
    if (const std::size_t zero = text.find('\0'); zero != std::string_view::npos) {
        throw Error(code, what + " is not valid JSON: a zero byte at " + position(text, zero + 1));
    }
    Watch watch(what, code, limits.max_depth);
    try {
        return Json::parse(text, [&watch](int depth, Json::parse_event_t event, Json& parsed) {
            return watch(depth, event, parsed);
        });
    } catch (const Json::parse_error& e) {
        throw Error(
            code,
            what + " is not valid JSON at " + position(text, e.byte) + ": " + cause(e.what()));
    } catch (const Json::exception& e) {
        throw Error(code, what + " is not valid JSON: " + cause(e.what()));
    }
}

Json readJsonFile(const std::filesystem::path& path, ErrorCode code, const JsonLimits& limits) {
    const std::vector<std::uint8_t> bytes = readFile(path, limits.max_bytes, code);
    const std::string_view text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
    return parseJson(text, inQuotes(path.string()), code, limits);
}

}  // namespace prunescope
