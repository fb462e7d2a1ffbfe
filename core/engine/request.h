#pragma once

#include "core/engine/attribution.h"
#include "core/image/image.h"
#include "core/trace/settings.h"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace prunescope {

/// Grows with every submission; 0 is "none".
using RunId = std::uint64_t;

/// One question to the engine. A value; captured when it is submitted, not when it runs.
struct RunRequest {
    RunId id = 0;
    std::shared_ptr<const Image> image;
    std::string image_name;
    std::string prompt;
    RunSettings settings;

    bool want_answer = true;       ///< false: selection and D only
    bool want_unpruned = true;     ///< also the un-pruned answer to compare with
    bool want_curve = true;        ///< also D against budget, after the answers
    bool want_all_curves = false;  ///< then also the curves of all methods that have one
    int settle_ms = 150;           ///< stillness to wait for between selection and answer

    /// Changes behind the selection, for the answer only; for methods that prune before the
    /// language model. Nothing is selected anew.
    std::vector<ViewPatch> omit = {};      ///< kept patches whose tokens are taken away
    std::vector<ViewPatch> leave_in = {};  ///< dropped patches that are put back

    /// Set: not a run, but what the run's tokens did to its answer.
    std::optional<AttributionRequest> attribution = {};
};

/// Runs to be compared: done one after another whenever nothing else is asked of the engine. Of
/// each only selection, D and the pruned answer are computed.
struct BatchRequest {
    RunId id = 0;
    std::vector<RunRequest> variants;
    bool ahead = false;  ///< goes before batches that wait or run
    bool spare =
        false;  ///< goes after all others, also those that come later, and keeps want_curve
};

/// The question's own answer at once: nothing to compare it with, no curve, no stillness to wait
/// for.
inline void wantAnswerAlone(RunRequest& request) {
    request.want_unpruned = false;
    request.want_curve = false;
    request.want_all_curves = false;
    request.settle_ms = 0;
}

/// One model to load.
struct LoadRequest {
    RunId id = 0;
    std::string directory;
    std::string device = "auto";
    std::string dtype = "auto";
    int threads = 0;
};

}  // namespace prunescope
