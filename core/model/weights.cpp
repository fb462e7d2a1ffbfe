#include "core/model/weights.h"

#include "core/base/error.h"
#include "core/base/stop.h"
#include "core/base/text.h"
#include "core/model/discover.h"
#include "core/model/precision.h"

#include <cstring>
#include <utility>

#include <ATen/ops/empty.h>
#include <ATen/ops/from_blob.h>

namespace prunescope {

namespace {

at::ScalarType storedType(const std::string& dtype) {
    if (dtype == "F16") {
        return at::kHalf;
    }
    if (dtype == "BF16") {
        return at::kBFloat16;
    }
    return dtype == "F64" ? at::kDouble : at::kFloat;
}

/// The tensor as it is stored: a view of the file, or a copy where its place is not aligned.
at::Tensor viewOf(const TensorSource& source) {
    const std::span<const std::byte> bytes = source.file->bytesOf(source.stored);
    const at::ScalarType type = storedType(source.stored.dtype);
    const auto options = at::TensorOptions().dtype(type).device(at::kCPU);
    const auto address = reinterpret_cast<std::uintptr_t>(bytes.data());
    if (address % c10::elementSize(type) != 0) {
        at::Tensor copy = at::empty(source.stored.shape, options);
        std::memcpy(copy.data_ptr(), bytes.data(), bytes.size());
        return copy;
    }
    // LibTorch has no read-only tensors; nothing here writes into a weight.
    auto* const data = const_cast<std::byte*>(bytes.data());
    return at::from_blob(
        data, source.stored.shape, [file = source.file](void*) {}, options);
}

void checkMemory(const std::vector<ExpectedTensor>& expected, const Placement& placement) {
    if (!placement.device.is_cpu()) {
        return;
    }
    const std::uint64_t needed = elementsOf(expected) * c10::elementSize(placement.dtype);
    const std::uint64_t available = availableMemory();
    if (available != 0 && needed > available) {
        throw Error(ErrorCode::OutOfMemory,
                    "The weights need " + humanBytes(needed) + " of memory in " +
                        nameOf(placement.dtype) + "; " + humanBytes(available) + " are free.",
                    placement.dtype == at::kFloat ? "Choose bf16, or a smaller model."
                                                  : "Close other programs, or choose a smaller "
                                                    "model.");
    }
}

}  // namespace

at::Tensor WeightMap::get(const std::string& name) const {
    const auto it = tensors_.find(name);
    require(it != tensors_.end(), "no weight " + name);
    return it->second;
}

Linear WeightMap::linear(const std::string& name) const {
    const auto bias = tensors_.find(name + ".bias");
    return {get(name + ".weight"), bias == tensors_.end() ? at::Tensor() : bias->second};
}

Norm WeightMap::norm(const std::string& name) const {
    const auto bias = tensors_.find(name + ".bias");
    return {get(name + ".weight"), bias == tensors_.end() ? at::Tensor() : bias->second};
}

std::uint64_t WeightMap::bytes() const {
    std::uint64_t sum = 0;
    for (const auto& [name, tensor] : tensors_) {
        sum += tensor.nbytes();
    }
    return sum;
}

WeightMap loadWeights(const std::vector<ExpectedTensor>& expected,
                      const Checkpoint& checkpoint,
                      const Placement& placement,
                      const std::function<void(std::uint64_t done, std::uint64_t total)>& progress,
                      const std::stop_token& stop) {
    checkMemory(expected, placement);
    std::uint64_t total = 0;
    for (const ExpectedTensor& want : expected) {
        const StoredTensor& stored = checkpoint.tensors.at(want.name).stored;
        total += stored.end - stored.begin;
    }
    WeightMap weights;
    std::uint64_t done = 0;
    for (const ExpectedTensor& want : expected) {
        throwIfStopped(stop);
        const TensorSource& source = checkpoint.tensors.at(want.name);
        weights.put(want.name, viewOf(source).to(placement.device, placement.dtype));
        done += source.stored.end - source.stored.begin;
        if (progress) {
            progress(done, total);
        }
    }
    return weights;
}

}  // namespace prunescope
