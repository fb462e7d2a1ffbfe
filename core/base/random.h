#pragma once

#include <cstdint>
#include <vector>

namespace prunescope {

/// SplitMix64: small, seedable, the same on every platform (unlike the standard distributions).
class SplitMix64 {
public:
    explicit SplitMix64(std::uint64_t seed) : state_(seed) {}

    std::uint64_t next() {
        state_ += 0x9E3779B97F4A7C15ULL;
        std::uint64_t z = state_;
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9ULL;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EBULL;
        return z ^ (z >> 31);
    }

    /// Uniform in [0, 1) with 53 bits.
    double uniform() { return static_cast<double>(next() >> 11) * 0x1.0p-53; }

private:
    std::uint64_t state_;
};

/// `k` of `0..n-1` without replacement, ascending: partial Fisher-Yates with j = i + next mod (n -
/// i). Requires 0 <= k <= n.
std::vector<std::int32_t> drawWithoutReplacement(std::int32_t n,
                                                 std::int32_t k,
                                                 std::uint64_t seed);

}  // namespace prunescope
