#pragma once

#include "core/prune/catalog.h"

#include <string>
#include <utility>
#include <vector>

namespace prunescope {

/// How the entries of the catalog are written: one call per parameter, `help` in one line.

ParamSpec integerParam(std::string name,
                       std::string title,
                       double fallback,
                       std::pair<double, double> range,
                       ParamEffect effect,
                       std::string help);

ParamSpec realParam(std::string name,
                    std::string title,
                    double fallback,
                    std::pair<double, double> range,
                    ParamEffect effect,
                    std::string help);

ParamSpec switchParam(
    std::string name, std::string title, bool on, ParamEffect effect, std::string help);

/// The first choice is the default.
ParamSpec choiceOf(std::string name,
                   std::string title,
                   std::vector<std::string> choices,
                   ParamEffect effect,
                   std::string help);

/// The same parameter with a unit.
ParamSpec inUnits(ParamSpec spec, std::string unit);

/// The groups of the catalog, in display order; one source file each.
std::vector<MethodSpec> baselineMethods();
std::vector<MethodSpec> dcpMethods();
std::vector<MethodSpec> visionMethods();
std::vector<MethodSpec> languageMethods();

}  // namespace prunescope
