#include "core/model/bundled.h"

#include "core/base/json.h"

#include <system_error>

namespace prunescope {

namespace fs = std::filesystem;

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
    return resourceDirectory() / "models" / "starter";
}

BundledSample bundledSample() {
    const fs::path folder = bundledModel() / "samples";
    const auto samples = readJsonFile(folder / "samples.json", ErrorCode::Input);
    try {
        const auto& first = samples.at(0);
        return {folder / fs::path(first.at("image").get<std::string>()).filename(),
                first.at("prompt").get<std::string>()};
    } catch (const nlohmann::json::exception&) {
        throw Error(ErrorCode::Input,
                    "The bundled samples are not a list of pictures with prompts.",
                    "Give a picture with --image and a question with --prompt.");
    }
}

}  // namespace prunescope
