#pragma once

#include "core/image/patch_grid.h"

#include <map>
#include <vector>

#include <QString>
#include <QStringList>

namespace prunescope {

/// A picture that comes with a model, and questions about it.
struct Sample {
    QString path;
    QStringList prompts;
    std::map<QString, std::vector<RectF>> boxes = {};  ///< by prompt; of what it asks about
};

/// `<model_directory>/samples/samples.json`: a list of {image, prompt, …}, grouped by picture.
/// An entry may have `boxes`, a list of [x, y, width, height] in picture pixels.
/// Entries whose picture is missing are left out; no file gives an empty list.
std::vector<Sample> readSamples(const QString& model_directory);

}  // namespace prunescope
