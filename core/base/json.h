#pragma once

#include "core/base/error.h"

#include <cstddef>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

#include <nlohmann/json.hpp>

namespace prunescope {

/// Limits for JSON from outside. Time and memory grow in proportion to the text at worst.
struct JsonLimits {
    std::size_t max_bytes = 64u << 20;
    int max_depth = 64;
    /// Values of every kind together: a byte of text can ask for many bytes of memory. The largest
    /// tokenizers in use have two millions.
    std::size_t max_values = 4'000'000;
};

/// Parses one JSON value. Refuses duplicate keys, nesting or values beyond the limits, invalid
/// UTF-8, trailing text, NaN and Infinity: most parsers keep the last of two equal keys without a
/// word.
/// @param what  named in the message, e.g. "config.json"
/// @throws Error(code) with the position
nlohmann::json parseJson(std::string_view text,
                         const std::string& what,
                         ErrorCode code = ErrorCode::Model,
                         const JsonLimits& limits = {});

/// Reads and parses a regular file (never a FIFO or a device).
nlohmann::json readJsonFile(const std::filesystem::path& path,
                            ErrorCode code = ErrorCode::Model,
                            const JsonLimits& limits = {});

/// A number; null where there is none or JSON has no number for it (NaN, infinity).
nlohmann::json finiteOrNull(const std::optional<double>& value);

}  // namespace prunescope
