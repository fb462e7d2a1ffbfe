#include "app/gui_options.h"

#include "core/base/error.h"
#include "core/prune/catalog.h"

#include <iostream>

#include <CLI/CLI.hpp>

namespace prunescope {

std::optional<int> parseGuiOptions(int argc, char** argv, GuiOptions& options) {
    CLI::App app("Inspect the pruning of visual tokens in LLaVA models", "prunescope");
    app.add_option("--model", options.model, "Model folder (default: the bundled model)");
    app.add_option("--image,image", options.image, "Picture or session file");
    app.add_option("--prompt", options.prompt, "Question");
    app.add_option("--method", options.settings.method, "Pruning method")->capture_default_str();
    app.add_option("--budget", options.settings.budget, "Kept tokens")->capture_default_str();
    app.add_option("--tau", options.settings.tau, "Threshold")->capture_default_str();
    app.add_option(
        "--device", options.device, "auto, cpu, cuda or cuda:N (default: as last chosen)");
    app.add_option("--dtype", options.dtype, "auto, fp32, bf16 or fp16 (default: as last chosen)");
    app.add_option("--threads", options.threads, "CPU threads (0: as many as there are cores)");
    app.add_option("--screenshot-dir",
                   options.screenshot_dir,
                   "Write pictures of the window's states into this folder, then end");
    app.add_flag("--reset-settings", options.reset_settings, "Forget layout and preferences");
    app.add_flag("--no-gallery-run",
                 options.no_gallery_run,
                 "Do not open the first sample picture at the start");
    try {
        app.parse(argc, argv);
    } catch (const CLI::ParseError& error) {
        return app.exit(error) == 0 ? 0 : exitCode(ErrorCode::Usage);
    }
    for (const Problem& problem : checkSettings(options.settings)) {
        std::cerr << "prunescope: " << problem.message << '\n';
        return exitCode(ErrorCode::Usage);
    }
    return std::nullopt;
}

}  // namespace prunescope
