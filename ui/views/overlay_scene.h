#pragma once

#include "core/trace/run_trace.h"
#include "ui/geometry/boundary.h"

#include <vector>

namespace prunescope {

struct ClusterShape {
    std::vector<CornerLoop> loops;
    int representative = -1;  ///< patch that carries number and star
    int hue = 0;              ///< index into kClusterHues
};

/// What a view looks like after one stage, ready to paint: derived once from the trace.
struct OverlayScene {
    PatchGrid grid;
    int stage = -1;
    std::vector<PatchFate> fates;  ///< per patch
    std::vector<float> mass;       ///< per patch, 0: gone
    float max_mass = 1;
    std::vector<std::int32_t> main_anchor;  ///< per patch: where a merged one sent most, or -1
    std::vector<std::int32_t> cluster_of;   ///< per patch, empty: no clusters yet
    std::vector<ClusterShape> clusters;
    std::vector<Transfer> transfers;  ///< of all stages up to this one, between patches
    PatchRules rules;                 ///< what a person asked of the view's patches

    bool isEmpty() const { return fates.empty(); }

    int count(PatchFate fate) const;
};

/// @param stage  index into view.stages, -1 before the first; larger means the last
OverlayScene makeScene(const ViewTrace& view, int stage);

}  // namespace prunescope
