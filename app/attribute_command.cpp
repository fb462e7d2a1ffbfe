#include "app/attribute_command.h"

#include "app/cli_commands.h"
#include "app/cli_session.h"
#include "core/base/error.h"
#include "core/base/text.h"
#include "core/engine/run.h"
#include "core/session/attribution_json.h"
#include "core/trace/patch_rules.h"

#include <algorithm>
#include <cmath>
#include <iostream>
#include <set>
#include <utility>

#include <CLI/CLI.hpp>

namespace prunescope {

namespace {

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
    auto* as_json = command.add_flag("--json", a.json, "Print as JSON (prunescope.attribution/1)");
    command.add_flag("--csv", a.csv, "Print as CSV, a line per token")->excludes(as_json);
    command.add_option("--session", a.session, "Write the run and all this as a session file");
}

void attributeCommand(const AttributeArguments& arguments, const std::stop_token& stop) {
    RunRequest request = requestFrom(arguments.run);
    request.attribution = AttributionRequest{
        true, parsedPatches("--leave-in", arguments.leave_in), arguments.attention};
    const std::unique_ptr<Vlm> vlm = loadModel(arguments.run, stop);
    StageCache cache;
    const Attribution found = attribute({*vlm, cache, request, stop});
    if (!arguments.session.empty()) {
        RunRequest answered = request;
        answered.attribution.reset();
        wantAnswerAlone(answered);
        writeRunSession(answered,
                        run({*vlm, cache, answered, stop}),
                        arguments.session,
                        std::make_shared<const Attribution>(found));
    }
    const LoadReport& model = vlm->report();
    if (arguments.json) {
        std::cout << attributionToJson(found,
                                       {model.name,
                                        model.fingerprint,
                                        request.image_name,
                                        hex(contentHash(*request.image)),
                                        request.prompt,
                                        request.settings,
                                        programVersion()});
    } else if (arguments.csv) {
        std::cout << attributionToCsv(found);
    } else {
        printTable(found);
    }
}

}  // namespace prunescope
