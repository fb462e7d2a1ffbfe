#include "app/eval_command.h"

#include "app/cli_commands.h"
#include "core/dataset/summary.h"

#include <iostream>

#include <CLI/CLI.hpp>

namespace prunescope {

void addEvalOptions(CLI::App& command, EvalArguments& a) {
    addSetOptions(command, a.set, "--set,--samples", WithoutSet::IsBundled);
    command.add_option("--prompt", a.set.options.prompt, "Question for a folder of pictures");
    command.add_option("--scorer", a.set.options.scorer, "Overrides the format's scorer");
    command.add_option("--methods", a.methods, "Comma-separated, each METHOD[:NAME=VALUE]…")
        ->delimiter(',')
        ->capture_default_str();
    command.add_option("--budgets", a.budgets, "Comma-separated budgets")
        ->delimiter(',')
        ->capture_default_str();
    command.add_flag("--json", a.json, "Print the table as JSON (prunescope.eval/1)");
    command.add_flag("--csv", a.csv, "Print the table as CSV");
    addSharedOptions(command, a.run);
    addModelOptions(command, a.run);
}

void evalCommand(const EvalArguments& arguments, const std::stop_token& stop) {
    const SampleSet set = readSetOf(arguments.set);
    const std::unique_ptr<Vlm> vlm = loadModel(arguments.run, stop);
    const RunSettings base = settingsFrom(arguments.run);
    const EvalPlan plan = setPlan(
        arguments.set, set, planRuns(arguments.methods, arguments.budgets, base), base.seed, *vlm);
    const SetOutcome outcome = runPlan(plan, arguments.set, *vlm, stop);
    const Summary summary = summarize(plan, outcome.results, {arguments.set.resamples, base.seed});
    const std::string json = summaryToJson(summary) + "\n";
    const std::string csv = summaryToCsv(summary);
    reportSet(arguments.set, set, outcome, "summary", json, csv);
    std::cout << (arguments.json ? json : arguments.csv ? csv : summaryToText(summary));
}

}  // namespace prunescope
