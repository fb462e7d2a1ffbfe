#pragma once

#include "core/dataset/sample_set.h"
#include "core/trace/settings.h"

#include <string>
#include <vector>

namespace prunescope {

/// One way of pruning to evaluate: a row of the table.
struct EvalRun {
    std::string label;  ///< "dcp", "dcp:trigger=never"
    RunSettings settings;

    /// Compared with, never pruned: budget and D do not apply.
    bool isUnpruned() const { return settings.method == "none"; }

    bool operator==(const EvalRun&) const = default;
};

/// What an evaluation runs. The first run is the unpruned one that all others are compared with.
struct EvalPlan {
    std::string set_name;
    std::vector<EvalSample> samples;  ///< grouped by picture
    std::vector<EvalRun> runs;
    std::string model;        ///< name
    std::string fingerprint;  ///< of config and weights
    std::string device;
    std::string dtype;
    std::string version;  ///< of the program
};

/// Runs of all methods at all budgets, after the unpruned one. Methods without a budget run once.
/// @param methods  `ID[:NAME=VALUE]…`; NAME is a parameter of the method, or tau, phi, trigger
/// @param base     seed, metric, image mode, answer length and defaults of the rest
/// @throws Error(Usage) naming the method, the parameter or the budget
std::vector<EvalRun> planRuns(const std::vector<std::string>& methods,
                              const std::vector<int>& budgets,
                              const RunSettings& base);

/// What a folder of results belongs to, as JSON: two plans may share a folder only when this is
/// equal.
std::string planToJson(const EvalPlan& plan);

}  // namespace prunescope
