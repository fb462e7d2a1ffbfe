#include "core/base/random.h"

#include <algorithm>
#include <numeric>
#include <utility>

namespace prunescope {

std::vector<std::int32_t> drawWithoutReplacement(std::int32_t n,
                                                 std::int32_t k,
                                                 std::uint64_t seed) {
    std::vector<std::int32_t> pool(static_cast<std::size_t>(n));
    std::iota(pool.begin(), pool.end(), 0);
    SplitMix64 random(seed);
    for (std::size_t i = 0; i < static_cast<std::size_t>(k); ++i) {
        const std::size_t left = pool.size() - i;
        std::swap(pool[i], pool[i + static_cast<std::size_t>(random.next() % left)]);
    }
    pool.resize(static_cast<std::size_t>(k));
    std::sort(pool.begin(), pool.end());
    return pool;
}

}  // namespace prunescope
