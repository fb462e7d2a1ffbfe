#pragma once

#include "core/image/image.h"
#include "core/trace/run_trace.h"

#include <array>
#include <cstdint>
#include <functional>
#include <list>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace prunescope {

/// The stages whose results are kept, in the order they run.
enum class CachedStage {
    Preprocess,
    Features,
    Reference,
    EncoderPass,
    Projection,
    Breakpoint,
    Selection,
    NullBand,
    CurvePoint,
    DecoderPass,
    Prefix,
    Answer,
    Attribution
};

constexpr int kCachedStages = 13;

std::string nameOf(CachedStage stage);

/// Stage results by a hash of what they depend on, so that a changed control recomputes only what
/// is downstream of it. Least recently used goes first, per stage. Counts hits and misses.
/// Lives on the engine thread; no locks.
class StageCache {
public:
    /// The cached value, or `make()`'s, which is then kept. A `make` that throws keeps nothing.
    template <typename T>
    std::shared_ptr<const T> get(CachedStage stage,
                                 std::uint64_t key,
                                 const std::function<T()>& make) {
        Shelf& shelf = shelves_[static_cast<std::size_t>(stage)];
        if (auto found = shelf.find(key)) {
            ++shelf.hits;
            return std::static_pointer_cast<const T>(found);
        }
        ++shelf.misses;
        auto made = std::make_shared<const T>(make());
        shelf.put(key, made);
        return made;
    }

    /// Whether get() would find a value. Counts nothing and keeps nothing longer.
    bool contains(CachedStage stage, std::uint64_t key) const;

    /// contentHash() of a picture, kept while the same one is asked for: a large one takes as long
    /// as a selection. The picture is held, so that its address means it.
    std::uint64_t hashOf(const std::shared_ptr<const Image>& image);

    /// Hits and misses of every stage since the start.
    std::vector<StageCounter> counters() const;

    /// Forgets all results (another model); the counters go on.
    void clear();

private:
    struct Shelf {
        std::list<std::pair<std::uint64_t, std::shared_ptr<const void>>> entries;  // newest first
        std::size_t capacity = 8;
        std::int64_t hits = 0;
        std::int64_t misses = 0;

        std::shared_ptr<const void> find(std::uint64_t key);
        void put(std::uint64_t key, std::shared_ptr<const void> value);
    };

public:
    StageCache();

private:
    std::array<Shelf, kCachedStages> shelves_;
    std::shared_ptr<const Image> hashed_;
    std::uint64_t hash_ = 0;
};

}  // namespace prunescope
