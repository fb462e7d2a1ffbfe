#include "app/attribute_command.h"
#include "app/cli_commands.h"
#include "app/cli_session.h"
#include "app/compare_command.h"
#include "app/curve_command.h"
#include "app/eval_command.h"
#include "app/history_command.h"
#include "core/base/error.h"
#include "core/base/stop.h"
#include "core/engine/run.h"

#include <csignal>
#include <exception>
#include <iostream>

#include <CLI/CLI.hpp>

namespace {

// Requesting a stop is lock-free here and the only thing the handler does. Never destroyed: an
// interrupt may come while the program ends.
std::stop_source& g_stop = *new std::stop_source;

extern "C" void onInterrupt(int) {
    g_stop.request_stop();
}

int fail(const prunescope::Error& error) {
    std::cerr << "prunescope-cli: " << error.what();
    if (!error.hint().empty()) {
        std::cerr << ' ' << error.hint();
    }
    std::cerr << '\n';
    return prunescope::exitCode(error.code());
}

int parseAndRun(int argc, char** argv) {
    using namespace prunescope;
    CLI::App app{"Visual-token pruning inside vision-language models, without a window.",
                 "prunescope-cli"};
    app.require_subcommand(1);
    app.set_version_flag("--version", programVersion());

    RunArguments arguments;
    RunOutputs outputs;
    std::string dump_out;
    std::vector<std::string> dump_what;
    bool json = false;

    CLI::App* run = app.add_subcommand("run", "Prune, answer, and say what happened");
    addRunOptions(*run, arguments);
    run->add_flag("--json", outputs.json, "Print the run as JSON (prunescope.run/1)");
    run->add_option(
           "--shift-target", outputs.shift_target, "Smallest budget whose D is at most this")
        ->check(CLI::PositiveNumber);
    run->add_option(
        "--trace", outputs.trace, "Write the whole trace: .csv, else JSON (prunescope.trace/1)");
    auto* session_file = run->add_option(
        "--session", outputs.session, "Write picture, question and result as a session");
    run->add_option("--omit",
                    outputs.omit,
                    "Comma-separated kept patches: answer without their tokens; nothing is "
                    "selected anew")
        ->delimiter(',')
        ->excludes(session_file);
    run->add_option("--leave-in",
                    outputs.leave_in,
                    "Comma-separated dropped patches: put back for the answer, behind the "
                    "selection")
        ->delimiter(',')
        ->excludes(session_file);
    run->add_option(
        "--overlay", outputs.overlay, "Write the overlay: .png, .svg, .pdf, or all stages: .apng");
    run->add_option("--plot", outputs.plot, "Write the shift plot: .png, .svg, .pdf or .csv");

    CompareArguments comparison;
    CLI::App* compare = app.add_subcommand("compare", "Methods and budgets side by side");
    addCompareOptions(*compare, comparison);

    CLI::App* dump = app.add_subcommand("dump", "Write a run's tensors as safetensors");
    addRunOptions(*dump, arguments);
    dump->add_option("--out", dump_out, "File to write")->required();
    dump->add_option("--what",
                     dump_what,
                     "Comma-separated: pixel_values,input_ids,hidden,features,projected,logits")
        ->delimiter(',')
        ->required();

    EvalArguments eval_arguments;
    CLI::App* eval = app.add_subcommand("eval", "Score methods and budgets on a sample set");
    addEvalOptions(*eval, eval_arguments);

    CurveArguments curve_arguments;
    CLI::App* curve = app.add_subcommand("curve", "Shift against budget, for several methods");
    addCurveOptions(*curve, curve_arguments);

    AttributeArguments attribute_arguments;
    CLI::App* attribute =
        app.add_subcommand("attribute", "What every kept token did to the answer");
    addAttributeOptions(*attribute, attribute_arguments);

    CLI::App* methods = app.add_subcommand("methods", "List the pruning methods");
    methods->add_flag("--json", json, "With parameters, ranges and defaults");

    CLI::App* model = app.add_subcommand("model", "Open a model folder and report what is in it");
    model->add_option("DIR", arguments.model, "Model folder (default: the bundled model)");
    model->add_option("--device", arguments.device, "auto, cpu, cuda or cuda:N");
    model->add_option("--dtype", arguments.dtype, "auto, fp32, bf16 or fp16");
    addTextTowerOption(*model, arguments);
    model->add_flag("--json", json, "As JSON");

    HistoryArguments history;
    addHistoryCommand(app, history);

    SessionArguments session;
    addSessionCommand(app, session);

    try {
        app.parse(argc, argv);
    } catch (const CLI::ParseError& error) {
        return app.exit(error) == 0 ? 0 : exitCode(ErrorCode::Usage);
    }
    const std::stop_token stop = g_stop.get_token();
    if (run->parsed()) {
        runCommand(arguments, outputs, stop);
    } else if (compare->parsed()) {
        compareCommand(comparison, stop);
    } else if (dump->parsed()) {
        dumpCommand(arguments, dump_what, dump_out, stop);
    } else if (eval->parsed()) {
        evalCommand(eval_arguments, stop);
    } else if (curve->parsed()) {
        curveCommand(curve_arguments, stop);
    } else if (attribute->parsed()) {
        attributeCommand(attribute_arguments, stop);
    } else if (methods->parsed()) {
        methodsCommand(json);
    } else if (history.chosen) {
        historyCommand(history, stop);
    } else if (!session.action.empty()) {
        sessionCommand(session, stop);
    } else {
        modelCommand(arguments, json, stop);
    }
    return 0;
}

}  // namespace

int main(int argc, char** argv) {
    std::signal(SIGINT, onInterrupt);
    std::signal(SIGTERM, onInterrupt);
    try {
        return parseAndRun(argc, argv);
    } catch (const prunescope::Cancelled&) {
        std::cerr << "prunescope-cli: Stopped.\n";
        return 130;
    } catch (const prunescope::Error& error) {
        return fail(error);
    } catch (const std::exception& error) {
        return fail(prunescope::Error(prunescope::ErrorCode::Failure, error.what()));
    }
}
