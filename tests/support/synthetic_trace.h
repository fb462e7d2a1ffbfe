#pragma once

#include "core/image/image.h"
#include "core/trace/run_trace.h"

namespace prunescope {

/// What a made-up run looks like; no model is involved.
struct SyntheticOptions {
    int side = 24;  ///< patches a side
    int patch_px = 14;
    int budget = 16;
    int views = 1;
    int width = 672;  ///< of the picture
    int height = 504;
    bool pad = false;  ///< the view's square reaches beyond the picture; else a centre crop
    Trigger trigger = Trigger::Auto;
    double tau = 0.2;
};

/// A DCP-like run: ACGR events with transfers after layers 1, 3, …, then selection and, when it
/// fires, re-selection by clusters. Repeatable.
RunTrace syntheticTrace(const SyntheticOptions& options = {});

/// A picture with large shapes, so that crops and patches can be told apart.
Image syntheticPicture(int width, int height);

}  // namespace prunescope
