#pragma once

#include "core/trace/run_trace.h"

#include <QString>

namespace prunescope {

/// "L3", "encoder out", "decoder 2": for axes and cards.
QString siteLabel(const Site& site);

/// "before", or "after layer 3 · ACGR · 472 → 386".
QString stageLabel(const ViewTrace& view, int stage);

/// What hover card, status bar and screen readers say of a patch after `stage`:
/// "#213 r8 c21 · merged at L1 → anchor #237 (0.62) · score rank 188/576 · cluster 4".
QString patchText(const ViewTrace& view, int stage, int patch);

}  // namespace prunescope
