#pragma once

#include "core/trace/run_trace.h"

#include <string>

namespace prunescope {

/// The trace as a table for spreadsheets: one row per view, stage and patch, with a header row;
/// decimal point, comma between fields, empty where there is no value. Columns: view, stage, name,
/// site, layer, patch, row, col, fate, slot, score, mass, cluster, text_relevance, sent_to (the
/// patch that got most; -1 a token at no patch's place), sent_weight.
std::string traceToCsv(const RunTrace& trace);

}  // namespace prunescope
