#include "app/set_run.h"

#include "core/base/error.h"
#include "core/base/file.h"
#include "core/base/stop.h"
#include "core/base/text.h"
#include "core/model/bundled.h"

#include <chrono>
#include <cmath>
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

/// Runs until complete; adds to the outcome and to the log.
void finish(EvalQueue& queue,
            const Vlm& vlm,
            const SetArguments& arguments,
            const std::stop_token& stop,
            const std::function<void(const SampleResult&)>& on_result,
            SetOutcome& outcome) {
    StageCache cache;
    Evaluator evaluator(vlm, cache, queue);
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
            if (outcome.failures.empty() ||
                outcome.failures.back().sample != step.failure->sample) {
                std::cerr << "skipped: " << what << '\n';
            }
            outcome.failures.push_back(*step.failure);
        } else {
            on_result(*step.result);
            outcome.results.push_back(*step.result);
        }
        line.show(queue.done());
    }
}

}  // namespace

CLI::Option* addSetOptions(CLI::App& command,
                           SetArguments& a,
                           const std::string& names,
                           WithoutSet without) {
    const bool is_bundled = without == WithoutSet::IsBundled;
    CLI::Option* set = command.add_option(
        names,
        a.path,
        is_bundled ? "Sample set: a file or a folder (default: the bundled benchmark)"
                   : "Sample set: a file or a folder");
    const auto of_set = [&](CLI::Option* option) {
        return is_bundled ? option : option->needs(set);
    };
    of_set(command.add_option(
               "--format", a.format, "auto, lines, gqa, vqa, llava, mme, csv or pictures"))
        ->capture_default_str();
    of_set(command.add_option(
        "--images", a.options.images, "Folder of the pictures (default: the set's)"));
    of_set(command.add_option(
        "--answers", a.options.answers, "Answers of a question file without any"));
    of_set(command.add_option(
        "--suffix", a.options.suffix, "Added to every question, on its own line"));
    of_set(command.add_option(
        "--limit", a.limit, "So many samples, drawn by task with the seed (0: all)"));
    of_set(command.add_option("--on-error", a.on_error, "skip or stop at what cannot be used"))
        ->capture_default_str();
    of_set(
        command.add_option("--out", a.out, "Folder for results; what was stopped goes on there"));
    of_set(command.add_option("--resamples", a.resamples, "Bootstrap resamples of the intervals"))
        ->check(CLI::Range(0, 100000))
        ->capture_default_str();
    of_set(command.add_flag("--quiet", a.quiet, "No progress"));
    return set;
}

SampleSet readSetOf(const SetArguments& arguments) {
    SetOptions options = arguments.options;
    options.format = setFormatFrom(arguments.format);
    if (arguments.on_error != "skip" && arguments.on_error != "stop") {
        throw Error(ErrorCode::Usage,
                    "--on-error is " + inQuotes(arguments.on_error) + ".",
                    "Choose skip or stop.");
    }
    options.stop_on_problem = arguments.on_error == "stop";
    const SampleSet set = readSampleSet(
        arguments.path.empty() ? bundledBenchmark().string() : arguments.path, options);
    for (std::size_t i = 0; i < std::min(set.problems.size(), kShownProblems); ++i) {
        std::cerr << "skipped: " << textOf(set.problems[i]) << '\n';
    }
    if (set.problems.size() > kShownProblems) {
        std::cerr << "skipped: " << set.problems.size() - kShownProblems << " more\n";
    }
    return set;
}

EvalPlan setPlan(const SetArguments& arguments,
                 const SampleSet& set,
                 std::vector<EvalRun> runs,
                 std::uint64_t seed,
                 const Vlm& vlm) {
    EvalPlan plan;
    plan.set_name = set.name;
    plan.samples = groupedByImage(drawSamples(set, arguments.limit, seed));
    plan.runs = std::move(runs);
    describeModel(vlm, plan);
    return plan;
}

SetOutcome runPlan(const EvalPlan& plan,
                   const SetArguments& arguments,
                   const Vlm& vlm,
                   const std::stop_token& stop,
                   const std::function<void(const SampleResult&)>& on_result) {
    std::optional<ResultLog> log;
    SetOutcome outcome;
    if (!arguments.out.empty()) {
        log.emplace(arguments.out, planToJson(plan));
        outcome.results = log->earlier();
    }
    const auto tell = [&](const SampleResult& result) {
        if (on_result) {
            on_result(result);
        }
    };
    for (const SampleResult& result : outcome.results) {
        tell(result);
    }
    EvalQueue queue(plan, outcome.results);
    if (queue.done() > 0 && !arguments.quiet) {
        std::cerr << "going on: " << queue.done() << " of " << queue.total()
                  << " runs are there already\n";
    }
    const auto keep = [&](const SampleResult& result) {
        if (log) {
            log->append(result);
        }
        tell(result);
    };
    try {
        finish(queue, vlm, arguments, stop, keep, outcome);
    } catch (const Cancelled&) {
        if (log) {
            std::cerr << queue.done() << " of " << queue.total() << " runs are in "
                      << arguments.out.string() << "; the same command goes on.\n";
        }
        throw;
    }
    return outcome;
}

void reportSet(const SetArguments& arguments,
               const SampleSet& set,
               const SetOutcome& outcome,
               const std::string& name,
               const std::string& json,
               const std::string& csv) {
    if (!arguments.out.empty()) {
        writeFileAtomically(arguments.out / (name + ".json"), json);
        writeFileAtomically(arguments.out / (name + ".csv"), csv);
        writeFileAtomically(arguments.out / "problems.jsonl", problemLines(set, outcome.failures));
    }
    if (const std::size_t skipped = set.problems.size() + outcome.failures.size(); skipped > 0) {
        std::cerr << skipped << " lines or runs could not be used.\n";
    }
}

}  // namespace prunescope
