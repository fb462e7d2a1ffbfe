#pragma once

#include "core/engine/attribution.h"
#include "core/image/image.h"
#include "core/trace/run_trace.h"

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace prunescope {

/// A remark of the user's: about some patches, or about the picture where `patches` is empty.
struct SessionNote {
    std::vector<std::int32_t> patches;  ///< ascending, of view `view`
    int view = 0;
    std::string text;

    bool operator==(const SessionNote&) const = default;
};

/// Settings and place to come back to, under one of nine keys.
struct SessionBookmark {
    int slot = 1;  ///< 1 to 9; no two of a session are the same
    std::string name;
    std::string prompt;
    RunSettings settings;
    int view = 0;
    int stage = -1;                     ///< -1 before the first
    std::vector<std::int32_t> patches;  ///< that were selected, ascending

    bool operator==(const SessionBookmark&) const = default;
};

/// Everything that reopens a piece of work on another day or machine: the inputs, and the results
/// as they were, so that it can be looked at without the model. Plain values; equal sessions write
/// equal files.
struct SessionState {
    std::shared_ptr<const Image> image;  ///< null: none was open
    std::string image_name;              ///< without folder
    std::string prompt;
    RunSettings settings;

    std::string model_name;         ///< folder name of the checkpoint; "" unknown
    std::string model_fingerprint;  ///< ModelIdentity::fingerprint; "" unknown

    std::shared_ptr<const RunTrace> trace;           ///< null: not run yet
    std::shared_ptr<const RunTrace> unpruned;        ///< null: none
    std::shared_ptr<const Attribution> attribution;  ///< of `trace`; null: nobody asked
    std::vector<SessionNote> notes;
    std::vector<SessionBookmark> bookmarks;  ///< ascending slots
    std::vector<std::string> log;            ///< what was done, a line each, oldest first

    std::string view_json;  ///< JSON of the window's own (zoom, selection); "" none; ignorable

    std::string program_version;  ///< that wrote it
    std::string created;          ///< ISO 8601, as given by whoever saved it; may be empty

    /// Files and manifest members that this version does not know, kept for the next save.
    std::vector<std::pair<std::string, std::string>> unknown_files;
    std::string unknown_members;  ///< JSON object, "" none
};

/// Whether a session keeps it: at most 1,000,000 numbers. It can be asked for again.
bool fitsSession(const Attribution& found);

/// 16 hexadecimal digits over what decides a run: picture, prompt, settings, model. Two sessions
/// with the same id give the same result on the same kind of machine. Printed in figures.
std::string sessionId(const SessionState& state);

/// The same of its parts. @param image_hash  ImageIdentity::hash, "" without a picture
std::string sessionId(const std::string& image_hash,
                      const std::string& prompt,
                      const RunSettings& settings,
                      const std::string& model_fingerprint);

/// One thing that is not as it was saved.
struct Difference {
    std::string field;  ///< as in the trace's JSON: "model.dtype", "answer.ids", "views[0].kept"
    std::string saved;
    std::string now;

    bool operator==(const Difference&) const = default;
};

/// What a re-run changed, field by field; timings, cache counters and program notes do not count.
/// Empty: the result is the same, bit for bit. @param tolerance  of D, relative; 0 is exact
std::vector<Difference> differencesOf(const RunTrace& saved,
                                      const RunTrace& now,
                                      double tolerance = 0);

}  // namespace prunescope
