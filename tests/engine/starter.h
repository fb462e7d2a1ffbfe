#pragma once

#include "core/model/vlm.h"

#include <filesystem>

namespace prunescope {

/// Folder of a small trained model that knows things in composed pictures by name.
const std::filesystem::path kStarter =
    std::filesystem::path(PRUNESCOPE_SOURCE_DIR) / "tests/golden/starter";

/// The same on the CPU in float32, loaded once for the whole program.
const Vlm& starter();

}  // namespace prunescope
