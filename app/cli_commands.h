#pragma once

#include "app/cli_options.h"
#include "core/model/vlm.h"

#include <memory>
#include <stop_token>
#include <string>
#include <vector>

namespace prunescope {

struct RunOutputs {
    bool json = false;
    std::vector<std::string> omit;      ///< kept patches to answer without
    std::vector<std::string> leave_in;  ///< dropped patches to answer with
    double shift_target = 0;            ///< > 0: choose the budget by D
    std::string trace;
    std::string session;
    std::string overlay;
    std::string plot;
};

/// The model named by the options, or the bundled one.
/// @throws Error(Model), Cancelled
std::unique_ptr<Vlm> loadModel(const RunArguments& arguments, const std::stop_token& stop);

/// The subcommands. Data goes to stdout, messages to stderr; failures are thrown.
void runCommand(const RunArguments& arguments,
                const RunOutputs& outputs,
                const std::stop_token& stop);
void dumpCommand(const RunArguments& arguments,
                 const std::vector<std::string>& what,
                 const std::string& out,
                 const std::stop_token& stop);
void methodsCommand(bool json);
void modelCommand(const RunArguments& arguments, bool json, const std::stop_token& stop);

}  // namespace prunescope
