#pragma once

#include "core/trace/run_trace.h"

namespace prunescope {

/// The stage of `to` that stands where stage `stage` of `from` stands: the last one at or before
/// the same place in the model; the result for the result, -1 for what is before the first.
int linkedStage(const ViewTrace& from, int stage, const ViewTrace& to);

/// The patch of `to` under the centre of a patch of `from`, or -1. Two runs on one picture may
/// see it through different grids or crops.
int linkedPatch(const ViewTrace& from, int patch, const ViewTrace& to);

}  // namespace prunescope
