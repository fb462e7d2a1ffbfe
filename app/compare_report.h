#pragma once

#include "core/image/patch_grid.h"
#include "core/prune/token_count.h"
#include "core/trace/run_trace.h"

#include <optional>
#include <string>
#include <vector>

namespace prunescope {

/// One run of a comparison, or why there is none.
struct ComparedRun {
    std::string label;
    RunSettings settings;
    RunTrace trace;
    std::string error;  ///< not empty: the run failed, `trace` says nothing
};

/// All runs on one picture and question.
struct ComparedPicture {
    RunTrace unpruned;
    std::vector<RectF> boxes;  ///< of objects, in picture pixels
    std::vector<ComparedRun> runs;
};

/// What was compared, and what its budgets mean.
struct ComparedPictures {
    std::vector<ComparedPicture> pictures;  ///< at least one
    std::optional<CountBasis> equal;        ///< nothing: tokens that remain at the end
};

/// "end", "inputs", "outputs", as in --equal.
std::string nameOf(std::optional<CountBasis> equal);

/// The rule by which budgets of different methods are equal, in words.
std::string budgetRule(std::optional<CountBasis> equal);

/// Schema "prunescope.compare/1": the README lists the fields.
std::string compareToJson(const ComparedPictures& compared);

/// One line a run, RFC 4180, with a header line. Numbers that do not exist are empty.
std::string compareToCsv(const ComparedPictures& compared);

/// Aligned columns for reading, and under them what the budgets mean.
std::string compareToTable(const ComparedPictures& compared);

}  // namespace prunescope
