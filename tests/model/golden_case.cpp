#include "tests/model/golden_case.h"

#include "core/model/safetensors.h"
#include "tests/model/model_files.h"

#include <algorithm>
#include <cstring>

#include <ATen/TensorOperators.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/empty.h>

#include <gtest/gtest.h>

namespace prunescope::test {

std::map<std::string, at::Tensor> readTensors(const std::filesystem::path& path) {
    const auto file = SafetensorsFile::open(path);
    std::map<std::string, at::Tensor> result;
    for (const auto& [name, stored] : file->tensors()) {
        const auto type = stored.dtype == "F32"   ? at::kFloat
                          : stored.dtype == "I64" ? at::kLong
                                                  : at::kByte;
        at::Tensor tensor = at::empty(stored.shape, type);
        const auto bytes = file->bytesOf(stored);
        EXPECT_EQ(bytes.size(), tensor.nbytes()) << name;
        std::memcpy(tensor.data_ptr(), bytes.data(), bytes.size());
        result.emplace(name, tensor);
    }
    return result;
}

double relativeError(const at::Tensor& a, const at::Tensor& b) {
    EXPECT_EQ(a.sizes(), b.sizes());
    const at::Tensor wide = b.to(at::kDouble);
    return ((a.to(at::kCPU, at::kDouble) - wide).abs() / (wide.abs() + 1)).max().item<double>();
}

GoldenCase::GoldenCase(const std::string& name, const std::string& dtype) {
    const auto folder = goldenFolder(name);
    const auto facts = nlohmann::json::parse(readText(folder / "case.json"));
    expected_ = readTensors(goldenFolder(facts.at("expected").get<std::string>()));
    LoadOptions options;
    options.device = "cpu";
    options.dtype = dtype;
    options.threads = 1;  // models this small only lose by sharing work
    vlm_ = Vlm::load(folder, options);
}

std::vector<std::int64_t> GoldenCase::ids(const std::string& name) const {
    const at::Tensor tensor = expected(name);
    const auto* const data = tensor.const_data_ptr<std::int64_t>();
    return {data, data + tensor.numel()};
}

View GoldenCase::view() const {
    const at::Tensor pixels = expected("pixel_values");
    View view;
    const auto* const data = pixels.const_data_ptr<float>();
    view.pixels.assign(data, data + pixels.numel());
    view.height = static_cast<int>(pixels.size(2));
    view.width = static_cast<int>(pixels.size(3));
    const int side = view.width / vlm().patchSize();
    view.grid = {side, side, vlm().patchSize()};
    return view;
}

at::Tensor GoldenCase::features(const EncoderOutput& output) const {
    return vlm().keepsCls() ? at::cat({output.cls_features, output.features}, 0) : output.features;
}

at::Tensor GoldenCase::embeddings(const at::Tensor& visual) const {
    const std::vector<std::int64_t> all = ids("input_ids");
    const auto first = std::find(all.begin(), all.end(), vlm().imageTokenId());
    const auto last =
        std::find_if(first, all.end(), [&](std::int64_t id) { return id != vlm().imageTokenId(); });
    return at::cat({vlm().embed({all.begin(), first}), visual, vlm().embed({last, all.end()})}, 0);
}

}  // namespace prunescope::test
