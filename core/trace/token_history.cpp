#include "core/trace/token_history.h"

#include "core/base/error.h"
#include "core/base/text.h"
#include "core/trace/patch_index.h"

#include <algorithm>
#include <cmath>

namespace prunescope {

namespace {

constexpr std::size_t kNamed = 3;  ///< shares that a sentence names

std::string percent(double share) {
    const double value = 100 * share;
    return formatted(value >= 9.95 || value == 0 ? "%.0f %%" : "%.1f %%", value);
}

std::string worth(double mass) {
    const std::string amount = formatted("%.3g", mass);
    return amount + (amount == "1" ? " patch's worth" : " patches' worth");
}

std::string nameOfPatch(std::int32_t patch) {
    std::string name = patch < 0 ? "the extra token" : "#";
    return patch < 0 ? name : name.append(std::to_string(patch));
}

/// "62 % to #237, 38 % to #214 and 3 more"
std::string sharesText(const std::vector<HistoryShare>& shares, const std::string& link) {
    std::vector<std::string> parts;
    for (std::size_t i = 0; i < std::min(shares.size(), kNamed); ++i) {
        parts.push_back(percent(shares[i].share) + link + nameOfPatch(shares[i].patch));
    }
    std::string text = join(parts, ", ");
    if (shares.size() > kNamed) {
        text += " and " + std::to_string(shares.size() - kNamed) + " more";
    }
    return text;
}

void largestFirst(std::vector<HistoryShare>& shares) {
    std::stable_sort(
        shares.begin(), shares.end(), [](const HistoryShare& a, const HistoryShare& b) {
            return a.share > b.share;
        });
}

bool holds(const std::vector<std::int32_t>& ascending, std::int32_t patch) {
    return std::binary_search(ascending.begin(), ascending.end(), patch);
}

bool isToken(const StageTrace& stage, std::int32_t patch) {
    return stage.slot_from_patch[at(patch)] >= 0;
}

bool hasScore(const StageTrace& stage, std::int32_t patch) {
    return at(patch) < stage.score.size() && !std::isnan(stage.score[at(patch)]);
}

std::int32_t clusterOf(const StageTrace& stage, std::int32_t patch) {
    return stage.cluster_of.empty() ? -1 : stage.cluster_of[at(patch)];
}

/// Whether the stage looks at the patch at all. A re-selection also looks at tokens that the
/// baseline before it let go.
bool concerns(const ViewTrace& view, std::size_t stage, std::int32_t patch) {
    return stage == 0 || isToken(view.stages[stage - 1], patch) ||
           isToken(view.stages[stage], patch) || hasScore(view.stages[stage], patch) ||
           clusterOf(view.stages[stage], patch) >= 0;
}

StageRole roleOf(const StageTrace& stage, const HistoryRow& row, std::int32_t patch) {
    const bool stays = isToken(stage, patch);
    if (!stage.chosen.empty()) {
        const bool was = holds(stage.baseline, patch);
        return stays ? (was ? StageRole::Chosen : StageRole::Reselected)
                     : (was ? StageRole::Evicted : StageRole::Member);
    }
    if (stays) {
        return row.received.empty() ? StageRole::Stays : StageRole::Anchor;
    }
    return row.sent.empty() ? StageRole::Dropped : StageRole::Context;
}

void rank(const StageTrace& stage, std::int32_t patch, HistoryRow& row) {
    if (!hasScore(stage, patch)) {
        return;
    }
    const float own = stage.score[at(patch)];
    row.score = static_cast<double>(own);
    row.rank = 1;
    for (const float other : stage.score) {
        row.ranked += std::isnan(other) ? 0 : 1;
        row.rank += other > own ? 1 : 0;
    }
}

void cluster(const StageTrace& stage, std::int32_t patch, HistoryRow& row) {
    row.cluster = clusterOf(stage, patch);
    if (row.cluster < 0) {
        return;
    }
    row.cluster_size = static_cast<int>(std::ranges::count(stage.cluster_of, row.cluster));
    const auto& speakers = stage.chosen.empty() ? stage.centres : stage.chosen;
    row.is_centre =
        at(row.cluster) < stage.centres.size() && stage.centres[at(row.cluster)] == patch;
    row.representative =
        at(row.cluster) < speakers.size() ? speakers[at(row.cluster)] : std::int32_t{-1};
}

/// "rank 188 of 576, kept 142"
std::string rankText(const HistoryRow& row) {
    return row.rank == 0 ? "kept " + std::to_string(row.kept)
                         : "rank " + std::to_string(row.rank) + " of " +
                               std::to_string(row.ranked) + ", kept " + std::to_string(row.kept);
}

/// Where rank and outcome do not go together: what decided instead.
std::string besideScore(const HistoryRow& row, PatchRule rule) {
    const bool stays = row.role == StageRole::Stays || row.role == StageRole::Anchor;
    if (rule == PatchRule::Pinned && stays) {
        return " (pinned)";
    }
    if (rule == PatchRule::Banned && !stays) {
        return " (banned)";
    }
    if (row.rank > 0 && stays != (row.rank <= row.kept)) {
        return stays ? " (chosen for more than its score)"
                     : " (others were chosen for more than "
                       "their score)";
    }
    return "";
}

/// How a cluster came to its representative.
std::string clusterReason(const StageTrace& stage,
                          const HistoryRow& row,
                          bool accepted,
                          PatchRule rule) {
    std::string text = "cluster " + std::to_string(row.cluster) + " of " +
                       std::to_string(stage.centres.size()) + " (" +
                       std::to_string(row.cluster_size) +
                       (row.cluster_size == 1 ? " token), " : " tokens), ") +
                       (row.is_centre ? "its centre" : "member");
    if (!row.is_centre && at(row.cluster) < stage.centres.size()) {
        text += " of centre " + nameOfPatch(stage.centres[at(row.cluster)]);
    }
    if (row.score) {
        text += ", centrality " + formatted("%.3g", *row.score);
    }
    if (row.text_relevance) {
        text += ", relevance to the question " + formatted("%.2f", *row.text_relevance);
    }
    std::string speaker = nameOfPatch(row.representative);
    if (row.representative >= 0 && hasScore(stage, row.representative)) {
        speaker += formatted(" (%.3g)", static_cast<double>(stage.score[at(row.representative)]));
    }
    if (!accepted) {
        return text + ": the re-selection was not used, since D did not fall; " +
               (row.role == StageRole::Chosen ? "stays" : "not kept");
    }
    switch (row.role) {
        case StageRole::Reselected:
            return text + ": re-selected as its representative" +
                   (rule == PatchRule::Pinned ? " (pinned)" : "");
        case StageRole::Chosen:
            return text + ": stays its representative" +
                   (rule == PatchRule::Pinned ? " (pinned)" : "");
        case StageRole::Evicted:
            return text + ": evicted, represented by " + speaker;
        default:
            return text + ": represented by " + speaker +
                   (rule == PatchRule::Banned ? " (banned)" : "");
    }
}

std::string reasonOf(const StageTrace& stage,
                     const HistoryRow& row,
                     const ShiftSummary& shift,
                     PatchRule rule) {
    if (!stage.chosen.empty() && row.cluster >= 0) {
        return clusterReason(stage, row, shift.accepted, rule);
    }
    std::string text = rankText(row) + ": ";
    switch (row.role) {
        case StageRole::Anchor:
            text += "anchor" + besideScore(row, rule) + ", took in " +
                    worth(std::max(0.0, row.mass_after - row.mass_before)) + " from " +
                    std::to_string(row.received.size()) + ": " + sharesText(row.received, " of ");
            break;
        case StageRole::Context:
            text += "context" + besideScore(row, rule) + "; " + sharesText(row.sent, " to ");
            break;
        case StageRole::Dropped:
            text += "dropped" + besideScore(row, rule);
            break;
        default:
            text += "stays" + besideScore(row, rule);
            break;
    }
    if (row.cluster >= 0) {
        text += "; group " + std::to_string(row.cluster) + " of " +
                std::to_string(row.cluster_size) + (row.is_centre ? ", its centre" : "");
    }
    return text;
}

HistoryRow rowOf(const ViewTrace& view, std::size_t stage, std::int32_t patch, PatchRule rule) {
    const StageTrace& now = view.stages[stage];
    HistoryRow row;
    row.stage = static_cast<int>(stage);
    row.site = now.site;
    row.name = now.name;
    row.kept = now.tokens_out;
    rank(now, patch, row);
    for (const Transfer& transfer : now.transfers) {
        if (transfer.from_patch == patch) {
            row.sent.push_back({transfer.to_patch, static_cast<double>(transfer.weight)});
        } else if (transfer.to_patch == patch) {
            row.received.push_back({transfer.from_patch, static_cast<double>(transfer.weight)});
        }
    }
    largestFirst(row.sent);
    largestFirst(row.received);
    row.mass_before = static_cast<double>(patchMass(view, static_cast<int>(stage) - 1)[at(patch)]);
    row.mass_after = static_cast<double>(patchMass(view, static_cast<int>(stage))[at(patch)]);
    cluster(now, patch, row);
    if (at(patch) < now.text_relevance.size() && !std::isnan(now.text_relevance[at(patch)])) {
        row.text_relevance = static_cast<double>(now.text_relevance[at(patch)]);
    }
    row.role = roleOf(now, row, patch);
    row.reason = reasonOf(now, row, view.shift, rule);
    return row;
}

std::string ruleText(PatchRule rule, bool is_kept) {
    switch (rule) {
        case PatchRule::Pinned:
            return is_kept ? "Pinned. " : "Pinned, but there was no room. ";
        case PatchRule::Banned:
            return "Banned. ";
        case PatchRule::None:
            break;
    }
    return "";
}

std::string outcomeOf(const ViewTrace& view, const TokenHistory& history) {
    const bool is_kept = holds(view.kept, history.patch);
    std::string text = ruleText(history.rule, is_kept);
    if (is_kept) {
        const double mass = static_cast<double>(
            patchMass(view, static_cast<int>(view.stages.size()) - 1)[at(history.patch)]);
        text += history.fate == PatchFate::Reselected ? "Re-selected: a token at the end"
                                                      : "A token at the end";
        return text + (mass > 1 ? ", standing for " + formatted("%.3g", mass) + " patches." : ".");
    }
    if (history.rows.empty()) {
        return text + "No token at the end.";
    }
    const HistoryRow& last = history.rows.back();
    const char* what = history.fate == PatchFate::Evicted  ? "Evicted "
                       : history.fate == PatchFate::Merged ? "Handed on and removed "
                                                           : "Dropped ";
    return text + what + siteText(last.site) + ".";
}

void requirePatch(const RunTrace& trace, std::size_t view, std::int32_t patch) {
    require(view < trace.views.size(), "a history of a view that is not there");
    require(patch >= 0 && patch < trace.views[view].grid.count(),
            "a history of a patch that is not there");
}

}  // namespace

std::string nameOf(StageRole role) {
    switch (role) {
        case StageRole::Stays:
            return "stays";
        case StageRole::Anchor:
            return "anchor";
        case StageRole::Context:
            return "context";
        case StageRole::Dropped:
            return "dropped";
        case StageRole::Member:
            return "member";
        case StageRole::Chosen:
            return "representative";
        case StageRole::Reselected:
            return "re-selected";
        case StageRole::Evicted:
            return "evicted";
    }
    return "stays";
}

std::string siteText(const Site& site) {
    switch (site.kind) {
        case Site::Kind::EncoderLayer:
            return "after encoder layer " + std::to_string(site.layer);
        case Site::Kind::DecoderLayer:
            return "before decoder layer " + std::to_string(site.layer);
        case Site::Kind::AfterEncoder:
            break;
    }
    return "after the encoder";
}

TokenHistory tokenHistory(const RunTrace& trace, std::size_t view, std::int32_t patch) {
    requirePatch(trace, view, patch);
    const ViewTrace& shown = trace.views[view];
    TokenHistory out;
    out.view = view;
    out.patch = patch;
    out.row = shown.grid.rowOf(patch);
    out.column = shown.grid.colOf(patch);
    out.rule = ruleOf(trace.settings, view, patch);
    out.fate = patchFates(shown, static_cast<int>(shown.stages.size()) - 1)[at(patch)];
    for (std::size_t stage = 0; stage < shown.stages.size(); ++stage) {
        if (concerns(shown, stage, patch)) {
            out.rows.push_back(rowOf(shown, stage, patch, out.rule));
        }
    }
    out.outcome = outcomeOf(shown, out);
    return out;
}

std::vector<std::int32_t> clusterPatches(const ViewTrace& view, std::int32_t cluster) {
    std::vector<std::int32_t> patches;
    const auto clustered = std::find_if(view.stages.rbegin(),
                                        view.stages.rend(),
                                        [](const auto& s) { return !s.cluster_of.empty(); });
    for (std::int32_t patch = 0; clustered != view.stages.rend() && patch < view.grid.count();
         ++patch) {
        if (cluster >= 0 && clustered->cluster_of[at(patch)] == cluster) {
            patches.push_back(patch);
        }
    }
    return patches;
}

}  // namespace prunescope
