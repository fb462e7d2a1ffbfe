#pragma once

#include "core/trace/run_trace.h"
#include "ui/ahead/tau_ranges.h"

#include <optional>
#include <vector>

#include <QString>

namespace prunescope {

/// One place on the x axis of the shift plot.
struct ShiftPoint {
    QString label;
    int stage = -1;  ///< that the place shows when it is clicked
    std::optional<double> before;
    std::optional<double> after;
    NullBand null_band;
    int tokens_out = 0;
    Site site = {};
};

/// A range of tau over which nothing changes, seen from one view.
struct TauInterval : TauRange {
    bool fires = false;  ///< in the view of the series
};

/// The shift plot's numbers, without any look.
struct ShiftSeries {
    QString metric;
    ShiftPlace place = ShiftPlace::Encoder;
    ShiftSummary parts;  ///< of kappa
    Trigger trigger = Trigger::Auto;
    bool uses_threshold = true;  ///< of the method
    double threshold = 0;        ///< that was compared with kappa
    bool fired = false;
    bool accepted = false;
    int tokens_full = 0;
    std::vector<ShiftPoint> points;
    std::optional<double> kappa;
    std::vector<double> edges;       ///< tauEdges() of all views
    bool awaits_null_bands = false;  ///< the run has not drawn them yet

    /// Largest D, threshold or band edge shown.
    double largest() const;

    /// Smallest positive one; 1e-4 when there is none.
    double smallestPositive() const;
};

ShiftSeries makeShiftSeries(const RunTrace& trace, int view);

/// Where `tau` may move without changing the outcome; nothing unless the trigger compares tau.
std::optional<TauInterval> intervalAt(const ShiftSeries& series, double tau);

/// One sentence on what moving tau would do.
QString intervalText(const ShiftSeries& series, double tau);

QString shiftCsv(const ShiftSeries& series);

/// D, its metric and place, and the scale's state.
QString shiftAxisLabel(const QString& metric, ShiftPlace place, bool logarithmic);

/// Name, formula and place of a metric, and that it is our implementation.
QString metricHelp(const QString& metric, ShiftPlace place);

/// The two terms of kappa as one line, "" for metrics that have none; and as rich text the channels
/// that add most.
QString partsText(const ShiftSeries& series);
QString channelsHelp(const ShiftSeries& series);

}  // namespace prunescope
