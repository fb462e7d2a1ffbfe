#include "app/history_command.h"

#include "app/cli_commands.h"
#include "core/base/error.h"
#include "core/base/file.h"
#include "core/engine/run.h"
#include "core/trace/token_history.h"
#include "core/trace/trace_json.h"

#include <cstdint>
#include <iostream>

#include <CLI/CLI.hpp>

namespace prunescope {

namespace {

RunTrace traceFor(const HistoryArguments& arguments, const std::stop_token& stop) {
    if (!arguments.trace.empty()) {
        constexpr std::uint64_t kMostBytes = 256ULL << 20;
        const std::vector<std::uint8_t> bytes =
            readFile(arguments.trace, kMostBytes, ErrorCode::Input);
        return traceFromJson(std::string(bytes.begin(), bytes.end()));
    }
    RunRequest request = requestFrom(arguments.run);
    request.want_answer = false;
    const std::unique_ptr<Vlm> vlm = loadModel(arguments.run, stop);
    StageCache cache;
    return run({*vlm, cache, request, stop});
}

/// The asked patches of every view, read as pins are.
std::vector<PatchRules> askedFor(const HistoryArguments& arguments, const RunTrace& trace) {
    RunSettings asked;
    addRules(asked, arguments.tokens, PatchRule::Pinned, "--token");
    for (std::size_t v = 0; v < asked.patch_rules.size(); ++v) {
        const std::vector<std::int32_t>& patches = asked.patch_rules[v].pinned;
        const int n = v < trace.views.size() ? trace.views[v].grid.count() : 0;
        if (!patches.empty() && patches.back() >= n) {
            throw Error(ErrorCode::Usage,
                        "--token: there is no patch " + std::to_string(patches.back()) +
                            " in view " + std::to_string(v) + ".",
                        n == 0 ? "The picture has " + std::to_string(trace.views.size()) +
                                     " views, numbered from 0."
                               : "Its patches are 0 to " + std::to_string(n - 1) + ".");
        }
    }
    return asked.patch_rules;
}

template <typename Rows>
void printRows(const Rows& rows) {
    for (const auto& row : rows) {
        std::cout << "  " << siteText(row.site) << "\t" << row.name << "\t" << row.reason << '\n';
    }
}

}  // namespace

void addHistoryCommand(CLI::App& app, HistoryArguments& a) {
    CLI::App* command =
        app.add_subcommand("history", "Say what every stage did with some patches, and why");
    command->add_option("--token", a.tokens, "Patches: 213, or 213,20-24, or 1:213")->required();
    command->add_flag("--region", a.region, "Take them as one region, view by view");
    command->add_option("--trace", a.trace, "Read this trace file instead of running");
    command->add_flag("--json", a.json, "Print as JSON (prunescope.history/1)");
    command->callback([&a] { a.chosen = true; });
    addRunOptions(*command, a.run);
}

void historyCommand(const HistoryArguments& arguments, const std::stop_token& stop) {
    const RunTrace trace = traceFor(arguments, stop);
    const std::vector<PatchRules> asked = askedFor(arguments, trace);
    std::vector<TokenHistory> tokens;
    std::vector<RegionHistory> regions;
    for (std::size_t v = 0; v < asked.size(); ++v) {
        if (asked[v].pinned.empty()) {
            continue;
        }
        if (arguments.region) {
            regions.push_back(regionHistory(trace, v, asked[v].pinned));
            continue;
        }
        for (const std::int32_t patch : asked[v].pinned) {
            tokens.push_back(tokenHistory(trace, v, patch));
        }
    }
    if (arguments.json) {
        std::cout << historyToJson(tokens, regions) << '\n';
        return;
    }
    for (const TokenHistory& token : tokens) {
        std::cout << "#" << token.patch << " r" << token.row << " c" << token.column << ": "
                  << token.outcome << '\n';
        printRows(token.rows);
    }
    for (const RegionHistory& region : regions) {
        std::cout << region.patches.size() << " patches"
                  << (region.cluster >= 0 ? ", cluster " + std::to_string(region.cluster) : "")
                  << ": " << region.outcome << '\n';
        printRows(region.rows);
    }
}

}  // namespace prunescope
