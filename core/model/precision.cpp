#include "core/model/precision.h"

#include <algorithm>

namespace prunescope {

std::uint64_t elementsOf(const std::vector<ExpectedTensor>& tensors) {
    std::uint64_t sum = 0;
    for (const ExpectedTensor& tensor : tensors) {
        std::uint64_t product = 1;
        for (const std::int64_t extent : tensor.shape) {
            product *= static_cast<std::uint64_t>(extent);
        }
        sum += product;
    }
    return sum;
}

std::uint64_t bytesPerElement(const std::string& dtype) {
    return dtype == "fp32" ? 4 : 2;
}

std::uint64_t workingBytes(const VlmConfig& config, const std::string& dtype) {
    const auto size = [](int value) { return static_cast<std::uint64_t>(value); };
    const TextConfig& text = config.text;
    // A longer context than this is not asked for by one picture and one question.
    const std::uint64_t positions = size(std::min(text.max_positions, 4096));
    const std::uint64_t cache =
        2 * size(text.layers) * size(text.kv_heads) * size(text.head_dim) * positions;
    const std::uint64_t widest = std::max(size(text.intermediate_size), size(text.hidden_size) * 4);
    const std::uint64_t activations = widest * std::min<std::uint64_t>(positions, 1024) * 4;
    constexpr std::uint64_t kLibraries = 200u << 20;
    return (cache + activations) * bytesPerElement(dtype) + kLibraries;
}

std::string hostDtype(std::uint64_t elements, std::uint64_t available) {
    constexpr std::uint64_t kPercent = 40;
    const bool fits = available == 0 || elements * 4 < available / 100 * kPercent;
    return fits ? "fp32" : "bf16";
}

}  // namespace prunescope
