#pragma once

#include "core/trace/run_trace.h"

#include <limits>
#include <vector>

namespace prunescope {

/// A range of tau, `to` left out, over which the outcome of a run is the same in all its views.
struct TauRange {
    double from = 0;
    double to = std::numeric_limits<double>::infinity();

    bool holds(double tau) const { return from <= tau && tau < to; }

    bool operator==(const TauRange&) const = default;
};

/// effectiveTrigger(); of a method that this program does not know, the settings' own.
Trigger decidingTrigger(const RunSettings& settings);

/// Where tau changes the outcome of a run: the positive kappa of its views, ascending, each once. A
/// view fires where kappa is above tau; one without a kappa never does. Empty unless the trigger
/// compares tau.
std::vector<double> tauEdges(const RunTrace& trace);

/// The ranges between edges, from 0 up: one more than edges.
std::vector<TauRange> tauRanges(const std::vector<double>& edges);

/// Index of the range that holds `tau` (>= 0).
int rangeAt(const std::vector<double>& edges, double tau);

/// A tau with as few digits as can be, close to an edge and in the range under or above it.
double tauBelow(const std::vector<double>& edges, std::size_t edge);
double tauAbove(const std::vector<double>& edges, std::size_t edge);

}  // namespace prunescope
