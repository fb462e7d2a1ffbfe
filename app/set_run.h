#pragma once

#include "core/dataset/summary.h"
#include "core/engine/evaluate.h"

#include <filesystem>
#include <functional>
#include <stop_token>
#include <string>
#include <vector>

namespace CLI {
class App;
class Option;
}  // namespace CLI

namespace prunescope {

/// A sample set on the command line, and what to do with its results: the same for `eval` and
/// `compare`.
struct SetArguments {
    std::string path;
    std::string format = "auto";
    std::string on_error = "stop";
    SetOptions options;
    std::size_t limit = 0;
    int resamples = 1000;
    std::filesystem::path out;
    bool quiet = false;
};

/// What happens when no set is named.
enum class WithoutSet { IsNone, IsBundled };

/// Adds the options to a subcommand; they are written into `arguments`.
/// @param names    of the option that takes the set, which is returned
/// @param without  with IsNone the other options need it; with IsBundled readSetOf() takes the
///                 bundled benchmark
CLI::Option* addSetOptions(CLI::App& command,
                           SetArguments& arguments,
                           const std::string& names,
                           WithoutSet without);

/// The set; what cannot be used of it is said on stderr, or thrown.
/// @throws Error(Usage), Error(Input)
SampleSet readSetOf(const SetArguments& arguments);

/// `runs` on as much of the set as was asked for, with this model.
EvalPlan setPlan(const SetArguments& arguments,
                 const SampleSet& set,
                 std::vector<EvalRun> runs,
                 std::uint64_t seed,
                 const Vlm& vlm);

/// What a plan came to.
struct SetOutcome {
    std::vector<SampleResult> results;  ///< with those that earlier calls left in the folder
    std::vector<SampleFailure> failures;
};

/// Does what is missing of a plan, with progress and remaining time on stderr. With a folder every
/// result is on disk as soon as it is known, and a later call goes on.
/// @param on_result  called for every result, first for those that are there already
/// @throws Cancelled after a stop, with everything finished on disk; Error
SetOutcome runPlan(const EvalPlan& plan,
                   const SetArguments& arguments,
                   const Vlm& vlm,
                   const std::stop_token& stop,
                   const std::function<void(const SampleResult&)>& on_result = {});

/// Writes `NAME.json`, `NAME.csv` and `problems.jsonl` (everything that was left out) into the
/// folder, where there is one, and says on stderr how much was left out.
void reportSet(const SetArguments& arguments,
               const SampleSet& set,
               const SetOutcome& outcome,
               const std::string& name,
               const std::string& json,
               const std::string& csv);

}  // namespace prunescope
