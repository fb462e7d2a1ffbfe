#include "ui/services/samples.h"

#include <algorithm>

#include <QFile>
#include <QFileInfo>
#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>

namespace prunescope {

namespace {

/// Those that are four numbers with a positive size; others are left out.
std::vector<RectF> boxesFrom(const QJsonValue& list) {
    std::vector<RectF> boxes;
    for (const QJsonValue& entry : list.toArray()) {
        const QJsonArray numbers = entry.toArray();
        const bool is_box = numbers.size() == 4 &&
                            std::all_of(numbers.begin(), numbers.end(), [](const QJsonValue& v) {
                                return v.isDouble();
                            });
        if (is_box && numbers[2].toDouble() > 0 && numbers[3].toDouble() > 0) {
            boxes.push_back({numbers[0].toDouble(),
                             numbers[1].toDouble(),
                             numbers[2].toDouble(),
                             numbers[3].toDouble()});
        }
    }
    return boxes;
}

}  // namespace

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
            samples.push_back({path, {}, {}});
            found = std::prev(samples.end());
        }
        if (!found->prompts.contains(prompt)) {
            found->prompts << prompt;
        }
        if (std::vector<RectF> boxes = boxesFrom(entry["boxes"]); !boxes.empty()) {
            found->boxes[prompt] = std::move(boxes);
        }
    }
    return samples;
}

}  // namespace prunescope
