#pragma once

#include "app/cli_options.h"
#include "core/engine/attribution.h"
#include "core/trace/run_trace.h"

#include <memory>
#include <stop_token>
#include <string>

namespace CLI {
class App;
}

namespace prunescope {

/// What `session show|verify|migrate|run FILE` is asked.
struct SessionArguments {
    std::string action;  ///< "" none of them
    std::string file;
    std::string out;       ///< migrate, run: file to write
    bool json = false;     ///< show, run
    double tolerance = 0;  ///< run: of D, relative
    RunArguments run;      ///< run: model, device, dtype, threads
};

/// Adds the subcommand; what was typed is written into `arguments`.
void addSessionCommand(CLI::App& app, SessionArguments& arguments);

/// @throws Error(Mismatch) when a re-run gives another result, Error(Input) for a file that is no
/// session
void sessionCommand(const SessionArguments& arguments, const std::stop_token& stop);

/// Picture, prompt, settings and result of a run from the command line as a session.
/// @param attribution  of this very run; null: nobody asked
void writeRunSession(const RunRequest& request,
                     const RunTrace& trace,
                     const std::string& path,
                     std::shared_ptr<const Attribution> attribution = nullptr);

}  // namespace prunescope
