#pragma once

#include "core/prune/prune_method.h"
#include "core/prune/slot_rules.h"

#include <cstdint>
#include <span>
#include <vector>

#include <ATen/core/Tensor.h>

namespace prunescope {

/// ACGR: anchors stay, context tokens hand themselves on to their nearest anchors and are removed.
/// methods.md 4.3 "ACGR(n -> n')", our definition.
struct AcgrOptions {
    bool recovery = true;  ///< off: steps 3 to 5 are skipped
    bool keep_norm = false;
    double lambda = 0.7;
    double sigma = 4.0;  ///< in cells of this grid
    int edges = 2;       ///< m
    double temperature = 0.1;
    double beta_max = 0.2;
};

struct AcgrInput {
    const PatchGrid& grid;
    std::span<const std::int32_t> patches;  ///< [n] ascending
    at::Tensor compared;           ///< float32 [n, any] what step 3 compares: keys or hidden
    std::span<const float> mass;   ///< [n] w
    std::span<const float> score;  ///< [n] c
    SlotRules rules = {};          ///< [n] pinned ones are anchors, banned ones contexts
};

/// Step 2's sides, in slots, both ascending.
struct Partition {
    std::vector<std::int64_t> anchors;
    std::vector<std::int64_t> contexts;
};

/// The context-to-anchor graph after step 4: `edges` entries per context, best first.
struct ContextGraph {
    int edges = 0;
    std::vector<int> anchor;     ///< [contexts * edges] index into the anchors
    std::vector<double> weight;  ///< [contexts * edges] E_ca, a context's sum to 1
};

/// n_anchors is at least the pinned and at most the un-banned slots.
Partition partition(std::span<const float> score, int n_anchors, const SlotRules& rules = {});
ContextGraph contextGraph(const AcgrInput& in, const AcgrOptions& options, const Partition& sides);

/// Keeps the n_keep best tokens. With as many as there are, every row stays what it is.
Reduction acgr(const AcgrInput& in, const AcgrOptions& options, int n_keep);

}  // namespace prunescope
