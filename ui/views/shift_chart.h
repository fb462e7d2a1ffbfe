#pragma once

#include "ui/ahead/ahead_plan.h"
#include "ui/theme/palette.h"
#include "ui/views/shift_series.h"

#include <optional>
#include <utility>

#include <QPointer>

class QCPItemRect;
class QCPItemStraightLine;
class QCPItemText;
class QCPItemLine;
class QCustomPlot;

namespace prunescope {

/// Draws a ShiftSeries on a QCustomPlot: the same drawing on screen and in files. Tau, hatch and
/// interval lie on a buffered layer of their own, so that a drag repaints that layer alone.
class ShiftChart {
public:
    explicit ShiftChart(QCustomPlot* plot);  ///< not owned, must outlive the chart

    void show(const ShiftSeries& series, const Theme& theme, bool logarithmic, bool tokens);

    /// Another run's curve, drawn faintly from the next show() on; nothing takes it away.
    void setReference(std::optional<ShiftSeries> reference) { reference_ = std::move(reference); }

    /// Moves the threshold; repaints its layer when `repaint`.
    void setTau(double tau, bool repaint);

    /// Bars along the axis of D, from the next show() on: filled where the outcome of a range of
    /// tau is at hand.
    void setAhead(std::vector<AheadMark> ranges) { ahead_ = std::move(ranges); }

    /// Marks the place of the shown stage.
    void setCurrentStage(int stage);

    double tau() const { return tau_; }

    /// Pixel row of the threshold; negative when none is drawn.
    double tauPixel() const;

    /// Index into series().points nearest to a pixel column, or -1.
    int pointAt(double x_pixel) const;

    const ShiftSeries& series() const { return series_; }

    const std::optional<ShiftSeries>& reference() const { return reference_; }

private:
    void addNullBand(const Theme& theme);
    void addCurve(const Theme& theme);
    void addReference(const Theme& theme);
    void addArrows(const Theme& theme);
    void addTokens(const Theme& theme);
    void addThreshold(const Theme& theme);
    void addAhead(const Theme& theme);
    void addPlaces();

    QCustomPlot* plot_;
    ShiftSeries series_;
    std::optional<ShiftSeries> reference_;
    std::optional<std::pair<double, double>> extent_;  // smallest and largest value with bands
    std::vector<AheadMark> ahead_;
    double tau_ = 0;
    QPointer<QCPItemRect> hatch_;
    QPointer<QCPItemRect> interval_;
    QPointer<QCPItemStraightLine> line_;
    QPointer<QCPItemText> tau_label_;
    QPointer<QCPItemText> interval_label_;
    QPointer<QCPItemStraightLine> current_;
};

/// Where a place of another run lies on the x axis that `points` make: on the same place, else
/// between its neighbours.
double placeOf(const Site& site, const std::vector<ShiftPoint>& points);

/// What of the plot a file shows.
struct ShiftLook {
    bool logarithmic = false;
    bool tokens = false;
    std::optional<ShiftSeries> reference = {};
};

/// The plot in light colours as png, svg or pdf, or its numbers as csv, by `ending`; empty for
/// another. png and svg carry what brings the program back to `trace`.
QByteArray shiftPlotFile(const RunTrace& trace,
                         int view,
                         const ShiftLook& look,
                         const QString& ending,
                         double dpi = 192);

/// The same of the first view as a file, by the path's ending. Whole or not at all.
bool writeShiftPlot(const RunTrace& trace, const QString& path);

}  // namespace prunescope
