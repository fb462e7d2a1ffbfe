#include "core/engine/stage_cache.h"

#include <stdexcept>

#include <gtest/gtest.h>

namespace prunescope {
namespace {

StageCounter counter(const StageCache& cache, CachedStage stage) {
    return cache.counters().at(static_cast<std::size_t>(stage));
}

TEST(StageCache, CountsHitsAndMisses) {
    StageCache cache;
    int made = 0;
    const auto make = [&] { return ++made; };
    EXPECT_EQ(*cache.get<int>(CachedStage::Features, 1, make), 1);
    EXPECT_EQ(*cache.get<int>(CachedStage::Features, 1, make), 1);
    EXPECT_EQ(*cache.get<int>(CachedStage::Features, 2, make), 2);
    EXPECT_EQ(counter(cache, CachedStage::Features), (StageCounter{"features", 1, 2}));
    EXPECT_EQ(counter(cache, CachedStage::Selection), (StageCounter{"selection", 0, 0}));
}

TEST(StageCache, LeastRecentlyUsedGoesFirst) {
    StageCache cache;
    const auto fill = [&](std::uint64_t key) {
        return *cache.get<std::uint64_t>(CachedStage::Features, key, [key] { return key; });
    };
    fill(1);
    fill(2);
    fill(3);
    fill(1);  // 2 is now the oldest of three
    fill(4);
    EXPECT_EQ(counter(cache, CachedStage::Features).misses, 4);
    fill(1);
    EXPECT_EQ(counter(cache, CachedStage::Features).misses, 4);
    fill(2);
    EXPECT_EQ(counter(cache, CachedStage::Features).misses, 5);
}

TEST(StageCache, AFailedStageKeepsNothing) {
    StageCache cache;
    const auto fails = []() -> int { throw std::runtime_error("no"); };
    EXPECT_THROW(cache.get<int>(CachedStage::Answer, 7, fails), std::runtime_error);
    EXPECT_EQ(*cache.get<int>(CachedStage::Answer, 7, [] { return 5; }), 5);
}

TEST(StageCache, ClearForgetsResultsAndKeepsCounters) {
    StageCache cache;
    cache.get<int>(CachedStage::Prefix, 1, [] { return 1; });
    cache.clear();
    EXPECT_EQ(*cache.get<int>(CachedStage::Prefix, 1, [] { return 2; }), 2);
    EXPECT_EQ(counter(cache, CachedStage::Prefix).misses, 2);
}

}  // namespace
}  // namespace prunescope
