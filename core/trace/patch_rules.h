#pragma once

#include "core/base/problem.h"
#include "core/trace/settings.h"

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace prunescope {

/// Pinning and banning of patches as values: reading, changing, checking and writing the rules of
/// RunSettings.

enum class PatchRule { None, Pinned, Banned };

/// The rules of a view; none where the settings name none.
const PatchRules& rulesOfView(const RunSettings& settings, std::size_t view);

PatchRule ruleOf(const RunSettings& settings, std::size_t view, std::int32_t patch);

/// Gives these patches one rule, whatever they had. @param view below kMaxRuledViews
void setRule(RunSettings& settings,
             std::size_t view,
             std::span<const std::int32_t> patches,
             PatchRule rule);

/// How many patches of all views have this rule.
int countOf(const RunSettings& settings, PatchRule rule);

/// Patches of one view as a command line names them.
struct PatchSpan {
    std::int32_t view = 0;  ///< below kMaxRuledViews
    std::int32_t first = 0;
    std::int32_t last = 0;  ///< at least `first`
};

/// A comma-separated list of [VIEW:]PATCH or [VIEW:]FIRST-LAST.
/// @param option  "--pin", for messages
/// @throws Error(Usage)
std::vector<PatchSpan> patchSpans(const std::string& list, const std::string& option);

/// Adds what a command line says, as patchSpans() reads it. A patch that has another rule gets
/// both, which checkPatchRules() refuses.
/// @throws Error(Usage)
void addRules(RunSettings& settings,
              const std::string& list,
              PatchRule rule,
              const std::string& option);

/// The list that addRules() reads back, runs of three and more shortened; "" for no such patch.
std::string ruleList(const RunSettings& settings, PatchRule rule);

/// What is wrong with the rules without knowing the picture: patches below 0 or beyond any grid,
/// lists out of order, patches both pinned and banned, too many views.
std::vector<Problem> checkPatchRules(const std::vector<PatchRules>& rules);

/// What is wrong with the rules for a view of this many patches: those that are not there, or
/// nothing left. "" when they can run.
std::string rulesProblem(const RunSettings& settings, std::size_t view, int n_patches);

/// At most this many views can have rules.
inline constexpr std::size_t kMaxRuledViews = 64;

/// The rules with the first `room` pins, in raster order; the other pins are patches like any.
PatchRules fitting(const PatchRules& rules, int room);

/// What to tell where pins do not fit; "" where they do. @param what  "A budget of 4"
std::string pinsBeyond(const PatchRules& rules, int room, const std::string& what);

}  // namespace prunescope
