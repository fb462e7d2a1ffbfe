#pragma once

#include "core/base/random.h"
#include "core/metric/shift.h"

#include <cmath>
#include <cstdint>
#include <numbers>
#include <vector>

namespace prunescope {

/// A feature set that owns its values.
struct Features {
    std::vector<float> values;
    int rows = 0;
    int cols = 0;

    TokenMatrix view() const { return {values, rows, cols}; }

    double at(int i, int j) const {
        return static_cast<double>(view().row(i)[static_cast<std::size_t>(j)]);
    }

    Features pick(const std::vector<std::int32_t>& slots) const {
        Features out{{}, static_cast<int>(slots.size()), cols};
        for (const std::int32_t slot : slots) {
            const std::span<const float> row = view().row(slot);
            out.values.insert(out.values.end(), row.begin(), row.end());
        }
        return out;
    }
};

/// Independent normals (Box-Muller on our own generator: the same everywhere).
inline Features normals(int rows, int cols, std::uint64_t seed, double offset = 0) {
    SplitMix64 random(seed);
    Features out{{}, rows, cols};
    for (int i = 0; i < rows * cols; ++i) {
        const double radius = std::sqrt(-2.0 * std::log(1.0 - random.uniform()));
        const double angle = 2.0 * std::numbers::pi * random.uniform();
        out.values.push_back(static_cast<float>(radius * std::cos(angle) + offset));
    }
    return out;
}

}  // namespace prunescope
