#pragma once

#include <filesystem>
#include <string>

namespace prunescope {

/// What is shipped with the program: `share/prunescope` beside an installed `bin`, else the source
/// tree's `resources`.
std::filesystem::path resourceDirectory();

/// The model that answers without a download. The folder need not exist.
std::filesystem::path bundledModel();

struct BundledSample {
    std::filesystem::path image;
    std::string prompt;
};

/// The picture and question that are taken when none are given.
/// @throws Error(Input) when the samples are missing or broken
BundledSample bundledSample();

}  // namespace prunescope
