#include "app/cli_session.h"

#include "app/cli_commands.h"
#include "core/base/error.h"
#include "core/base/text.h"
#include "core/engine/run.h"
#include "core/session/attribution_json.h"
#include "core/session/session_file.h"
#include "core/trace/patch_rules.h"
#include "core/trace/trace_json.h"

#include <algorithm>
#include <chrono>
#include <ctime>
#include <iostream>
#include <utility>

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

namespace prunescope {

namespace {

using nlohmann::json;

std::string nowIso() {
    const std::time_t now = std::chrono::system_clock::to_time_t(std::chrono::system_clock::now());
    std::tm utc{};
    gmtime_r(&now, &utc);
    char text[32];
    std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &utc);
    return text;
}

/// The parts of D that a reader of a session wants first.
std::string shiftOf(const RunTrace& trace) {
    if (trace.views.empty() || !trace.views.front().shift.kappa) {
        return "not measured";
    }
    const ShiftSummary& shift = trace.views.front().shift;
    std::string text = number(*shift.kappa) + " (" + shift.metric + ")";
    if (shift.fired && shift.kappa_after) {
        text += ", re-selected: " + number(*shift.kappa_after);
    }
    return text;
}

void showAsText(const SessionState& state) {
    std::cout << "session   " << sessionId(state) << ", saved "
              << (state.created.empty() ? "at an unknown time" : state.created) << " by version "
              << (state.program_version.empty() ? "unknown" : state.program_version) << '\n'
              << "picture   "
              << (state.image ? state.image_name + ", " + std::to_string(state.image->width) +
                                    " x " + std::to_string(state.image->height)
                              : "none")
              << '\n'
              << "prompt    " << state.prompt << '\n'
              << "model     " << state.model_name << " " << state.model_fingerprint << '\n'
              << "method    " << state.settings.method << ", budget " << state.settings.budget
              << ", tau " << number(state.settings.tau) << '\n';
    for (const auto& [rule, title] :
         {std::pair(PatchRule::Pinned, "pinned    "), std::pair(PatchRule::Banned, "banned    ")}) {
        if (countOf(state.settings, rule) > 0) {
            std::cout << title << ruleList(state.settings, rule) << '\n';
        }
    }
    if (state.trace) {
        std::cout << "answer    " << state.trace->answer.text << '\n'
                  << "D         " << shiftOf(*state.trace) << '\n'
                  << "tokens    " << state.trace->tokens.visual_kept << " of "
                  << state.trace->tokens.visual_full << '\n';
    }
    if (state.unpruned) {
        std::cout << "unpruned  " << state.unpruned->answer.text << '\n';
    }
    if (state.attribution) {
        const auto n =
            std::ranges::count_if(state.attribution->effects, &TokenEffect::changesAnswer);
        std::cout << "effects   " << state.attribution->effects.size() << " of "
                  << state.attribution->total << " tokens known, " << n
                  << " make it another answer\n";
    }
    for (const SessionNote& note : state.notes) {
        std::cout << "note      " << note.text << '\n';
    }
}

void showAsJson(const SessionState& state) {
    json notes = json::array();
    for (const SessionNote& note : state.notes) {
        notes.push_back({{"view", note.view}, {"patches", note.patches}, {"text", note.text}});
    }
    json picture = nullptr;
    if (state.image) {
        picture = {{"name", state.image_name},
                   {"width", state.image->width},
                   {"height", state.image->height},
                   {"hash", hex(contentHash(*state.image))}};
    }
    const auto run = [](const std::shared_ptr<const RunTrace>& trace) {
        return trace ? json::parse(runToJson(*trace)) : json(nullptr);
    };
    std::cout << json{{"schema", "prunescope.session-summary/1"},
                      {"id", sessionId(state)},
                      {"created", state.created},
                      {"program_version", state.program_version},
                      {"picture", std::move(picture)},
                      {"prompt", state.prompt},
                      {"settings", json::parse(settingsToJson(state.settings))},
                      {"model",
                       {{"name", state.model_name}, {"fingerprint", state.model_fingerprint}}},
                      {"run", run(state.trace)},
                      {"unpruned", run(state.unpruned)},
                      {"attribution",
                       state.attribution ? json::parse(attributionToJson(
                                               *state.attribution, attributedRun(*state.trace)))
                                         : json(nullptr)},
                      {"notes", std::move(notes)},
                      {"log", state.log}}
                     .dump(1)
              << '\n';
}

/// Contradictions inside a session that opens.
std::vector<std::string> contradictions(const SessionState& state) {
    std::vector<std::string> found;
    for (const auto& trace : {state.trace, state.unpruned}) {
        if (!trace) {
            continue;
        }
        if (state.image && trace->image.hash != hex(contentHash(*state.image))) {
            found.push_back("the result is of another picture");
        }
        if (trace->prompt != state.prompt) {
            found.push_back("the result is of another prompt");
        }
        if (!state.model_fingerprint.empty() &&
            trace->model.fingerprint != state.model_fingerprint) {
            found.push_back("the result is of another model");
        }
    }
    return found;
}

void verify(const SessionState& state) {
    const std::vector<std::string> found = contradictions(state);
    if (!found.empty()) {
        throw Error(ErrorCode::Mismatch,
                    "The session contradicts itself: " + join(found, "; ") + ".",
                    "Open it and run again to bring it up to date.");
    }
    std::cerr << "The session is in order: " << sessionId(state) << '\n';
}

void printDifferences(const std::vector<Difference>& differences, bool as_json) {
    if (!as_json) {
        for (const Difference& d : differences) {
            std::cout << d.field << "\tsaved " << d.saved << "\tnow " << d.now << '\n';
        }
        return;
    }
    json list = json::array();
    for (const Difference& d : differences) {
        list.push_back({{"field", d.field}, {"saved", d.saved}, {"now", d.now}});
    }
    std::cout
        << json{{"schema", "prunescope.session-run/1"}, {"differences", std::move(list)}}.dump(1)
        << '\n';
}

void runAgain(const SessionArguments& arguments, SessionState state, const std::stop_token& stop) {
    if (!state.image) {
        throw Error(ErrorCode::Input, "The session holds no picture, so it cannot run.");
    }
    const std::unique_ptr<Vlm> vlm = loadModel(arguments.run, stop);
    RunRequest request;
    request.image = state.image;
    request.image_name = state.image_name;
    request.prompt = state.prompt;
    request.settings = state.settings;
    wantAnswerAlone(request);
    StageCache cache;
    const RunTrace now = run({*vlm, cache, request, stop});
    const bool had_result = state.trace != nullptr;
    const std::vector<Difference> differences =
        had_result ? differencesOf(*state.trace, now, arguments.tolerance)
                   : std::vector<Difference>{};
    printDifferences(differences, arguments.json);
    if (!arguments.out.empty()) {
        writeRunSession(request, now, arguments.out);
    }
    if (!differences.empty()) {
        throw Error(ErrorCode::Mismatch,
                    "The result differs from the saved one in " +
                        std::to_string(differences.size()) + " fields.");
    }
    std::cerr << (had_result ? "The result is the same.\n"
                             : "The session had no result to compare with.\n");
}

}  // namespace

void addSessionCommand(CLI::App& app, SessionArguments& a) {
    CLI::App* session = app.add_subcommand("session", "Look at, check and re-run session files");
    session->require_subcommand(1);
    const auto action = [&](const char* name, const char* help) {
        CLI::App* command = session->add_subcommand(name, help);
        command->add_option("FILE", a.file, "Session file")->required();
        command->callback([&a, name] { a.action = name; });
        return command;
    };
    CLI::App* show = action("show", "Say what a session holds; needs no model");
    show->add_flag("--json", a.json, "As JSON");
    action("verify", "Read all of it and check that its parts belong together");
    CLI::App* migrate = action("migrate", "Write it again in this version's format");
    migrate->add_option("--out", a.out, "File to write (default: in place)");
    CLI::App* run = action("run", "Run it again and say what differs; exit code 5 when it does");
    run->add_flag("--json", a.json, "The differences as JSON");
    run->add_option("--out", a.out, "Write the new result as a session");
    run->add_option("--tolerance", a.tolerance, "Relative difference of D that still is the same")
        ->check(CLI::NonNegativeNumber);
    addModelOptions(*run, a.run);
}

void sessionCommand(const SessionArguments& arguments, const std::stop_token& stop) {
    SessionState state = readSession(arguments.file);
    if (arguments.action == "show") {
        arguments.json ? showAsJson(state) : showAsText(state);
    } else if (arguments.action == "verify") {
        verify(state);
    } else if (arguments.action == "migrate") {
        writeSession(state, arguments.out.empty() ? arguments.file : arguments.out);
    } else {
        runAgain(arguments, std::move(state), stop);
    }
}

void writeRunSession(const RunRequest& request,
                     const RunTrace& trace,
                     const std::string& path,
                     std::shared_ptr<const Attribution> attribution) {
    SessionState state;
    state.image = request.image;
    state.image_name = request.image_name;
    state.prompt = request.prompt;
    state.settings = request.settings;
    state.model_name = trace.model.name;
    state.model_fingerprint = trace.model.fingerprint;
    state.trace = std::make_shared<const RunTrace>(trace);
    state.attribution = std::move(attribution);
    state.program_version = programVersion();
    state.created = nowIso();
    writeSession(state, path);
}

}  // namespace prunescope
