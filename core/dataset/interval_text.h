#pragma once

#include "core/dataset/statistics.h"

#include <optional>
#include <string>

#include <nlohmann/json.hpp>

namespace prunescope {

/// {"value", "low", "high"}; null where there is none.
nlohmann::ordered_json intervalJson(const std::optional<Interval>& interval);

/// Three fields of a CSV line, empty where there is none.
std::string intervalCsv(const std::optional<Interval>& interval);

}  // namespace prunescope
