#pragma once

#include "core/trace/run_trace.h"

#include <optional>

namespace prunescope {

/// D of a run as one set of numbers: the mean over its views.
struct ShiftOutcome {
    double kappa = 0;        ///< D before re-selection
    double value = 0;        ///< D of what is kept in the end (= kappa where nothing was accepted)
    double null_median = 0;  ///< of random draws of the same size; 0: not computed
    bool fired = false;      ///< in any view
    bool accepted = false;   ///< in any view

    /// value / null_median: 1 is as far as a random draw; nothing without a null band.
    std::optional<double> relative() const;

    bool operator==(const ShiftOutcome&) const = default;
};

/// Nothing for a run without views or without D (nothing was removed).
std::optional<ShiftOutcome> shiftOutcome(const RunTrace& trace);

/// Milliseconds from picture to answer as if this run had been alone: what its stages cost, reused
/// or not, without the un-pruned pass that D is measured against.
double standaloneMs(const RunTrace& trace);

}  // namespace prunescope
