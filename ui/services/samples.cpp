#include "ui/services/samples.h"

#include <algorithm>

#include <QFile>
#include <QFileInfo>
#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>

namespace prunescope {

std::vector<Sample> readSamples(const QString& model_directory) {
    const QString folder = model_directory + "/samples/";
    QFile file(folder + "samples.json");
    std::vector<Sample> samples;
    if (!file.open(QIODevice::ReadOnly)) {
        return samples;
    }
    for (const QJsonValue& value : QJsonDocument::fromJson(file.readAll()).array()) {
        const QJsonObject entry = value.toObject();
        const QString name = QFileInfo(entry["image"].toString()).fileName();
        const QString path = folder + name;
        const QString prompt = entry["prompt"].toString();
        if (name.isEmpty() || prompt.isEmpty() || !QFileInfo::exists(path)) {
            continue;
        }
        const auto same = [&](const Sample& sample) { return sample.path == path; };
        auto found = std::find_if(samples.begin(), samples.end(), same);
        if (found == samples.end()) {
            samples.push_back({path, {}});
            found = std::prev(samples.end());
        }
        if (!found->prompts.contains(prompt)) {
            found->prompts << prompt;
        }
    }
    return samples;
}

}  // namespace prunescope
