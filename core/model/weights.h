#pragma once

#include "core/model/checkpoint.h"
#include "core/model/placement.h"

#include <cstdint>
#include <functional>
#include <map>
#include <stop_token>
#include <string>
#include <vector>

#include <ATen/core/Tensor.h>

namespace prunescope {

/// A matrix product with an optional bias: y = x W^T + b.
struct Linear {
    at::Tensor weight;  ///< [out, in]
    at::Tensor bias;    ///< [out] or undefined
};

/// Scale and shift of a LayerNorm; an RMSNorm has no bias.
struct Norm {
    at::Tensor weight;  ///< [D]
    at::Tensor bias;    ///< [D] or undefined
};

/// The tensors of a model by canonical name, in the precision and on the device they run on.
class WeightMap {
public:
    void put(const std::string& name, at::Tensor tensor) { tensors_[name] = std::move(tensor); }

    bool has(const std::string& name) const { return tensors_.contains(name); }

    at::Tensor get(const std::string& name) const;
    Linear linear(const std::string& name) const;  ///< name.weight, name.bias if there
    Norm norm(const std::string& name) const;

    std::uint64_t bytes() const;

private:
    std::map<std::string, at::Tensor> tensors_;
};

/// Reads and converts what checkTensors() has found to be there. A tensor that is stored as it runs
/// is used where it is mapped: never write into one.
/// @throws Error(OutOfMemory) before anything is read when the host has too little; Cancelled
WeightMap loadWeights(const std::vector<ExpectedTensor>& expected,
                      const Checkpoint& checkpoint,
                      const Placement& placement,
                      const std::function<void(std::uint64_t done, std::uint64_t total)>& progress,
                      const std::stop_token& stop);

}  // namespace prunescope
