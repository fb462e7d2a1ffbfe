#pragma once

#include <algorithm>
#include <cmath>
#include <vector>

#include <benchmark/benchmark.h>

namespace prunescope::bench {

/// The sample below which `share` of all lie (nearest rank).
inline double percentile(std::vector<double> samples, double share) {
    if (samples.empty()) {
        return 0;
    }
    std::sort(samples.begin(), samples.end());
    const double rank = std::ceil(share * static_cast<double>(samples.size()));
    return samples[static_cast<std::size_t>(std::max(rank, 1.0)) - 1];
}

/// Adds the columns p50, p95, p99 and max, in milliseconds.
inline void addPercentiles(benchmark::State& state, const std::vector<double>& samples_ms) {
    state.counters["p50_ms"] = percentile(samples_ms, 0.5);
    state.counters["p95_ms"] = percentile(samples_ms, 0.95);
    state.counters["p99_ms"] = percentile(samples_ms, 0.99);
    state.counters["max_ms"] = percentile(samples_ms, 1);
}

}  // namespace prunescope::bench
