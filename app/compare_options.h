#pragma once

#include "app/cli_options.h"
#include "app/set_run.h"
#include "core/image/patch_grid.h"
#include "core/prune/token_count.h"

#include <optional>
#include <string>
#include <vector>

namespace prunescope {

/// What `compare` is asked, as typed.
struct CompareArguments {
    RunArguments run;  ///< model, prompt and what all methods share
    std::vector<std::string> images;
    SetArguments set;                  ///< instead of `images`
    std::vector<std::string> methods;  ///< ID or ID:NAME=VALUE:…; none: every method
    std::vector<int> budgets{64};
    std::string equal = "end";       ///< what equal budgets are: end, inputs or outputs
    std::vector<std::string> boxes;  ///< X,Y,WIDTH,HEIGHT
    bool json = false;
    bool csv = false;
    bool lines = false;  ///< of a set: the samples' results instead of the table
    std::string overlay_dir;
};

/// One column of the comparison: a method with its parameters at a budget.
struct Variant {
    std::string label;  ///< as typed in --methods
    RunSettings settings;

    bool operator==(const Variant&) const = default;
};

void addCompareOptions(CLI::App& command, CompareArguments& arguments);

/// Which mean over the decoder's layers the budgets mean; nothing: tokens that remain at the end.
/// @throws Error(Usage) naming the choices
std::optional<CountBasis> equalBasisFrom(const std::string& name);

struct Variants {
    std::vector<Variant> list;
    std::vector<std::string> notes;  ///< what was left out, and why
};

/// Methods times budgets, in the order given; a method that takes no budget appears once. With
/// --equal inputs or outputs every method gets the budget of its own that comes nearest to the mean
/// asked for (token_count.h), or is left out where none does.
/// @param shape  of the loaded model (`budget` unused); nothing: budgets stay as typed
/// @throws Error(Usage) for an unknown method or parameter, a value out of range, or nothing left
Variants variantsFrom(const CompareArguments& arguments,
                      const std::optional<DecoderShape>& shape = {});

/// The same for a loaded model; what is left out is said on stderr.
std::vector<Variant> variantsFor(const CompareArguments& arguments, const Vlm& vlm);

/// The boxes in picture pixels.
/// @throws Error(Usage) when one is not four finite numbers with a positive size
std::vector<RectF> boxesFrom(const CompareArguments& arguments);

}  // namespace prunescope
