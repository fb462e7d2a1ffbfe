#pragma once

#include "core/session/session.h"

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace prunescope {

/// The ending of session files, with its dot.
inline constexpr const char* kSessionEnding = ".prunescope";

/// A session file is a zip archive (interaction.md 4.3): manifest.json, inputs/picture.png,
/// inputs/prompt.txt, settings.json, model.json, and where they exist trace.json, unpruned.json,
/// attribution.json, notes.json, bookmarks.json, log.txt, view.json. Schema "prunescope.session/1":
/// a reader takes any minor addition (unknown files and members are kept and written back) and
/// refuses a newer major version by name. No absolute path is ever written. Versions that do not
/// know attribution.json may write it back beside a later result: it says which run it is of, and
/// is left out where that is not the trace's.

/// What does not fitsSession() is left out. @throws Error(Failure) when packing fails
std::string sessionToBytes(const SessionState& state);

/// @param what  names the file in messages
/// @throws Error(Input): no session, damaged, a newer version, values out of range. Nothing is half
/// loaded.
SessionState sessionFromBytes(const std::vector<std::uint8_t>& bytes, const std::string& what);

/// Written beside the old file and renamed over it: after a crash there is the old or the new one.
/// @throws Error(Failure)
void writeSession(const SessionState& state, const std::filesystem::path& path);

/// @throws Error(Input)
SessionState readSession(const std::filesystem::path& path);

}  // namespace prunescope
