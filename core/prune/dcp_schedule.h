#pragma once

#include <string>
#include <vector>

namespace prunescope {

/// Where and how far DCP-Prune's token count falls inside the encoder. methods.md 4.3 "Schedule".

/// M = min(N, max(round(share N), k + 8)): a part of the picture whatever the budget, and a choice
/// of at least 8 to leave out. Ours differs from methods.md 4.3, where M = 4 k: a pool of 64 of 576
/// cost more right answers than any other choice of the method (core/prune/README.md).
int poolSize(int n_patches, int budget, double pool_share);

/// Layers after which an event may happen: {l >= 1 : l <= S-1 and S-1-l even}, ascending. `single`
/// has at most one, S-1. Empty for very shallow towers: the pool is then all N.
std::vector<int> eventLayers(int last_layer, const std::string& schedule);

struct ScheduleAt {
    int n_patches = 0;
    int pool = 0;    ///< M
    int event = 0;   ///< j, 1-based
    int events = 0;  ///< J
};

/// n_j of `geometric`, `linear` and `single`; n_J = M.
int scheduledCount(const ScheduleAt& at, const std::string& schedule);

/// n after an event of `flowcut` (methods.md 2.3 step 6 with target M).
/// @param shares          attention shares ahat of the n tokens, sum 1
/// @param layers_to_last  rpl = S - 1 - l; 0 cuts to M
int flowCutCount(const std::vector<float>& shares, int pool, int layers_to_last);

}  // namespace prunescope
