#pragma once

#include "core/image/patch_grid.h"

#include <filesystem>
#include <string>
#include <vector>

namespace prunescope {

/// What is shipped with the program: `share/prunescope` beside an installed `bin`, else the source
/// tree's `resources`.
std::filesystem::path resourceDirectory();

/// The model that answers without a download. The folder need not exist.
std::filesystem::path bundledModel();

/// The sample set that is scored when none is given: 3,200 questions about 494 composed pictures
/// (resources/models/prunescope-mini/recipe/benchmark.py). The folder need not exist.
std::filesystem::path bundledBenchmark();

/// A picture that comes with a model, and a question about it.
struct ModelSample {
    std::filesystem::path image;
    std::string prompt;
    std::vector<RectF> boxes;  ///< in picture pixels, of the objects that the question is about;
                               ///< empty where they are not known

    bool operator==(const ModelSample&) const = default;
};

/// `<model_directory>/samples/samples.json`, a list of objects with `image` (a file beside it),
/// `prompt` and optionally `boxes` ([x, y, width, height] each); other keys are not read. Entries
/// without a picture or a prompt and boxes without a size are left out. A file that is missing or
/// no such list gives an empty list.
std::vector<ModelSample> samplesOf(const std::filesystem::path& model_directory);

/// The picture and question that are taken when none are given.
/// @throws Error(Input) when there are no samples
ModelSample bundledSample();

}  // namespace prunescope
