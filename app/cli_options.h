#pragma once

#include "core/engine/request.h"
#include "core/trace/settings.h"

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

namespace CLI {
class App;
}

namespace prunescope {

/// What `run` and `dump` are asked, as typed. Names are the long options' names.
struct RunArguments {
    std::string model;
    std::string image;
    std::string prompt;
    std::string trigger = "auto";
    std::string image_mode = "crop";
    std::string place = "encoder";
    std::string device = "auto";
    std::string dtype = "auto";
    int threads = 0;
    std::string text_tower;
    std::vector<std::string> set;
    std::vector<std::string> pin;
    std::vector<std::string> ban;
    RunSettings settings;
};

/// Adds the options of a run to a subcommand; they are written into `arguments`.
void addRunOptions(CLI::App& command, RunArguments& arguments);

/// Parts of these, for subcommands with several pictures or methods: where the model is and runs;
/// what all methods share.
void addModelOptions(CLI::App& command, RunArguments& arguments);
void addSharedOptions(CLI::App& command, RunArguments& arguments);

/// One of the model's options alone, for commands that take the model in another way.
void addTextTowerOption(CLI::App& command, RunArguments& arguments);

/// Pins and bans, written as patch_rules.h reads them.
void addRuleOptions(CLI::App& command, RunArguments& arguments);

/// Puts what --pin and --ban say into the settings.
/// @throws Error(Usage)
void readRules(const RunArguments& arguments, RunSettings& settings);

/// Decodes a picture; what was done to it on the way is said on stderr.
/// @throws Error(Input)
std::shared_ptr<const Image> openPicture(const std::filesystem::path& path);

/// The settings as the engine takes them: names looked up, --set values typed by the catalog.
/// @throws Error(Usage) naming the option
RunSettings settingsFrom(const RunArguments& arguments);

/// Picture and prompt as given, or the bundled ones.
/// @throws Error(Input)
RunRequest requestFrom(const RunArguments& arguments);

}  // namespace prunescope
