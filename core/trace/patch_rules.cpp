#include "core/trace/patch_rules.h"

#include "core/base/error.h"
#include "core/base/text.h"

#include <algorithm>
#include <charconv>
#include <functional>

namespace prunescope {

namespace {

constexpr std::int32_t kMaxPatch = (1 << 20) - 1;

using Patches = std::vector<std::int32_t>;

void insert(Patches& list, std::int32_t patch) {
    const auto at = std::lower_bound(list.begin(), list.end(), patch);
    if (at == list.end() || *at != patch) {
        list.insert(at, patch);
    }
}

void erase(Patches& list, std::int32_t patch) {
    const auto at = std::lower_bound(list.begin(), list.end(), patch);
    if (at != list.end() && *at == patch) {
        list.erase(at);
    }
}

bool holds(const Patches& list, std::int32_t patch) {
    return std::binary_search(list.begin(), list.end(), patch);
}

std::vector<std::string> partsOf(const std::string& list) {
    std::vector<std::string> parts(1);
    for (const char c : list) {
        if (c == ',') {
            parts.emplace_back();
        } else {
            parts.back() += c;
        }
    }
    return parts;
}

void dropEmptyTail(std::vector<PatchRules>& rules) {
    while (!rules.empty() && rules.back().empty()) {
        rules.pop_back();
    }
}

PatchRules& viewOf(RunSettings& settings, std::size_t view) {
    require(view < kMaxRuledViews, "a rule for a view beyond the most there are");
    if (settings.patch_rules.size() <= view) {
        settings.patch_rules.resize(view + 1);
    }
    return settings.patch_rules[view];
}

const Patches& listOf(const PatchRules& rules, PatchRule rule) {
    return rule == PatchRule::Pinned ? rules.pinned : rules.banned;
}

/// A number from 0 to `most` that fills the text, or -1.
std::int32_t wholeNumber(std::string_view text, std::int32_t most) {
    std::int32_t value = -1;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    const bool fills = error == std::errc{} && end == text.data() + text.size();
    return fills && value >= 0 && value <= most ? value : -1;
}

std::string patchNames(const Patches& patches) {
    constexpr std::size_t kMostNamed = 12;
    std::vector<std::string> names;
    for (std::size_t i = 0; i < std::min(patches.size(), kMostNamed); ++i) {
        names.push_back(std::to_string(patches[i]));
    }
    if (patches.size() > kMostNamed) {
        names.push_back(std::to_string(patches.size() - kMostNamed) + " more");
    }
    return join(names, ", ");
}

bool ascends(const Patches& list) {
    return std::adjacent_find(list.begin(), list.end(), std::greater_equal<>()) == list.end();
}

}  // namespace

const PatchRules& rulesOfView(const RunSettings& settings, std::size_t view) {
    static const PatchRules kNone;
    return view < settings.patch_rules.size() ? settings.patch_rules[view] : kNone;
}

PatchRule ruleOf(const RunSettings& settings, std::size_t view, std::int32_t patch) {
    const PatchRules& rules = rulesOfView(settings, view);
    return holds(rules.pinned, patch)   ? PatchRule::Pinned
           : holds(rules.banned, patch) ? PatchRule::Banned
                                        : PatchRule::None;
}

void setRule(RunSettings& settings,
             std::size_t view,
             std::span<const std::int32_t> patches,
             PatchRule rule) {
    PatchRules& rules = viewOf(settings, view);
    for (const std::int32_t patch : patches) {
        erase(rules.pinned, patch);
        erase(rules.banned, patch);
        if (rule != PatchRule::None) {
            insert(rule == PatchRule::Pinned ? rules.pinned : rules.banned, patch);
        }
    }
    dropEmptyTail(settings.patch_rules);
}

int countOf(const RunSettings& settings, PatchRule rule) {
    std::size_t count = 0;
    for (const PatchRules& rules : settings.patch_rules) {
        count += listOf(rules, rule).size();
    }
    return static_cast<int>(count);
}

std::vector<PatchSpan> patchSpans(const std::string& list, const std::string& option) {
    std::vector<PatchSpan> spans;
    for (const std::string& item : partsOf(list)) {
        std::string_view text = item;
        PatchSpan span;
        if (const std::size_t colon = text.find(':'); colon != std::string_view::npos) {
            span.view =
                wholeNumber(text.substr(0, colon), static_cast<std::int32_t>(kMaxRuledViews) - 1);
            text.remove_prefix(colon + 1);
        }
        const std::size_t dash = text.find('-');
        span.first = wholeNumber(text.substr(0, dash), kMaxPatch);
        span.last = dash == std::string_view::npos ? span.first
                                                   : wholeNumber(text.substr(dash + 1), kMaxPatch);
        if (span.view < 0 || span.first < 0 || span.last < span.first) {
            throw Error(ErrorCode::Usage,
                        option + ": " + inQuotes(item) + " is no patch.",
                        "Patches are numbered from 0 row by row: 213, 213-216, or 1:213 in the "
                        "second view.");
        }
        spans.push_back(span);
    }
    return spans;
}

void addRules(RunSettings& settings,
              const std::string& list,
              PatchRule rule,
              const std::string& option) {
    for (const PatchSpan& span : patchSpans(list, option)) {
        PatchRules& rules = viewOf(settings, static_cast<std::size_t>(span.view));
        for (std::int32_t patch = span.first; patch <= span.last; ++patch) {
            insert(rule == PatchRule::Pinned ? rules.pinned : rules.banned, patch);
        }
    }
    dropEmptyTail(settings.patch_rules);
}

std::string ruleList(const RunSettings& settings, PatchRule rule) {
    std::vector<std::string> items;
    for (std::size_t v = 0; v < settings.patch_rules.size(); ++v) {
        const Patches& list = listOf(settings.patch_rules[v], rule);
        const std::string view = v == 0 ? "" : std::to_string(v) + ":";
        for (std::size_t i = 0; i < list.size();) {
            std::size_t end = i + 1;
            while (end < list.size() && list[end] == list[end - 1] + 1) {
                ++end;
            }
            if (end - i >= 3) {
                items.push_back(view + std::to_string(list[i]) + "-" +
                                std::to_string(list[end - 1]));
                i = end;
            } else {
                items.push_back(view + std::to_string(list[i++]));
            }
        }
    }
    return join(items, ",");
}

std::vector<Problem> checkPatchRules(const std::vector<PatchRules>& rules) {
    std::vector<Problem> problems;
    if (rules.size() > kMaxRuledViews) {
        problems.push_back({"patch_rules", "Pins and bans name more views than there can be."});
    }
    for (const PatchRules& view : rules) {
        for (const Patches* list : {&view.pinned, &view.banned}) {
            if (!list->empty() && (list->front() < 0 || list->back() > kMaxPatch)) {
                problems.push_back(
                    {"patch_rules", "A pinned or banned patch has no valid number."});
            } else if (!ascends(*list)) {
                problems.push_back(
                    {"patch_rules", "Pinned and banned patches must ascend, each once."});
            }
        }
        Patches both;
        std::set_intersection(view.pinned.begin(),
                              view.pinned.end(),
                              view.banned.begin(),
                              view.banned.end(),
                              std::back_inserter(both));
        if (!both.empty()) {
            problems.push_back(
                {"patch_rules", "Pinned and banned at once: patch " + patchNames(both) + "."});
        }
    }
    return problems;
}

std::string rulesProblem(const RunSettings& settings, std::size_t view, int n_patches) {
    const PatchRules& rules = rulesOfView(settings, view);
    for (const Patches* list : {&rules.pinned, &rules.banned}) {
        if (!list->empty() && list->back() >= n_patches) {
            return "There is no patch " + std::to_string(list->back()) + " to " +
                   (list == &rules.pinned ? "pin" : "ban") + ": view " + std::to_string(view) +
                   " has patches 0 to " + std::to_string(n_patches - 1) + ".";
        }
    }
    if (static_cast<int>(rules.banned.size()) >= n_patches) {
        return "Every patch of view " + std::to_string(view) +
               " is banned; at least one has to stay.";
    }
    return "";
}

PatchRules fitting(const PatchRules& rules, int room) {
    PatchRules out = rules;
    out.pinned.resize(std::min(rules.pinned.size(), static_cast<std::size_t>(std::max(room, 0))));
    return out;
}

std::string pinsBeyond(const PatchRules& rules, int room, const std::string& what) {
    const auto fit = static_cast<std::size_t>(std::max(room, 0));
    if (rules.pinned.size() <= fit) {
        return "";
    }
    const Patches left_out(rules.pinned.begin() + static_cast<std::ptrdiff_t>(fit),
                           rules.pinned.end());
    return what + " has room for " + std::to_string(fit) + " of " +
           std::to_string(rules.pinned.size()) + " pinned patches: not certain to stay are " +
           patchNames(left_out) + ".";
}

}  // namespace prunescope
