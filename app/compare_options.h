#pragma once

#include "app/cli_options.h"
#include "core/image/patch_grid.h"

#include <string>
#include <vector>

namespace prunescope {

/// What `compare` is asked, as typed.
struct CompareArguments {
    RunArguments run;  ///< model, prompt and what all methods share
    std::vector<std::string> images;
    std::vector<std::string> methods;  ///< ID or ID:NAME=VALUE:…; none: every method
    std::vector<int> budgets{64};
    std::vector<std::string> boxes;  ///< X,Y,WIDTH,HEIGHT
    bool json = false;
    bool csv = false;
    std::string overlay_dir;
};

/// One column of the comparison: a method with its parameters at a budget.
struct Variant {
    std::string label;  ///< as typed in --methods
    RunSettings settings;
};

void addCompareOptions(CLI::App& command, CompareArguments& arguments);

/// Methods times budgets, in the order given; a method that takes no budget appears once.
/// @throws Error(Usage) for an unknown method or parameter, or a value out of range
std::vector<Variant> variantsFrom(const CompareArguments& arguments);

/// The boxes in picture pixels.
/// @throws Error(Usage) when one is not four finite numbers with a positive size
std::vector<RectF> boxesFrom(const CompareArguments& arguments);

}  // namespace prunescope
