#include "core/base/json.h"

#include "core/base/file.h"
#include "core/base/text.h"

#include <cmath>
#include <utility>
#include <vector>

namespace prunescope {

namespace {

using Json = nlohmann::json;

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

/// Builds the value from the parser's events within the limits. The library's own way to watch a
/// parse goes through all members of a container whenever one of them ends, which is quadratic.
class Builder : public Json::json_sax_t {
public:
    Builder(std::string_view text,
            const std::string& what,
            ErrorCode code,
            const JsonLimits& limits)
        : text_(text), what_(what), code_(code), limits_(limits) {}

    Json take() { return std::move(root_); }

    bool null() override { return add(nullptr); }

    bool boolean(bool value) override { return add(value); }

    bool number_integer(number_integer_t value) override { return add(value); }

    bool number_unsigned(number_unsigned_t value) override { return add(value); }

    bool number_float(number_float_t value, const string_t&) override { return add(value); }

    bool string(string_t& value) override { return add(std::move(value)); }

    bool binary(binary_t&) override { return false; }  // JSON text has none

    bool start_object(std::size_t) override { return open(Json::object()); }

    bool start_array(std::size_t) override { return open(Json::array()); }

    bool end_object() override { return close(); }

    bool end_array() override { return close(); }

    bool key(string_t& name) override {
        const auto [member, is_new] = open_.back()->emplace(std::move(name), nullptr);
        if (!is_new) {
            refuse(" has the key " + inQuotes(member.key()) + " twice in one object");
        }
        member_ = &member.value();
        return true;
    }

    bool parse_error(std::size_t byte, const std::string&, const Json::exception& error) override {
        refuse(" is not valid JSON at " + position(text_, byte) + ": " + cause(error.what()));
    }

private:
    /// Puts a value where the text says; containers stay where they are until they are closed.
    Json* place(Json&& value) {
        if (++values_ > limits_.max_values) {
            refuse(" has more than " + std::to_string(limits_.max_values) + " values");
        }
        if (open_.empty()) {
            root_ = std::move(value);
            return &root_;
        }
        if (open_.back()->is_array()) {
            return &open_.back()->emplace_back(std::move(value));
        }
        *member_ = std::move(value);
        return member_;
    }

    bool add(Json&& value) {
        place(std::move(value));
        return true;
    }

    bool open(Json&& container) {
        if (open_.size() >= static_cast<std::size_t>(limits_.max_depth)) {
            refuse(" is nested more than " + std::to_string(limits_.max_depth) + " levels deep");
        }
        open_.push_back(place(std::move(container)));
        return true;
    }

    bool close() {
        open_.pop_back();
        return true;
    }

    [[noreturn]] void refuse(const std::string& why) const { throw Error(code_, what_ + why); }

    std::string_view text_;
    const std::string& what_;
    ErrorCode code_;
    JsonLimits limits_;
    Json root_;
    std::vector<Json*> open_;  ///< containers that have begun and not ended, outermost first
    Json* member_ = nullptr;   ///< of the innermost object: where the next value goes
    std::size_t values_ = 0;
};

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
    Builder builder(text, what, code, limits);
    try {
        Json::sax_parse(text, &builder);
    } catch (const Json::exception& e) {
        throw Error(code, what + " is not valid JSON: " + cause(e.what()));
    }
    return builder.take();
}

Json readJsonFile(const std::filesystem::path& path, ErrorCode code, const JsonLimits& limits) {
    const std::vector<std::uint8_t> bytes = readFile(path, limits.max_bytes, code);
    const std::string_view text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
    return parseJson(text, inQuotes(path.string()), code, limits);
}

nlohmann::json finiteOrNull(const std::optional<double>& value) {
    return value && std::isfinite(*value) ? nlohmann::json(*value) : nlohmann::json(nullptr);
}

}  // namespace prunescope
