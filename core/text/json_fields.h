#pragma once

#include "core/base/error.h"
#include "core/base/text.h"

#include <string>

#include <nlohmann/json.hpp>

namespace prunescope {

/// Typed reading of tokenizer files: a wrong type is a sentence that names the field.

[[noreturn]] inline void refuseTokenizer(const std::string& message, const std::string& hint = {}) {
    throw Error(ErrorCode::Model, "The tokenizer cannot be used: " + message, hint);
}

/// The value of a key, or nullptr when it is absent or null.
inline const nlohmann::json* fieldOf(const nlohmann::json& object, const char* key) {
    if (!object.is_object()) {
        return nullptr;
    }
    const auto it = object.find(key);
    return it == object.end() || it->is_null() ? nullptr : &*it;
}

inline std::string textField(const nlohmann::json& object, const char* key) {
    const nlohmann::json* value = fieldOf(object, key);
    if (value == nullptr || !value->is_string()) {
        refuseTokenizer(inQuotes(key) + " is missing or not a text");
    }
    return value->get<std::string>();
}

inline bool switchField(const nlohmann::json& object, const char* key, bool fallback) {
    const nlohmann::json* value = fieldOf(object, key);
    if (value == nullptr) {
        return fallback;
    }
    if (!value->is_boolean()) {
        refuseTokenizer(inQuotes(key) + " is neither true nor false");
    }
    return value->get<bool>();
}

/// Of Replace steps: `{"String": "…"}`. Regular expressions from a file are not run.
inline std::string patternField(const nlohmann::json& object) {
    const nlohmann::json* pattern = fieldOf(object, "pattern");
    if (pattern == nullptr || fieldOf(*pattern, "String") == nullptr) {
        refuseTokenizer("a Replace step without a plain text pattern");
    }
    const std::string text = textField(*pattern, "String");
    if (text.empty()) {
        refuseTokenizer("a Replace step with an empty pattern");
    }
    return text;
}

}  // namespace prunescope
