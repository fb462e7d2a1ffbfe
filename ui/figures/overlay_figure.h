#pragma once

#include "core/trace/run_trace.h"
#include "ui/figures/figure_legend.h"
#include "ui/views/overlay_settings.h"

#include <limits>
#include <vector>

#include <QByteArray>
#include <QImage>
#include <QString>

namespace prunescope {

/// What a figure of the picture with its overlay shows.
struct OverlayFigureOptions {
    int view = 0;                                 ///< of a picture with several views
    int stage = std::numeric_limits<int>::max();  ///< -1 before the first; larger means the last
    OverlayOptions overlay = {};
    std::vector<int> selected = {};  ///< framed, with their edges
    FigureEffects effects = {};      ///< of the trace's answer; their view is `view`
    double dpi = 192;                ///< of rasters; the page is laid out at 96 dots per inch
};

/// The figure as pixels: picture, overlay, caption (stage, what was asked and answered, settings,
/// the id of the session) and legend. Null: no such view, or no picture.
QImage overlayFigureImage(const RunTrace& trace,
                          const QImage& picture,
                          const OverlayFigureOptions& options);

/// The bytes of a file of that ending: png, svg or pdf. In svg and pdf the picture is embedded once
/// as a raster; outlines, hatches, glyphs, edges and text are vectors. png and svg carry what
/// brings the program back to the figure. Empty: unknown ending, no such view, or no picture.
QByteArray overlayFigureFile(const RunTrace& trace,
                             const QImage& picture,
                             const OverlayFigureOptions& options,
                             const QString& ending);

/// All stages of the view one after another as an animated PNG; `options.stage` is not used.
QByteArray stageAnimation(const RunTrace& trace,
                          const QImage& picture,
                          const OverlayFigureOptions& options);

/// overlayFigureFile() by the path's ending; apng gives stageAnimation(). Whole or not at all.
bool writeOverlayFigure(const RunTrace& trace,
                        const QImage& picture,
                        const OverlayFigureOptions& options,
                        const QString& path);

/// The lines below a figure: settings, and where it came from.
QString settingsCaption(const RunSettings& settings);
QString originCaption(const RunTrace& trace);

}  // namespace prunescope
