#include "core/prune/dcp_schedule.h"

#include "core/prune/select.h"

#include <algorithm>
#include <cmath>

namespace prunescope {

int poolSize(int n_patches, int budget, double pool_share) {
    const int least = std::min(budget, n_patches) + 8;
    return std::min(n_patches, std::max(roundHalfUp(pool_share * n_patches), least));
}

std::vector<int> eventLayers(int last_layer, const std::string& schedule) {
    std::vector<int> layers;
    for (int layer = 1; layer <= last_layer - 1; ++layer) {
        const int layers_to_last = last_layer - 1 - layer;
        if (schedule == "single" ? layers_to_last == 0 : layers_to_last % 2 == 0) {
            layers.push_back(layer);
        }
    }
    return layers;
}

int scheduledCount(const ScheduleAt& at, const std::string& schedule) {
    if (at.event >= at.events) {
        return at.pool;
    }
    const double progress = static_cast<double>(at.event) / at.events;
    const double n = at.n_patches;
    if (schedule == "linear") {
        return roundHalfUp(n + (at.pool - n) * progress);
    }
    return roundHalfUp(n * std::pow(at.pool / n, progress));
}

int flowCutCount(const std::vector<float>& shares, int pool, int layers_to_last) {
    const int n = static_cast<int>(shares.size());
    if (layers_to_last <= 0 || n <= pool || n < 2) {
        return std::min(n, pool);
    }
    double entropy = 0;
    for (const float share : shares) {
        const double p = share;
        entropy -= p * std::log(p + 1e-12);
    }
    const double rho = entropy / std::log(static_cast<double>(n));
    const double removed =
        (n - pool) / std::sqrt(static_cast<double>(layers_to_last)) * (1.0 - rho * rho);
    return std::clamp(n - roundHalfUp(removed), pool, n);
}

}  // namespace prunescope
