#include "tests/engine/golden_run.h"

#include "core/image/decode.h"

#include <algorithm>
#include <cmath>

namespace prunescope::testing {

using nlohmann::json;

RunSettings goldenSettings(const json& values) {
    RunSettings s;
    for (const auto& [name, value] : values.items()) {
        if (name == "method") {
            s.method = value.get<std::string>();
        } else if (name == "budget") {
            s.budget = value.get<int>();
        } else if (name == "tau") {
            s.tau = value.get<double>();
        } else if (name == "phi") {
            s.phi = value.get<double>();
        } else if (name == "seed") {
            s.seed = value.get<std::uint64_t>();
        } else if (name == "trigger") {
            s.trigger = triggerFrom(value.get<std::string>());
        } else if (value.is_boolean()) {
            s.params[name] = value.get<bool>() ? 1.0 : 0.0;
        } else if (value.is_number()) {
            s.params[name] = value.get<double>();
        } else {
            s.params[name] = value.get<std::string>();
        }
    }
    return s;
}

bool closeTo(double actual, double expected) {
    return std::abs(actual - expected) <= 1e-4 * std::max(std::abs(expected), 1e-3);
}

Patches patchesAfter(const StageTrace& stage) {
    Patches kept;
    for (std::size_t p = 0; p < stage.slot_from_patch.size(); ++p) {
        if (stage.slot_from_patch[p] >= 0) {
            kept.push_back(static_cast<std::int32_t>(p));
        }
    }
    return kept;
}

RunTrace GoldenTowers::run(const std::string& tower,
                           const std::string& picture,
                           const std::string& question,
                           const RunSettings& settings) {
    const auto folder = std::filesystem::path(PRUNESCOPE_TEST_DATA) / "dcp" / tower;
    auto& vlm = models_[tower];
    if (!vlm) {
        vlm = Vlm::load(folder, {.device = "cpu", .dtype = "fp32"});
    }
    RunRequest request;
    request.settings = settings;
    request.settings.max_new_tokens = 1;
    request.prompt = question;
    request.image = std::make_shared<const Image>(loadImage(folder / (picture + ".png")).image);
    request.want_answer = false;
    return prunescope::run({*vlm, caches_[tower], request});
}

}  // namespace prunescope::testing
