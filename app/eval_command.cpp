#include "app/eval_command.h"

#include "app/cli_commands.h"
#include "core/base/error.h"
#include "core/base/file.h"
#include "core/base/stop.h"
#include "core/base/text.h"
#include "core/dataset/summary.h"
#include "core/engine/evaluate.h"

#include <chrono>
#include <iostream>
#include <optional>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

namespace prunescope {

namespace {

constexpr std::size_t kShownProblems = 20;

/// "412 of 6000 runs, 3.2/s, 29 min left" on stderr: one line that is rewritten on a terminal, a
/// line every ten seconds elsewhere.
class ProgressLine {
public:
    ProgressLine(std::size_t already, std::size_t total, bool quiet)
        : already_(already), total_(total), quiet_(quiet) {}

    void show(std::size_t done) {
        const double seconds = elapsed(began_);
        const bool is_last = done == total_;
        if (quiet_ || (!is_last && elapsed(shown_) < (terminal_ ? 0.2 : 10.0))) {
            return;
        }
        shown_ = Clock::now();
        const double rate = static_cast<double>(done - already_) / std::max(seconds, 1e-9);
        std::cerr << (terminal_ ? "\r" : "") << done << " of " << total_ << " runs, "
                  << number(std::round(rate * 10) / 10) << "/s, "
                  << humanDuration(1000 * static_cast<double>(total_ - done) / std::max(rate, 1e-9))
                  << " left" << (terminal_ ? "   " : "\n") << std::flush;
    }

    ~ProgressLine() {
        if (terminal_ && !quiet_) {
            std::cerr << '\n';
        }
    }

private:
    using Clock = std::chrono::steady_clock;

    static double elapsed(Clock::time_point since) {
        return std::chrono::duration<double>(Clock::now() - since).count();
    }

    std::size_t already_;
    std::size_t total_;
    bool quiet_;
    bool terminal_ = ::isatty(STDERR_FILENO) == 1;
    Clock::time_point began_ = Clock::now();
    Clock::time_point shown_ = Clock::now();
};

SampleSet setFrom(const EvalArguments& arguments) {
    SetOptions options = arguments.options;
    options.format = setFormatFrom(arguments.format);
    if (arguments.on_error != "skip" && arguments.on_error != "stop") {
        throw Error(ErrorCode::Usage,
                    "--on-error is " + inQuotes(arguments.on_error) + ".",
                    "Choose skip or stop.");
    }
    options.stop_on_problem = arguments.on_error == "stop";
    const SampleSet set = readSampleSet(arguments.set, options);
    for (std::size_t i = 0; i < std::min(set.problems.size(), kShownProblems); ++i) {
        std::cerr << "skipped: " << textOf(set.problems[i]) << '\n';
    }
    if (set.problems.size() > kShownProblems) {
        std::cerr << "skipped: " << set.problems.size() - kShownProblems << " more\n";
    }
    return set;
}

EvalPlan planFrom(const EvalArguments& arguments, const SampleSet& set, const Vlm& vlm) {
    EvalPlan plan;
    plan.set_name = set.name;
    const RunSettings base = settingsFrom(arguments.run);
    plan.samples = groupedByImage(drawSamples(set, arguments.limit, base.seed));
    plan.runs = planRuns(arguments.methods, arguments.budgets, base);
    describeModel(vlm, plan);
    return plan;
}

/// Everything that was left out, line by line, so that nothing is lost.
std::string problemLines(const SampleSet& set, const std::vector<SampleFailure>& failures) {
    using nlohmann::ordered_json;
    std::string lines;
    const auto add = [&lines](const ordered_json& line) {
        lines += line.dump(-1, ' ', false, ordered_json::error_handler_t::replace) + '\n';
    };
    for (const SetProblem& p : set.problems) {
        add({{"file", p.file}, {"line", p.line}, {"message", p.message}});
    }
    for (const SampleFailure& f : failures) {
        add({{"sample", f.sample},
             {"method", f.method},
             {"budget", f.budget},
             {"message", f.message}});
    }
    return lines;
}

/// Runs until complete; appends to `results` and to the log.
std::vector<SampleFailure> finish(EvalQueue& queue,
                                  const Vlm& vlm,
                                  const EvalArguments& arguments,
                                  const std::stop_token& stop,
                                  ResultLog* log,
                                  std::vector<SampleResult>& results) {
    StageCache cache;
    Evaluator evaluator(vlm, cache, queue);
    std::vector<SampleFailure> failures;
    ProgressLine line(queue.done(), queue.total(), arguments.quiet);
    while (!queue.isComplete()) {
        throwIfStopped(stop);
        const EvalStep step = evaluator.step(stop);
        if (step.failure) {
            const std::string what =
                "sample " + step.failure->sample + ": " + step.failure->message;
            if (arguments.on_error == "stop") {
                throw Error(ErrorCode::Input, what, "Mend it, or skip it (--on-error skip).");
            }
            if (failures.empty() || failures.back().sample != step.failure->sample) {
                std::cerr << "skipped: " << what << '\n';
            }
            failures.push_back(*step.failure);
        } else {
            if (log != nullptr) {
                log->append(*step.result);
            }
            results.push_back(*step.result);
        }
        line.show(queue.done());
    }
    return failures;
}

}  // namespace

void addEvalOptions(CLI::App& command, EvalArguments& a) {
    command.add_option("--set", a.set, "EvalSample set: a file or a folder")->required();
    command.add_option("--format", a.format, "auto, lines, gqa, vqa, llava, mme, csv or pictures")
        ->capture_default_str();
    command.add_option("--images", a.options.images, "Folder of the pictures (default: the set's)");
    command.add_option("--answers", a.options.answers, "Answers of a question file without any");
    command.add_option("--prompt", a.options.prompt, "Question for a folder of pictures");
    command.add_option("--suffix", a.options.suffix, "Added to every question, on its own line");
    command.add_option("--scorer", a.options.scorer, "Overrides the format's scorer");
    command.add_option("--methods", a.methods, "Comma-separated, each METHOD[:NAME=VALUE]…")
        ->delimiter(',')
        ->capture_default_str();
    command.add_option("--budgets", a.budgets, "Comma-separated budgets")
        ->delimiter(',')
        ->capture_default_str();
    command.add_option("--limit", a.limit, "So many samples, drawn by task with the seed (0: all)");
    command.add_option("--on-error", a.on_error, "skip or stop at what cannot be used")
        ->capture_default_str();
    command.add_option("--out", a.out, "Folder for results; a stopped evaluation goes on there");
    command.add_option("--resamples", a.resamples, "Bootstrap resamples of the intervals")
        ->check(CLI::Range(0, 100000))
        ->capture_default_str();
    command.add_flag("--json", a.json, "Print the table as JSON (prunescope.eval/1)");
    command.add_flag("--csv", a.csv, "Print the table as CSV");
    command.add_flag("--quiet", a.quiet, "No progress");
    addSharedOptions(command, a.run);
    addModelOptions(command, a.run);
}

void evalCommand(const EvalArguments& arguments, const std::stop_token& stop) {
    const SampleSet set = setFrom(arguments);
    const std::unique_ptr<Vlm> vlm = loadModel(arguments.run, stop);
    const EvalPlan plan = planFrom(arguments, set, *vlm);
    std::optional<ResultLog> log;
    std::vector<SampleResult> results;
    if (!arguments.out.empty()) {
        log.emplace(arguments.out, planToJson(plan));
        results = log->earlier();
    }
    EvalQueue queue(plan, results);
    if (queue.done() > 0 && !arguments.quiet) {
        std::cerr << "going on: " << queue.done() << " of " << queue.total()
                  << " runs are there already\n";
    }
    std::vector<SampleFailure> failures;
    try {
        failures = finish(queue, *vlm, arguments, stop, log ? &*log : nullptr, results);
    } catch (const Cancelled&) {
        if (log) {
            std::cerr << queue.done() << " of " << queue.total() << " runs are in "
                      << arguments.out.string() << "; the same command goes on.\n";
        }
        throw;
    }
    const Summary summary =
        summarize(plan, results, {arguments.resamples, arguments.run.settings.seed});
    if (log) {
        writeFileAtomically(arguments.out / "summary.json", summaryToJson(summary) + "\n");
        writeFileAtomically(arguments.out / "summary.csv", summaryToCsv(summary));
        writeFileAtomically(arguments.out / "problems.jsonl", problemLines(set, failures));
    }
    if (const std::size_t skipped = set.problems.size() + failures.size(); skipped > 0) {
        std::cerr << skipped << " lines or runs could not be used.\n";
    }
    std::cout << (arguments.json  ? summaryToJson(summary) + "\n"
                  : arguments.csv ? summaryToCsv(summary)
                                  : summaryToText(summary));
}

}  // namespace prunescope
