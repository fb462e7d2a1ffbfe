#pragma once

#include "core/engine/event.h"
#include "core/trace/run_trace.h"
#include "ui/document.h"

#include <QString>

namespace prunescope {

/// "L3", "encoder out", "decoder 2": for axes and cards.
QString siteLabel(const Site& site);

/// "before", or "after layer 3 · ACGR · 472 → 386".
QString stageLabel(const ViewTrace& view, int stage);

/// What hover card, status bar and screen readers say of a patch after `stage`:
/// "#213 r8 c21 · merged at L1 → anchor #237 (0.62) · score rank 188/576 · cluster 4".
QString patchText(const ViewTrace& view, int stage, int patch);

/// The notes about a patch, separated by " / "; "" none.
QString notesAbout(const Remarks& remarks, int view, int patch);

/// "encoding the picture, 3 of 10".
QString progressText(const Progress& progress);

/// The patches of the same cluster after `stage`, ascending; empty where there are no clusters.
std::vector<int> clusterMates(const ViewTrace& view, int stage, int patch);

/// The patch that "213" or "8,21" (row, column, from 0) names; -1 when it names none.
int patchNamed(const QString& text, const PatchGrid& grid);

}  // namespace prunescope
