#pragma once

#include "core/base/json.h"
#include "core/engine/run.h"

#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace prunescope::testing {

/// Whole runs of the engine on the tiny towers of tests/golden/data/dcp.

using Patches = std::vector<std::int32_t>;

/// Settings by their outside names; what is not shared by all methods goes to `params`.
RunSettings goldenSettings(const nlohmann::json& values);

/// Within 1e-4, relative, of a value that is 1e-3 or more.
bool closeTo(double actual, double expected);

/// Patches that have a slot after a stage, ascending.
Patches patchesAfter(const StageTrace& stage);

/// The towers, each loaded once in float32 on the CPU, with a stage cache of its own.
class GoldenTowers {
public:
    /// @param picture  file name without .png
    RunTrace run(const std::string& tower,
                 const std::string& picture,
                 const std::string& question,
                 const RunSettings& settings);

private:
    std::map<std::string, std::unique_ptr<Vlm>> models_;
    std::map<std::string, StageCache> caches_;
};

}  // namespace prunescope::testing
