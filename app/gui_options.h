#pragma once

#include "core/trace/settings.h"

#include <optional>
#include <string>

namespace prunescope {

/// What the window is started with. Empty: not given.
struct GuiOptions {
    std::string model;
    std::string image;
    std::string prompt;
    std::string device;
    std::string dtype;
    int threads = 0;
    RunSettings settings;
    std::string screenshot_dir;
    bool reset_settings = false;
    bool no_gallery_run = false;
};

/// The exit status where the program ends here (--help, a wrong option); else nothing.
std::optional<int> parseGuiOptions(int argc, char** argv, GuiOptions& options);

}  // namespace prunescope
