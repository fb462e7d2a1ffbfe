#pragma once

#include <filesystem>
#include <string>

namespace prunescope {

/// What is shipped beside the program: `share/prunescope` next to an installed `bin`, the source
/// tree's `resources` for a program run from its build folder.
std::filesystem::path resourceDirectory();

/// The model that answers without a download.
std::filesystem::path bundledModel();

struct BundledSample {
    std::filesystem::path image;
    std::string prompt;
};

/// The first sample picture of the bundled model with its first prompt.
/// @throws Error(Input) when the samples are missing or broken
BundledSample bundledSample();

}  // namespace prunescope
