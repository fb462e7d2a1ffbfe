#pragma once

#include "app/cli_options.h"

#include <stop_token>
#include <string>
#include <vector>

namespace prunescope {

/// What `curve` is asked, as typed.
struct CurveArguments {
    RunArguments run;
    std::vector<std::string> methods;  ///< empty: all that have a curve
    std::vector<int> budgets;          ///< empty: 10, 15 … 100, those of the paper's figure
    bool json = false;
    bool csv = false;
    std::string plot;
};

void addCurveOptions(CLI::App& command, CurveArguments& arguments);

/// D against budget of several methods on one picture: a table, JSON (prunescope.curve/1) or CSV on
/// stdout, and a plot in a file.
void curveCommand(const CurveArguments& arguments, const std::stop_token& stop);

}  // namespace prunescope
