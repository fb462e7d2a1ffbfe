#pragma once

#include "app/cli_options.h"

#include <stop_token>
#include <string>

namespace prunescope {

/// What `history` is asked.
struct HistoryArguments {
    RunArguments run;
    std::string tokens;  ///< as --token has it: patch_rules.h
    std::string trace;   ///< a trace file instead of a run
    bool region = false;
    bool json = false;
    bool chosen = false;  ///< the subcommand was given
};

void addHistoryCommand(CLI::App& app, HistoryArguments& arguments);

/// Prints what every stage did with some patches, one line each.
/// @throws Error(Usage) for patches that are not there
void historyCommand(const HistoryArguments& arguments, const std::stop_token& stop);

}  // namespace prunescope
