#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace prunescope {

/// A model folder somebody could open, as far as its small files and weight headers tell.
struct ModelCandidate {
    std::string name;  ///< "llava-hf/llava-1.5-7b-hf", or the folder's name
    std::filesystem::path directory;
    std::string stored_dtype;
    std::uint64_t file_bytes = 0;
    std::uint64_t memory_needed =
        0;  ///< weights in the dtype `auto` would choose, plus working room
    std::uint64_t memory_available = 0;
    bool fits = true;
    std::string why_not;  ///< empty when it can be opened; else one sentence
};

/// Looks at one folder without loading it. Never throws: what is wrong is in `why_not`.
ModelCandidate inspectModel(const std::filesystem::path& directory);

/// Every `llava` snapshot in the user's Hugging Face cache: HF_HUB_CACHE, else HF_HOME/hub, else
/// XDG_CACHE_HOME/huggingface/hub, else ~/.cache/huggingface/hub; layout
/// models--ORG--NAME/snapshots/REVISION with symbolic links into blobs. The revision of refs/main
/// first. Other architectures are left out; a missing cache gives an empty list.
std::vector<ModelCandidate> findCachedModels();

/// Folders in `folder`, by name; none where it cannot be read.
std::vector<std::filesystem::path> foldersIn(const std::filesystem::path& folder);

/// The folder itself where it is a `llava` checkpoint, else those among the folders in it, by name.
/// At most 1,000 of them are looked at; what cannot be read gives an empty list.
std::vector<ModelCandidate> findModelsIn(const std::filesystem::path& folder);

/// MemAvailable of the host in bytes (0 when it cannot be told).
std::uint64_t availableMemory();

}  // namespace prunescope
