#pragma once

#include "core/trace/patch_rules.h"
#include "core/trace/run_trace.h"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace prunescope {

/// Why a patch is or is not a token at the end: what every stage did with it, from a trace alone,
/// as values and in words. The same for a region of patches.

/// Part of what went from or to a patch.
struct HistoryShare {
    std::int32_t patch = 0;  ///< the other end; -1: a token that stands for no patch
    double share = 0;        ///< of the sender, in [0, 1]

    bool operator==(const HistoryShare&) const = default;
};

/// What a patch is at a stage.
enum class StageRole {
    Stays,       ///< a token before and after, plainly
    Anchor,      ///< stays, and took in what others handed on
    Context,     ///< handed itself on, then left
    Dropped,     ///< left, handed nothing on
    Member,      ///< in a cluster that another token represents; left with this stage
    Chosen,      ///< represents its cluster, as before
    Reselected,  ///< represents its cluster; the baseline had not kept it
    Evicted,     ///< the baseline had kept it; another represents its cluster
};

std::string nameOf(StageRole role);

struct HistoryRow {
    int stage = 0;  ///< index into ViewTrace::stages
    Site site;
    std::string name;  ///< of the stage
    StageRole role = StageRole::Stays;

    std::optional<double> score;  ///< none where the stage ranks nothing
    int rank = 0;                 ///< 1 is the largest score; 0 without a score
    int ranked = 0;               ///< how many have a score
    int kept = 0;                 ///< tokens after the stage

    std::vector<HistoryShare> sent;      ///< largest first
    std::vector<HistoryShare> received;  ///< largest first
    double mass_before = 1;              ///< patches' worth it stands for; 0: no token
    double mass_after = 1;

    std::int32_t cluster = -1;
    int cluster_size = 0;
    bool is_centre = false;                ///< the cluster's initial representative
    std::int32_t representative = -1;      ///< of its cluster at the end of the stage, or -1
    std::optional<double> text_relevance;  ///< in [0, 1]

    std::string reason;  ///< in words, with its numbers
};

struct TokenHistory {
    std::size_t view = 0;
    std::int32_t patch = 0;
    int row = 0;  ///< on the grid
    int column = 0;
    PatchRule rule = PatchRule::None;
    PatchFate fate = PatchFate::Kept;  ///< at the end
    std::vector<HistoryRow> rows;      ///< stages at which it still was a token, in their order
    std::string outcome;               ///< one sentence
};

/// @param view, patch  must be there: require() otherwise
TokenHistory tokenHistory(const RunTrace& trace, std::size_t view, std::int32_t patch);

/// What a stage did with a region.
struct RegionRow {
    int stage = 0;
    Site site;
    std::string name;
    int before = 0;  ///< patches of the region that are tokens before the stage
    int after = 0;
    int reselected = 0;
    int evicted = 0;
    double mass_before = 0;  ///< patches' worth of these tokens
    double mass_after = 0;
    double sent_inside = 0;               ///< patches' worth handed on within the region
    double sent_outside = 0;              ///< to tokens outside of it
    double from_outside = 0;              ///< patches' worth that came in
    std::vector<HistoryShare> receivers;  ///< outside, by share of what left; largest first
    int best_rank = 0;                    ///< 0 without scores
    std::int32_t best_patch = -1;
    std::string reason;
};

struct RegionHistory {
    std::size_t view = 0;
    std::vector<std::int32_t> patches;  ///< ascending, each once
    std::int32_t cluster = -1;  ///< that the region is, of the last stage with clusters; or -1
    int kept = 0;               ///< of the patches, at the end
    std::vector<RegionRow> rows;
    std::string outcome;
};

/// @param patches  of the view's grid, in any order, at least one
RegionHistory regionHistory(const RunTrace& trace,
                            std::size_t view,
                            std::span<const std::int32_t> patches);

/// Patches of a cluster of the last stage that has clusters, ascending; empty when there is none of
/// that number.
std::vector<std::int32_t> clusterPatches(const ViewTrace& view, std::int32_t cluster);

/// Schema "prunescope.history/1": histories of single patches and of regions.
std::string historyToJson(const std::vector<TokenHistory>& tokens,
                          const std::vector<RegionHistory>& regions);

/// Where a stage is, in words: "after encoder layer 1".
std::string siteText(const Site& site);

}  // namespace prunescope
