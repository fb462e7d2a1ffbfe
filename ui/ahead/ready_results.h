#pragma once

#include "ui/ahead/tau_ranges.h"

#include <cstddef>
#include <optional>
#include <vector>

namespace prunescope {

/// Which budgets and which sides of their breakpoints have an exact result in the engine's cache,
/// for one picture, prompt and set of all other settings. A value.
class ReadyResults {
public:
    /// Budgets that are remembered, the latest first. The engine keeps 48 encoder passes, 23 of
    /// them are those of the budget curve.
    static constexpr std::size_t kMost = 20;

    /// A run with its answer is over. What is known of another picture, prompt or other settings is
    /// forgotten.
    void add(const RunTrace& trace);

    void clear() { *this = {}; }

    /// Forgets the budget that was used longest ago, unless it is the only one: something else took
    /// its place in the cache.
    void forgetOldest();

    /// Whether they are of the same picture, model, prompt and settings but for budget and tau.
    bool areOf(const RunTrace& trace) const;

    /// Whether they are of the same picture.
    bool areOfPicture(const RunTrace& trace) const { return of_.image.hash == trace.image.hash; }

    bool has(int budget, double tau) const;

    /// The ranges of tau at a budget; nothing where no run has told its breakpoints.
    std::vector<TauRange> ranges(int budget) const;

    /// Budgets with a result at `tau`, ascending.
    std::vector<int> budgets(double tau) const;

private:
    struct AtBudget {
        int budget = 0;
        std::vector<double> edges;
        std::vector<bool> ready;  ///< per range
    };

    const AtBudget* find(int budget) const;

    RunTrace of_;               ///< without results: what they are of
    std::vector<AtBudget> at_;  ///< latest first
};

}  // namespace prunescope
