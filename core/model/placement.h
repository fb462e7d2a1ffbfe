#pragma once

#include <cstdint>
#include <string>

#include <ATen/core/Tensor.h>
#include <c10/core/Device.h>
#include <c10/core/ScalarType.h>

namespace prunescope {

/// Where and in which precision the model runs.
struct Placement {
    at::Device device;
    at::ScalarType dtype;
};

/// Resolves what was asked for. Device `auto`: the first GPU when LibTorch can use one. Dtype
/// `auto`: on a GPU as stored, on a CPU by hostDtype().
/// @param device    auto, cpu, cuda, cuda:N
/// @param dtype     auto, fp32, bf16, fp16
/// @param stored    the dtype most weights are stored in
/// @param elements  of all weights
/// @throws Error(Usage) for other words or a GPU that is not there
Placement choosePlacement(const std::string& device,
                          const std::string& dtype,
                          const std::string& stored,
                          std::uint64_t elements);

std::string nameOf(at::ScalarType dtype);

}  // namespace prunescope
