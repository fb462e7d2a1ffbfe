#pragma once

#include "core/image/patch_grid.h"
#include "core/trace/run_trace.h"

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

/// Schema "prunescope.compare/1": the README lists the fields.
std::string compareToJson(const std::vector<ComparedPicture>& pictures);

/// One line a run, RFC 4180, with a header line. Numbers that do not exist are empty.
std::string compareToCsv(const std::vector<ComparedPicture>& pictures);

/// Aligned columns for reading.
std::string compareToTable(const std::vector<ComparedPicture>& pictures);

}  // namespace prunescope
