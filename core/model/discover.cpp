#include "core/model/discover.h"

#include "core/base/error.h"
#include "core/base/json.h"
#include "core/base/text.h"
#include "core/model/checkpoint.h"
#include "core/model/config.h"
#include "core/model/precision.h"

#include <algorithm>
#include <cstdlib>
#include <exception>
#include <fstream>
#include <optional>
#include <system_error>

namespace prunescope {

namespace {

namespace fs = std::filesystem;

constexpr std::string_view kRepositoryPrefix = "models--";

/// "models--llava-hf--llava-1.5-7b-hf" -> "llava-hf/llava-1.5-7b-hf"
std::string repositoryName(std::string name) {
    name.erase(0, kRepositoryPrefix.size());
    const std::size_t dashes = name.find("--");
    if (dashes != std::string::npos) {
        name.replace(dashes, 2, "/");
    }
    return name;
}

std::optional<fs::path> variable(const char* name) {
    const char* value = std::getenv(name);
    return value == nullptr || *value == '\0' ? std::nullopt : std::optional<fs::path>(value);
}

std::optional<fs::path> cacheFolder() {
    if (const auto hub = variable("HF_HUB_CACHE")) {
        return *hub;
    }
    if (const auto home = variable("HF_HOME")) {
        return *home / "hub";
    }
    if (const auto cache = variable("XDG_CACHE_HOME")) {
        return *cache / "huggingface" / "hub";
    }
    if (const auto home = variable("HOME")) {
        return *home / ".cache" / "huggingface" / "hub";
    }
    return std::nullopt;
}

/// The revisions of a repository, that of refs/main first.
std::vector<fs::path> snapshotsOf(const fs::path& repository) {
    std::vector<fs::path> snapshots = foldersIn(repository / "snapshots");
    std::string main_revision;
    std::ifstream(repository / "refs" / "main") >> main_revision;
    std::stable_partition(snapshots.begin(), snapshots.end(), [&](const fs::path& path) {
        return path.filename() == main_revision;
    });
    return snapshots;
}

/// Whether config.json says `llava`. What cannot be read is not somebody's LLaVA model.
bool isLlava(const fs::path& directory) {
    try {
        const nlohmann::json config = readJsonFile(directory / "config.json");
        const auto type = config.is_object() ? config.find("model_type") : config.end();
        return config.is_object() && type != config.end() && *type == "llava";
    } catch (const std::exception&) {
        return false;
    }
}

void inspectInto(ModelCandidate& candidate) {
    const VlmConfig config = readConfig(candidate.directory);
    Checkpoint checkpoint = openCheckpoint(candidate.directory);
    candidate.stored_dtype = checkpoint.stored_dtype;
    candidate.file_bytes = checkpoint.file_bytes;
    const std::vector<ExpectedTensor> expected =
        expectedTensors(config, hasOwnHead(config, checkpoint));
    checkTensors(expected, checkpoint);
    const std::uint64_t weights = elementsOf(expected);
    const std::string dtype = hostDtype(weights, candidate.memory_available);
    candidate.memory_needed = weights * bytesPerElement(dtype) + workingBytes(config, dtype);
    candidate.fits =
        candidate.memory_available == 0 || candidate.memory_needed <= candidate.memory_available;
    if (!candidate.fits) {
        candidate.why_not = "It needs " + humanBytes(candidate.memory_needed) + " of memory; " +
                            humanBytes(candidate.memory_available) + " are free.";
    }
}

}  // namespace

std::vector<fs::path> foldersIn(const fs::path& folder) {
    std::vector<fs::path> result;
    std::error_code error;
    for (fs::directory_iterator it(folder, error), end; !error && it != end; it.increment(error)) {
        std::error_code ignored;
        if (it->is_directory(ignored)) {
            result.push_back(it->path());
        }
    }
    std::sort(result.begin(), result.end());
    return result;
}

std::string modelName(const fs::path& directory) {
    std::error_code error;
    fs::path path = fs::absolute(directory, error).lexically_normal();
    if (!path.has_filename()) {
        path = path.parent_path();
    }
    const fs::path snapshots = path.parent_path();
    const std::string repository = snapshots.parent_path().filename().string();
    if (snapshots.filename() == "snapshots" && repository.starts_with(kRepositoryPrefix)) {
        return repositoryName(repository);
    }
    return path.filename().string();
}

ModelCandidate inspectModel(const fs::path& directory) {
    ModelCandidate candidate;
    candidate.directory = directory;
    try {
        candidate.name = modelName(directory);
        candidate.memory_available = availableMemory();
        if (!fs::is_directory(directory)) {
            candidate.why_not = inQuotes(directory.string()) + " is not a folder.";
        } else if (!fs::exists(directory / "config.json")) {
            candidate.why_not = "The folder has no config.json.";
        } else {
            inspectInto(candidate);
        }
    } catch (const std::exception& e) {
        candidate.why_not = e.what();
    }
    return candidate;
}

std::vector<ModelCandidate> findCachedModels() {
    std::vector<ModelCandidate> result;
    const std::optional<fs::path> cache = cacheFolder();
    if (!cache) {
        return result;
    }
    for (const fs::path& repository : foldersIn(*cache)) {
        if (!repository.filename().string().starts_with(kRepositoryPrefix)) {
            continue;
        }
        for (const fs::path& snapshot : snapshotsOf(repository)) {
            if (isLlava(snapshot)) {
                result.push_back(inspectModel(snapshot));
            }
        }
    }
    return result;
}

std::vector<ModelCandidate> findModelsIn(const fs::path& folder) {
    constexpr std::size_t kMostFolders = 1000;
    if (isLlava(folder)) {
        return {inspectModel(folder)};
    }
    std::vector<ModelCandidate> result;
    std::vector<fs::path> inside = foldersIn(folder);
    inside.resize(std::min(inside.size(), kMostFolders));
    for (const fs::path& each : inside) {
        if (isLlava(each)) {
            result.push_back(inspectModel(each));
        }
    }
    return result;
}

std::uint64_t availableMemory() {
    std::ifstream info("/proc/meminfo");
    std::string key;
    std::uint64_t kilobytes = 0;
    std::string unit;
    while (info >> key >> kilobytes) {
        std::getline(info, unit);
        if (key == "MemAvailable:") {
            return kilobytes * 1024;
        }
    }
    return 0;
}

}  // namespace prunescope
