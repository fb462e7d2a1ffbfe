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

/// The samples of a model folder (core/model/bundled.h), grouped by picture in their order.
std::vector<Sample> readSamples(const QString& model_directory);

}  // namespace prunescope
