#pragma once

#include "core/engine/attribution.h"
#include "core/trace/run_trace.h"

#include <cstddef>
#include <string>
#include <string_view>

namespace prunescope {

inline constexpr const char* kAttributionSchema = "prunescope.attribution/1";

/// The run that an Attribution is about.
struct AttributedRun {
    std::string model;
    std::string model_fingerprint;
    std::string image;
    std::string image_hash;
    std::string prompt;
    RunSettings settings;
    std::string version;  ///< of the program

    bool operator==(const AttributedRun&) const = default;
};

AttributedRun attributedRun(const RunTrace& trace);

/// What tokens did to an answer and where it looks, schema kAttributionSchema. Numbers read back as
/// they were; what JSON has no number for becomes null and reads back as "not a number".
std::string attributionToJson(const Attribution& found, const AttributedRun& of);

struct SavedAttribution {
    Attribution found;  ///< of the answer only text, ids and pieces
    AttributedRun of;
};

/// Lists fit each other: an entry per answer token, per row. Whether they fit a run is another
/// question, isOf().
/// @throws Error(Input): none, a newer major version, values out of range, lists of wrong lengths
SavedAttribution attributionFromJson(std::string_view text);

/// It is about this very run: inputs, answer, rows; patches that were put back exist and were
/// dropped.
bool isOf(const SavedAttribution& saved, const RunTrace& trace);

/// A table for spreadsheets: a line per row that the language model reads of the picture, then one
/// per patch put back. `delta_1…T` and `attention_1…T` are of the answer tokens, named in the
/// head. A cell is empty where nothing is known.
std::string attributionToCsv(const Attribution& found);

/// Numbers it holds: what its size goes with.
std::size_t numbersIn(const Attribution& found);

}  // namespace prunescope
