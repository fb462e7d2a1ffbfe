#include "core/base/error.h"
#include "core/base/json.h"
#include "core/base/text.h"
#include "core/trace/patch_index.h"
#include "core/trace/token_history.h"

#include <algorithm>
#include <cmath>
#include <map>

#include <nlohmann/json.hpp>

namespace prunescope {

namespace {

using nlohmann::json;

/// What moved between the region and the rest, in patches' worth.
void addTransfers(const StageTrace& stage,
                  const std::vector<float>& mass,
                  const std::vector<char>& inside,
                  RegionRow& row) {
    std::map<std::int32_t, double> outside;
    for (const Transfer& transfer : stage.transfers) {
        const double moved = static_cast<double>(transfer.weight) *
                             static_cast<double>(mass[at(transfer.from_patch)]);
        const bool from = inside[at(transfer.from_patch)] != 0;
        const bool to = transfer.to_patch >= 0 && inside[at(transfer.to_patch)] != 0;
        if (from && to) {
            row.sent_inside += moved;
        } else if (from) {
            row.sent_outside += moved;
            outside[transfer.to_patch] += moved;
        } else if (to) {
            row.from_outside += moved;
        }
    }
    for (const auto& [patch, moved] : outside) {
        row.receivers.push_back({patch, row.sent_outside > 0 ? moved / row.sent_outside : 0});
    }
    std::stable_sort(
        row.receivers.begin(),
        row.receivers.end(),
        [](const HistoryShare& a, const HistoryShare& b) { return a.share > b.share; });
}

void addRank(const StageTrace& stage, const std::vector<std::int32_t>& patches, RegionRow& row) {
    float best = 0;
    for (const std::int32_t patch : patches) {
        const float score = stage.score.empty() ? NAN : stage.score[at(patch)];
        if (!std::isnan(score) && (row.best_patch < 0 || score > best)) {
            best = score;
            row.best_patch = patch;
        }
    }
    if (row.best_patch >= 0) {
        row.best_rank = 1 + static_cast<int>(std::ranges::count_if(
                                stage.score, [&](float other) { return other > best; }));
    }
}

std::string reasonOf(const RegionRow& row) {
    std::string text =
        std::to_string(row.after) + " of " + std::to_string(row.before) + " tokens stay";
    if (row.best_rank > 0) {
        text += ", best rank " + std::to_string(row.best_rank) + " (#" +
                std::to_string(row.best_patch) + ")";
    }
    if (row.reselected + row.evicted > 0) {
        text += "; " + std::to_string(row.reselected) + " re-selected, " +
                std::to_string(row.evicted) + " evicted";
    }
    const double sent = row.sent_inside + row.sent_outside;
    if (sent > 0) {
        text += "; handed on " + formatted("%.3g", sent) + " patches' worth, " +
                formatted("%.0f", 100 * row.sent_inside / sent) + " % of it inside";
    }
    if (!row.receivers.empty()) {
        std::vector<std::string> names;
        for (std::size_t i = 0; i < std::min<std::size_t>(3, row.receivers.size()); ++i) {
            const HistoryShare& to = row.receivers[i];
            names.push_back(to.patch < 0 ? "the extra token" : "#");
            names.back() += (to.patch < 0 ? "" : std::to_string(to.patch)) + " " +
                            formatted("%.0f", 100 * to.share) + " %";
        }
        text += ", the rest to " + join(names, ", ");
        if (row.receivers.size() > names.size()) {
            text += " and " + std::to_string(row.receivers.size() - names.size()) + " more";
        }
    }
    if (row.from_outside > 0) {
        text += "; took in " + formatted("%.3g", row.from_outside) + " from outside";
    }
    return text;
}

RegionRow rowOf(const ViewTrace& view,
                int stage,
                const std::vector<std::int32_t>& patches,
                const std::vector<char>& inside) {
    const StageTrace& now = view.stages[static_cast<std::size_t>(stage)];
    const std::vector<float> before = patchMass(view, stage - 1);
    const std::vector<float> after = patchMass(view, stage);
    RegionRow row;
    row.stage = stage;
    row.site = now.site;
    row.name = now.name;
    for (const std::int32_t patch : patches) {
        const bool was = before[at(patch)] > 0;
        const bool is = after[at(patch)] > 0;
        row.before += was ? 1 : 0;
        row.after += is ? 1 : 0;
        row.reselected += !now.chosen.empty() && is && !was ? 1 : 0;
        row.evicted += !now.chosen.empty() && was && !is ? 1 : 0;
        row.mass_before += static_cast<double>(before[at(patch)]);
        row.mass_after += static_cast<double>(after[at(patch)]);
    }
    addTransfers(now, before, inside, row);
    addRank(now, patches, row);
    row.reason = reasonOf(row);
    return row;
}

/// The cluster that these patches are, all and only.
std::int32_t clusterOfAll(const ViewTrace& view, const std::vector<std::int32_t>& patches) {
    for (auto stage = view.stages.rbegin(); stage != view.stages.rend(); ++stage) {
        if (!stage->cluster_of.empty()) {
            const std::int32_t cluster = stage->cluster_of[at(patches.front())];
            return cluster >= 0 && clusterPatches(view, cluster) == patches ? cluster : -1;
        }
    }
    return -1;
}

json sharesJson(const std::vector<HistoryShare>& shares) {
    json list = json::array();
    for (const HistoryShare& share : shares) {
        list.push_back(json::array({share.patch, share.share}));
    }
    return list;
}

const char* nameOf(PatchRule rule) {
    return rule == PatchRule::Pinned ? "pinned" : rule == PatchRule::Banned ? "banned" : "none";
}

json rowJson(const HistoryRow& row) {
    return {{"stage", row.stage},
            {"where", siteText(row.site)},
            {"name", row.name},
            {"role", prunescope::nameOf(row.role)},
            {"score", finiteOrNull(row.score)},
            {"rank", row.rank},
            {"ranked", row.ranked},
            {"kept", row.kept},
            {"sent", sharesJson(row.sent)},
            {"received", sharesJson(row.received)},
            {"mass_before", row.mass_before},
            {"mass_after", row.mass_after},
            {"cluster", row.cluster},
            {"cluster_size", row.cluster_size},
            {"is_centre", row.is_centre},
            {"representative", row.representative},
            {"text_relevance", finiteOrNull(row.text_relevance)},
            {"reason", row.reason}};
}

json rowJson(const RegionRow& row) {
    return {{"stage", row.stage},
            {"where", siteText(row.site)},
            {"name", row.name},
            {"before", row.before},
            {"after", row.after},
            {"reselected", row.reselected},
            {"evicted", row.evicted},
            {"mass_before", row.mass_before},
            {"mass_after", row.mass_after},
            {"sent_inside", row.sent_inside},
            {"sent_outside", row.sent_outside},
            {"from_outside", row.from_outside},
            {"receivers", sharesJson(row.receivers)},
            {"best_rank", row.best_rank},
            {"best_patch", row.best_patch},
            {"reason", row.reason}};
}

template <typename Rows>
json rowsJson(const Rows& rows) {
    json list = json::array();
    for (const auto& row : rows) {
        list.push_back(rowJson(row));
    }
    return list;
}

}  // namespace

RegionHistory regionHistory(const RunTrace& trace,
                            std::size_t view,
                            std::span<const std::int32_t> patches) {
    require(view < trace.views.size() && !patches.empty(), "a history of no region");
    const ViewTrace& shown = trace.views[view];
    RegionHistory out;
    out.view = view;
    out.patches.assign(patches.begin(), patches.end());
    std::ranges::sort(out.patches);
    out.patches.erase(std::unique(out.patches.begin(), out.patches.end()), out.patches.end());
    require(out.patches.front() >= 0 && out.patches.back() < shown.grid.count(),
            "a history of a patch that is not there");
    std::vector<char> inside(at(shown.grid.count()), 0);
    for (const std::int32_t patch : out.patches) {
        inside[at(patch)] = 1;
        out.kept += std::ranges::binary_search(shown.kept, patch) ? 1 : 0;
    }
    out.cluster = clusterOfAll(shown, out.patches);
    for (int stage = 0; stage < static_cast<int>(shown.stages.size()); ++stage) {
        const RegionRow row = rowOf(shown, stage, out.patches, inside);
        if (row.before + row.after > 0) {
            out.rows.push_back(row);
        }
    }
    out.outcome = std::to_string(out.kept) + " of " + std::to_string(out.patches.size()) +
                  " patches are tokens at the end.";
    return out;
}

std::string historyToJson(const std::vector<TokenHistory>& tokens,
                          const std::vector<RegionHistory>& regions) {
    json patches = json::array();
    for (const TokenHistory& token : tokens) {
        patches.push_back({{"view", token.view},
                           {"patch", token.patch},
                           {"row", token.row},
                           {"column", token.column},
                           {"rule", nameOf(token.rule)},
                           {"outcome", token.outcome},
                           {"stages", rowsJson(token.rows)}});
    }
    json areas = json::array();
    for (const RegionHistory& region : regions) {
        areas.push_back({{"view", region.view},
                         {"patches", region.patches},
                         {"cluster", region.cluster},
                         {"kept", region.kept},
                         {"outcome", region.outcome},
                         {"stages", rowsJson(region.rows)}});
    }
    return json{{"schema", "prunescope.history/1"},
                {"tokens", std::move(patches)},
                {"regions", std::move(areas)}}
        .dump(1);
}

}  // namespace prunescope
