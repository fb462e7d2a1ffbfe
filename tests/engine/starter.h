#pragma once

#include "core/model/vlm.h"

#include <filesystem>

namespace prunescope {

/// Folder of the bundled model.
const std::filesystem::path kStarter =
    std::filesystem::path(PRUNESCOPE_SOURCE_DIR) / "resources/models/starter";

/// The bundled model on the CPU in float32, loaded once for the whole program.
const Vlm& starter();

}  // namespace prunescope
