#pragma once

#include "core/base/error.h"
#include "core/base/json.h"
#include "core/base/text.h"
#include "core/model/config.h"

#include <algorithm>
#include <array>
#include <string>
#include <string_view>
#include <utility>

namespace prunescope {

/// Typed and bounded reading of config.json; for the sources that do it.

[[noreturn]] inline void refuseConfig(const std::string& message, const std::string& hint = {}) {
    throw Error(ErrorCode::Model, message, hint);
}

/// One object of config.json with its name, so that every message says where the value stands.
/// A null counts as absent, as in Hugging Face's readers.
class ConfigSection {
public:
    ConfigSection(const nlohmann::json& values, std::string name)
        : values_(values), name_(std::move(name)) {}

    const nlohmann::json* find(const char* key) const {
        const auto it = values_.find(key);
        return it == values_.end() || it->is_null() ? nullptr : &*it;
    }

    int integer(const char* key, std::int64_t fallback, std::int64_t low, std::int64_t high) const {
        const nlohmann::json* value = find(key);
        if (value == nullptr) {
            return static_cast<int>(fallback);
        }
        if (!value->is_number_integer()) {
            refuseConfig(path(key) + " must be a whole number");
        }
        const bool huge =
            value->is_number_unsigned() && value->get<std::uint64_t>() > std::uint64_t{INT32_MAX};
        const std::int64_t number_value = huge ? INT64_MAX : value->get<std::int64_t>();
        if (number_value < low || number_value > high) {
            refuseConfig(path(key) + " is " + value->dump() + "; it must lie between " +
                         std::to_string(low) + " and " + std::to_string(high));
        }
        return static_cast<int>(number_value);
    }

    double real(const char* key, double fallback, double low, double high) const {
        const nlohmann::json* value = find(key);
        if (value == nullptr) {
            return fallback;
        }
        if (!value->is_number()) {
            refuseConfig(path(key) + " must be a number");
        }
        const double number_value = value->get<double>();
        if (!(number_value >= low && number_value <= high)) {
            refuseConfig(path(key) + " is " + number(number_value) + "; it must lie between " +
                         number(low) + " and " + number(high));
        }
        return number_value;
    }

    bool flag(const char* key, bool fallback) const {
        const nlohmann::json* value = find(key);
        if (value == nullptr) {
            return fallback;
        }
        if (!value->is_boolean()) {
            refuseConfig(path(key) + " must be true or false");
        }
        return value->get<bool>();
    }

    std::string text(const char* key, const std::string& fallback) const {
        const nlohmann::json* value = find(key);
        if (value == nullptr) {
            return fallback;
        }
        if (!value->is_string()) {
            refuseConfig(path(key) + " must be text");
        }
        return value->get<std::string>();
    }

    Activation activation(const char* key, const std::string& fallback) const {
        static constexpr std::array<std::pair<std::string_view, Activation>, 7> kNames{{
            {"quick_gelu", Activation::QuickGelu},
            {"gelu", Activation::Gelu},
            {"gelu_pytorch_tanh", Activation::GeluTanh},
            {"gelu_new", Activation::GeluTanh},
            {"silu", Activation::Silu},
            {"swish", Activation::Silu},
            {"relu", Activation::Relu},
        }};
        const std::string name = text(key, fallback);
        const auto* const it = std::find_if(
            kNames.begin(), kNames.end(), [&](const auto& entry) { return entry.first == name; });
        if (it == kNames.end()) {
            refuseConfig(path(key) + " is " + inQuotes(name) + ", an activation we do not have");
        }
        return it->second;
    }

    void refuse(const char* key, const std::string& why) const {
        const nlohmann::json* value = find(key);
        if (value != nullptr && !(value->is_boolean() && !value->get<bool>())) {
            refuseConfig(path(key) + " is set: " + why);
        }
    }

    std::string path(const char* key) const { return "config.json: " + name_ + key; }

private:
    const nlohmann::json& values_;
    std::string name_;
};

/// The largest values that are believed.
struct ConfigLimits {
    static constexpr int kWidth = 1 << 17;
    static constexpr int kLayers = 1000;
    static constexpr int kHeads = 4096;
    static constexpr int kVocabulary = 1 << 20;
    static constexpr int kPositions = 1 << 24;
    static constexpr int kImage = 8192;
    static constexpr int kPatches = 1 << 16;
};

/// An object, or an empty one where it is absent.
inline nlohmann::json objectAt(const ConfigSection& section, const char* key) {
    const nlohmann::json* value = section.find(key);
    if (value == nullptr) {
        return nlohmann::json::object();
    }
    if (!value->is_object()) {
        refuseConfig(section.path(key) + " must be an object");
    }
    return *value;
}

/// A CLIP vision tower's object. @throws Error(Model)
VisionConfig parseVisionConfig(const nlohmann::json& values);

}  // namespace prunescope
