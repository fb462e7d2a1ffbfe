#pragma once

#include "app/cli_options.h"
#include "core/engine/attribution.h"

#include <stop_token>
#include <string>
#include <vector>

namespace prunescope {

/// What `attribute` is asked, as typed.
struct AttributeArguments {
    RunArguments run;
    std::vector<std::string> leave_in;  ///< dropped patches to put back, one at a time
    bool attention = false;             ///< also where the answer looks
    bool json = false;
    bool csv = false;
    std::string session;  ///< file to write run and effects to; "" none
};

void addAttributeOptions(CLI::App& command, AttributeArguments& arguments);

/// What every kept token did to the answer, on stdout: a table, strongest first; or JSON
/// (prunescope.attribution/1) or CSV in the order of the rows.
void attributeCommand(const AttributeArguments& arguments, const std::stop_token& stop);

/// Patches as typed, each once, in that order: as patchSpans() reads them.
/// @throws Error(Usage)
std::vector<ViewPatch> parsedPatches(const std::string& option,
                                     const std::vector<std::string>& typed);

}  // namespace prunescope
