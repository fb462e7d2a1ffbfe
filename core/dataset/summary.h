#pragma once

#include "core/dataset/plan.h"
#include "core/dataset/result.h"
#include "core/dataset/statistics.h"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace prunescope {

/// A score of one task in one row. Percent; MME's tasks: accuracy and accuracy of pairs added, up
/// to 200, as its script has them.
struct TaskScore {
    Interval score;
    std::optional<Interval> relative;  ///< percent of the unpruned run on the same samples
    int units = 0;                     ///< samples (MME: pairs) counted

    bool operator==(const TaskScore&) const = default;
};

/// POPE's counts of one category of questions.
struct PopeRow {
    std::string task;
    PopeCounts counts;

    bool operator==(const PopeRow&) const = default;
};

struct SummaryRow {
    std::string method;
    int budget = 0;                    ///< 0: unpruned
    std::vector<TaskScore> tasks;      ///< in the order of Summary::tasks
    Interval average;                  ///< mean of the tasks' scores
    std::optional<Interval> relative;  ///< mean of the tasks' relative scores: the papers' "Avg"
    std::optional<Interval> shift;     ///< mean D of what was kept
    std::optional<double> null_median;
    std::optional<Interval> same_answer;       ///< share of the samples that answer as unpruned
    std::optional<Interval> share_of_kept;     ///< mean over the samples whose boxes are known
    std::optional<Interval> share_of_object;   ///< the same
    double fired = 0;                          ///< share of the samples
    std::optional<Interval> rank_correlation;  ///< Spearman of D and 1 - score over the samples
    std::vector<PopeRow> pope;                 ///< of tasks scored as POPE
    int finished = 0;                          ///< samples
    int changed = 0;  ///< samples whose answer differs from the unpruned one

    // Means per sample.
    double kept = 0;
    double layer_mean_in = 0;
    double layer_mean_out = 0;
    double ms = 0;
    double cost_ms = 0;

    bool operator==(const SummaryRow&) const = default;
};

struct Summary {
    std::string set_name;
    std::string model;
    int samples = 0;
    std::vector<std::string> tasks;
    std::vector<SummaryRow> rows;  ///< unpruned first, then budgets falling, methods as planned
    int resamples = 0;
    std::uint64_t seed = 0;

    /// Spearman of D and 1 - score over all pruned runs of all samples.
    std::optional<Interval> shift_against_wrong;
    /// Spearman of mean D and average score over the rows.
    std::optional<Interval> shift_against_average;

    bool operator==(const Summary&) const = default;
};

struct SummaryOptions {
    int resamples = 1000;
    std::uint64_t seed = 0;
};

/// The table of the results there are. Intervals: bootstrap, resampling the units of each task with
/// one seeded draw for all rows, so that relative scores compare the same samples. Depends on
/// neither the order of the results nor who computed them.
Summary summarize(const EvalPlan& plan,
                  const std::vector<SampleResult>& results,
                  const SummaryOptions& options = {});

/// Schema "prunescope.eval/1".
std::string summaryToJson(const Summary& summary);

/// One line per row and task: budget,method,task,score,low,high,relative,…
std::string summaryToCsv(const Summary& summary);

/// For people: one line per row, one column per task.
std::string summaryToText(const Summary& summary);

}  // namespace prunescope
