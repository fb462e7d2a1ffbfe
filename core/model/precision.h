#pragma once

#include "core/model/checkpoint.h"
#include "core/model/config.h"

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace prunescope {

/// How much memory a model takes and in which precision it runs, as plain numbers.

std::uint64_t elementsOf(const std::vector<ExpectedTensor>& tensors);

/// 2 for "bf16" and "fp16", 4 for "fp32".
std::uint64_t bytesPerElement(const std::string& dtype);

/// What a run needs beside the weights: the key-value cache of a full context, activations.
std::uint64_t workingBytes(const VlmConfig& config, const std::string& dtype);

/// What `auto` means on a CPU: fp32 where the weights then take less than 40 % of the free memory,
/// else bf16. fp16 checkpoints run as bf16 rather than fp16: few CPUs compute in fp16.
std::string hostDtype(std::uint64_t elements, std::uint64_t available);

/// The repository's name in a Hugging Face cache, else the folder's.
std::string modelName(const std::filesystem::path& directory);

}  // namespace prunescope
