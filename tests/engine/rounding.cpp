#include "tests/engine/rounding.h"

#include "core/model/checkpoint.h"
#include "core/model/vlm_source.h"
#include "tests/engine/starter.h"

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <ATen/CPUGeneratorImpl.h>
#include <ATen/ops/randn.h>
#include <c10/core/InferenceMode.h>

namespace prunescope {

namespace {

constexpr double kNoise = 1e-7;  // float32 rounds by up to 6e-8

std::unique_ptr<Vlm> withNoise(std::uint64_t seed) {
    const c10::InferenceMode inference;
    const VlmConfig config = readConfig(kStarter);
    Checkpoint checkpoint = openCheckpoint(kStarter);
    const bool has_own_head = hasOwnHead(config, checkpoint);
    std::vector<ExpectedTensor> expected = expectedTensors(config, has_own_head);
    for (ExpectedTensor& tensor : nextLayerTensors(config, checkpoint)) {
        expected.push_back(std::move(tensor));
    }
    const Placement placement = choosePlacement("cpu", "fp32", "fp32", 0);
    WeightMap weights = loadWeights(expected, checkpoint, placement, {}, {});
    const auto generator = at::make_generator<at::CPUGeneratorImpl>(seed);
    for (const ExpectedTensor& tensor : expected) {
        const at::Tensor exact = weights.get(tensor.name);
        const at::Tensor noise = at::randn(exact.sizes(), generator, exact.options());
        weights.put(tensor.name, exact.mul(noise.mul(kNoise).add(1.0)));
    }
    LoadReport report = starter().report();
    report.fingerprint += "noise" + std::to_string(seed);
    return Vlm::assemble({std::move(report),
                          config,
                          placement,
                          loadTokenizer(kStarter),
                          readChatTemplate(kStarter),
                          readPreprocessConfig(kStarter, config.vision.image_size),
                          std::move(weights),
                          has_own_head});
}

}  // namespace

const Vlm& noisyStarter(int number) {
    static std::array<std::unique_ptr<Vlm>, kNoisyModels> models;
    std::unique_ptr<Vlm>& model = models.at(static_cast<std::size_t>(number));
    if (!model) {
        model = withNoise(static_cast<std::uint64_t>(number) + 1);
    }
    return *model;
}

bool selectsAlike(const RunTrace& a, const RunTrace& b) {
    if (a.views.size() != b.views.size()) {
        return false;
    }
    for (std::size_t v = 0; v < a.views.size(); ++v) {
        const ViewTrace& one = a.views[v];
        const ViewTrace& other = b.views[v];
        if (one.kept != other.kept || one.rows != other.rows ||
            one.shift.fired != other.shift.fired || one.shift.accepted != other.shift.accepted) {
            return false;
        }
    }
    return true;
}

bool isDecidedByRounding(const RunRequest& request, const RunTrace& cpu) {
    RunRequest selection = request;
    selection.want_answer = false;
    for (int number = 0; number < kNoisyModels; ++number) {
        StageCache cache;
        if (!selectsAlike(run({noisyStarter(number), cache, selection}), cpu)) {
            return true;
        }
    }
    return false;
}

}  // namespace prunescope
