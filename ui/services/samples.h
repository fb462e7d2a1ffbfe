#pragma once

#include <vector>

#include <QString>
#include <QStringList>

namespace prunescope {

/// A picture that comes with a model, and questions about it.
struct Sample {
    QString path;
    QStringList prompts;
};

/// `<model_directory>/samples/samples.json`: a list of {image, prompt, …}, grouped by picture.
/// Entries whose picture is missing are left out; no file gives an empty list.
std::vector<Sample> readSamples(const QString& model_directory);

}  // namespace prunescope
