#pragma once

#include "core/trace/run_trace.h"

#include <QImage>
#include <QString>

namespace prunescope {

/// Writes the picture with the overlay after `stage` and a legend as png, svg or pdf, by the
/// path's ending. The picture is embedded once; outlines, hatches and glyphs are vectors.
/// @param view  of a picture with several views
/// @return false: unknown ending, no such view, or the file cannot be written
bool writeOverlay(
    const RunTrace& trace, const QImage& picture, int stage, const QString& path, int view = 0);

}  // namespace prunescope
