#include "core/engine/stage_cache.h"

#include <algorithm>

namespace prunescope {

namespace {

struct StageLimit {
    const char* name;
    std::size_t capacity;
};

// What an entry weighs decides how many stay: hidden states of a whole pass are tens of megabytes,
// a selection or a null band a few kilobytes.
constexpr std::array<StageLimit, kCachedStages> kLimits{{
    {"preprocess", 8},
    {"features", 3},
    {"reference", 48},
    {"encoder_pass", 48},
    {"projection", 12},  // up to three of a view: Z, and both sides of CLIP's space
    {"breakpoint", 4096},
    {"selection", 256},
    {"null_band", 4096},
    {"curve_point", 4096},
    {"decoder_pass", 24},
    {"prefix", 4},
    {"answer", 256},
    {"attribution", 4096},
}};

}  // namespace

std::string nameOf(CachedStage stage) {
    return kLimits[static_cast<std::size_t>(stage)].name;
}

StageCache::StageCache() {
    for (std::size_t i = 0; i < shelves_.size(); ++i) {
        shelves_[i].capacity = kLimits[i].capacity;
    }
}

std::uint64_t StageCache::hashOf(const std::shared_ptr<const Image>& image) {
    if (image != hashed_) {
        hash_ = contentHash(*image);
        hashed_ = image;
    }
    return hash_;
}

bool StageCache::contains(CachedStage stage, std::uint64_t key) const {
    const auto& entries = shelves_[static_cast<std::size_t>(stage)].entries;
    return std::any_of(
        entries.begin(), entries.end(), [key](const auto& entry) { return entry.first == key; });
}

std::vector<StageCounter> StageCache::counters() const {
    std::vector<StageCounter> out;
    for (std::size_t i = 0; i < shelves_.size(); ++i) {
        out.push_back({kLimits[i].name, shelves_[i].hits, shelves_[i].misses});
    }
    return out;
}

void StageCache::clear() {
    for (Shelf& shelf : shelves_) {
        shelf.entries.clear();
    }
}

std::shared_ptr<const void> StageCache::Shelf::find(std::uint64_t key) {
    const auto found = std::find_if(
        entries.begin(), entries.end(), [key](const auto& entry) { return entry.first == key; });
    if (found == entries.end()) {
        return nullptr;
    }
    entries.splice(entries.begin(), entries, found);
    return entries.front().second;
}

void StageCache::Shelf::put(std::uint64_t key, std::shared_ptr<const void> value) {
    entries.emplace_front(key, std::move(value));
    if (entries.size() > capacity) {
        entries.pop_back();
    }
}

}  // namespace prunescope
