#pragma once

#include "core/trace/run_trace.h"

#include <string>
#include <string_view>

namespace prunescope {

inline constexpr const char* kTraceSchema = "prunescope.trace/1";

/// The trace as JSON, schema kTraceSchema (design.md 6.2). Round trip is exact.
std::string traceToJson(const RunTrace& trace);

/// @throws Error(Input): not a trace, a newer major version, values out of range
RunTrace traceFromJson(std::string_view json);

/// The settings of a run, as in the trace's "settings".
std::string settingsToJson(const RunSettings& settings);

/// @throws Error(Input): missing members, wrong types, unknown names
RunSettings settingsFromJson(std::string_view json);

/// The summary `prunescope-cli run --json` prints, schema "prunescope.run/1" (design.md 6.1).
std::string runToJson(const RunTrace& trace);

}  // namespace prunescope
