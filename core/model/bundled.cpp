#include "core/model/bundled.h"

#include "core/base/json.h"

#include <algorithm>
#include <system_error>
#include <utility>

namespace prunescope {

namespace fs = std::filesystem;

namespace {

std::string textOf(const nlohmann::json& entry, const char* key) {
    const auto found = entry.is_object() ? entry.find(key) : entry.end();
    return found != entry.end() && found->is_string() ? found->get<std::string>() : std::string();
}

// Those that are four numbers with a positive size.
std::vector<RectF> boxesOf(const nlohmann::json& entry) {
    std::vector<RectF> out;
    const auto boxes = entry.is_object() ? entry.find("boxes") : entry.end();
    if (boxes == entry.end() || !boxes->is_array()) {
        return out;
    }
    for (const nlohmann::json& box : *boxes) {
        const bool is_box = box.is_array() && box.size() == 4 &&
                            std::ranges::all_of(box, &nlohmann::json::is_number);
        if (is_box && box[2].get<double>() > 0 && box[3].get<double>() > 0) {
            out.push_back({box[0], box[1], box[2], box[3]});
        }
    }
    return out;
}

}  // namespace

fs::path resourceDirectory() {
    std::error_code error;
    const fs::path program = fs::read_symlink("/proc/self/exe", error);
    if (!error) {
        const fs::path installed = program.parent_path().parent_path() / "share" / "prunescope";
        if (fs::is_directory(installed, error)) {
            return installed;
        }
    }
    return fs::path(PRUNESCOPE_SOURCE_DIR) / "resources";
}

fs::path bundledModel() {
    return resourceDirectory() / "models" / "prunescope-mini";
}

fs::path bundledBenchmark() {
    return resourceDirectory() / "benchmark";
}

std::vector<ModelSample> samplesOf(const fs::path& model_directory) {
    const fs::path folder = model_directory / "samples";
    std::error_code error;
    if (!fs::is_regular_file(folder / "samples.json", error)) {
        return {};
    }
    nlohmann::json list;
    try {
        list = readJsonFile(folder / "samples.json", ErrorCode::Input);
    } catch (const Error&) {
        return {};  // samples are a convenience: a model is none the worse for broken ones
    }
    std::vector<ModelSample> out;
    for (const nlohmann::json& entry : list.is_array() ? list : nlohmann::json::array()) {
        ModelSample sample{folder / fs::path(textOf(entry, "image")).filename(),
                           textOf(entry, "prompt"),
                           boxesOf(entry)};
        if (!sample.prompt.empty() && fs::is_regular_file(sample.image, error)) {
            out.push_back(std::move(sample));
        }
    }
    return out;
}

ModelSample bundledSample() {
    const std::vector<ModelSample> samples = samplesOf(bundledModel());
    if (samples.empty()) {
        throw Error(ErrorCode::Input,
                    "The bundled samples are not a list of pictures with prompts.",
                    "Give a picture with --image and a question with --prompt.");
    }
    return samples.front();
}

}  // namespace prunescope
