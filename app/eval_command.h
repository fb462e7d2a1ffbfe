#pragma once

#include "app/cli_options.h"
#include "app/set_run.h"

#include <stop_token>
#include <string>
#include <vector>

namespace prunescope {

/// What `eval` is asked, as typed.
struct EvalArguments {
    RunArguments run;  ///< model, device, threads, shared settings
    SetArguments set;
    std::vector<std::string> methods{RunSettings().method, "random", "grid"};
    std::vector<int> budgets{64, 32, 16};
    bool json = false;
    bool csv = false;
};

/// Adds the options of `eval`; they are written into `arguments`.
void addEvalOptions(CLI::App& command, EvalArguments& arguments);

/// Runs what is missing, then prints the table. With `out`, results are on disk as they are made
/// and a later call goes on.
/// @throws Cancelled after a stop, with everything finished on disk
void evalCommand(const EvalArguments& arguments, const std::stop_token& stop);

}  // namespace prunescope
