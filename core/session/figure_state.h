#pragma once

#include "core/trace/run_trace.h"

#include <string>
#include <string_view>

namespace prunescope {

/// What an exported figure carries with it so that the program can come back to it: settings and
/// prompt whole, picture and model by name and fingerprint. No pixels, no folders.
struct FigureState {
    std::string session_id;  ///< sessionId() of the run, also printed in the caption
    RunSettings settings;
    std::string prompt;
    ImageIdentity image;            ///< `hash` may be empty: the figure was made without a picture
    std::string model_name;         ///< folder name of the checkpoint
    std::string model_fingerprint;  ///< ModelIdentity::fingerprint
    int view = 0;
    int stage = -1;  ///< that the figure shows: -1 before the first, beyond the last means the last
    std::string program_version;

    bool operator==(const FigureState&) const = default;
};

/// A stage that stands for the last one, whichever that is.
inline constexpr int kLastStage = 4096;

FigureState figureStateOf(const RunTrace& trace, int view, int stage);

/// One line of JSON, schema "prunescope.figure/1", at most kMaxFigureStateBytes.
std::string figureStateToJson(const FigureState& state);

inline constexpr std::size_t kMaxFigureStateBytes = 256u << 10;

/// Takes nothing on trust: the id must be the one of the values that stand beside it.
/// @throws Error(Input): no state of a figure, a newer version, settings that cannot run, an id
/// that belongs to other values
FigureState figureStateFromJson(std::string_view text);

}  // namespace prunescope
