#include "ui/services/samples.h"

#include "core/model/bundled.h"

#include <algorithm>

namespace prunescope {

std::vector<Sample> readSamples(const QString& model_directory) {
    std::vector<Sample> samples;
    for (const ModelSample& entry : samplesOf(model_directory.toStdString())) {
        const QString path = QString::fromStdString(entry.image.string());
        const QString prompt = QString::fromStdString(entry.prompt);
        auto found = std::ranges::find(samples, path, &Sample::path);
        if (found == samples.end()) {
            samples.push_back({path, {}, {}});
            found = std::prev(samples.end());
        }
        if (!found->prompts.contains(prompt)) {
            found->prompts << prompt;
        }
        if (!entry.boxes.empty()) {
            found->boxes[prompt] = entry.boxes;
        }
    }
    return samples;
}

}  // namespace prunescope
