#include "app/attribute_command.h"

#include "app/cli_commands.h"
#include "core/base/error.h"
#include "core/base/json.h"
#include "core/base/text.h"
#include "core/engine/run.h"
#include "core/trace/patch_rules.h"
#include "core/trace/trace_json.h"

#include <algorithm>
#include <cmath>
#include <iostream>
#include <set>
#include <utility>

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

namespace prunescope {

namespace {

using nlohmann::json;

json numbers(const std::vector<double>& values) {
    json list = json::array();
    for (const double value : values) {
        list.push_back(finiteOrNull(value));
    }
    return list;
}

json placeOf(int view, const OutputRow& row) {
    return {{"view", view},
            {"patch", row.patch >= 0 ? json(row.patch) : json(nullptr)},
            {"kind", nameOf(row.kind)}};
}

json toJson(const TokenEffect& effect) {
    json said = placeOf(effect.view, effect.token);
    said.update({{"row", effect.row},
                 {"delta", finiteOrNull(effect.delta)},
                 {"delta_per_token", numbers(effect.delta_of)},
                 {"answer", effect.text},
                 {"answer_ids", effect.ids},
                 {"changed", effect.changesAnswer()},
                 {"first_difference",
                  effect.changesAnswer() ? json(effect.first_difference) : json(nullptr)}});
    return said;
}

/// [T][n] as `rows` and a list for every answer token; null where it was not asked for.
json attentionToJson(const Attribution& found) {
    if (found.attention.empty()) {
        return nullptr;
    }
    json of_tokens = json::array();
    for (const std::vector<double>& paid : found.attention) {
        of_tokens.push_back(numbers(paid));
    }
    return of_tokens;
}

void printJson(const RunRequest& request, const LoadReport& model, const Attribution& found) {
    json leave_out = json::array();
    json leave_in = json::array();
    for (const TokenEffect& effect : found.effects) {
        (effect.added ? leave_in : leave_out).push_back(toJson(effect));
    }
    json rows = json::array();
    for (const PlacedRow& placed : found.rows) {
        rows.push_back(placeOf(placed.view, placed.row));
    }
    std::cout << json{{"schema", "prunescope.attribution/1"},
                      {"model", model.name},
                      {"image", request.image_name},
                      {"prompt", request.prompt},
                      {"settings", json::parse(settingsToJson(request.settings))},
                      {"answer", found.answer.text},
                      {"answer_ids", found.answer.ids},
                      {"answer_pieces", found.answer.pieces},
                      {"log_probability", numbers(found.log_probability)},
                      {"rows", std::move(rows)},
                      {"attention", attentionToJson(found)},
                      {"leave_out", std::move(leave_out)},
                      {"leave_in", std::move(leave_in)},
                      {"version", programVersion()}}
                     .dump(1, ' ', false, json::error_handler_t::replace)
              << '\n';
}

std::string tokenName(const TokenEffect& effect) {
    std::string name = effect.added ? "+" : "";
    name += effect.view > 0 ? std::to_string(effect.view) + ":" : "";
    return name + (effect.token.patch >= 0 ? std::to_string(effect.token.patch)
                                           : nameOf(effect.token.kind));
}

/// What the whole answer pays to the row of a token on average; "" for one that was put back.
std::string meanAttention(const Attribution& found, const TokenEffect& effect) {
    if (effect.added || found.attention.empty()) {
        return "";
    }
    double sum = 0;
    for (const std::vector<double>& paid : found.attention) {
        sum += paid[static_cast<std::size_t>(effect.row)];
    }
    return formatted("\t%.4f", sum / static_cast<double>(found.attention.size()));
}

/// The largest change first, equal ones by row.
void printTable(Attribution found) {
    std::ranges::stable_sort(found.effects, [](const TokenEffect& a, const TokenEffect& b) {
        return std::abs(a.delta) > std::abs(b.delta);
    });
    std::cout << found.answer.text << '\n';
    for (const TokenEffect& effect : found.effects) {
        std::cout << tokenName(effect) << '\t' << formatted("%+12.4g", effect.delta) << '\t'
                  << (effect.changesAnswer() ? effect.text : "=") << meanAttention(found, effect)
                  << '\n';
    }
}

}  // namespace

std::vector<ViewPatch> parsedPatches(const std::string& option,
                                     const std::vector<std::string>& typed) {
    std::vector<ViewPatch> patches;
    std::set<std::pair<int, std::int32_t>> named;
    for (const std::string& list : typed) {
        for (const PatchSpan& span : patchSpans(list, option)) {
            for (std::int32_t patch = span.first; patch <= span.last; ++patch) {
                if (named.emplace(span.view, patch).second) {
                    patches.push_back({span.view, patch});
                }
            }
        }
    }
    return patches;
}

void addAttributeOptions(CLI::App& command, AttributeArguments& a) {
    addRunOptions(command, a.run);
    command
        .add_option("--leave-in",
                    a.leave_in,
                    "Comma-separated dropped patches: also what each would do if it were back")
        ->delimiter(',');
    command.add_flag(
        "--attention",
        a.attention,
        "Also the attention that the answer's tokens pay to each visual token, mean over "
        "heads and layers");
    command.add_flag("--json", a.json, "Print as JSON (prunescope.attribution/1)");
}

void attributeCommand(const AttributeArguments& arguments, const std::stop_token& stop) {
    RunRequest request = requestFrom(arguments.run);
    request.attribution = AttributionRequest{
        true, parsedPatches("--leave-in", arguments.leave_in), arguments.attention};
    const std::unique_ptr<Vlm> vlm = loadModel(arguments.run, stop);
    StageCache cache;
    const Attribution found = attribute({*vlm, cache, request, stop});
    if (arguments.json) {
        printJson(request, vlm->report(), found);
    } else {
        printTable(found);
    }
}

}  // namespace prunescope
