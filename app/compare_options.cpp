#include "app/compare_options.h"

#include "core/base/error.h"
#include "core/base/text.h"
#include "core/dataset/plan.h"
#include "core/model/vlm.h"
#include "core/prune/catalog.h"
#include "core/trace/patch_rules.h"

#include <algorithm>
#include <charconv>
#include <cmath>

#include <CLI/CLI.hpp>

namespace prunescope {

namespace {

std::vector<std::string> splitAt(const std::string& text, char separator) {
    std::vector<std::string> parts{{}};
    for (const char c : text) {
        if (c == separator) {
            parts.emplace_back();
        } else {
            parts.back() += c;
        }
    }
    return parts;
}

/// `entry` with the parameters that --set METHOD.NAME=VALUE gives its method, which its own follow.
std::string withSets(const CompareArguments& arguments, const std::string& entry) {
    const std::size_t colon = std::min(entry.find(':'), entry.size());
    std::string whole = entry.substr(0, colon);
    const std::string own = whole + ".";
    for (const std::string& assignment : arguments.run.set) {
        if (assignment.starts_with(own)) {
            whole += ':';
            whole += assignment.substr(own.size());
        }
    }
    return whole + entry.substr(colon);
}

/// A --set that no variant reads would be a typing error without effect.
void requireSetsAreRead(const CompareArguments& arguments, const std::vector<Variant>& variants) {
    for (const std::string& assignment : arguments.run.set) {
        const std::string method = assignment.substr(0, assignment.find_first_of(".="));
        const bool is_read = assignment.find('.') < assignment.find('=');
        bool is_compared = false;
        for (const Variant& variant : variants) {
            is_compared = is_compared || variant.settings.method == method;
        }
        if (!is_read || !is_compared) {
            throw Error(ErrorCode::Usage,
                        "--set " + inQuotes(assignment) + " names no method that is compared.",
                        "Write METHOD.NAME=VALUE, for example --set dcp.guard=off.");
        }
    }
}

/// What the language model reads of one picture without pruning, and through how many layers.
DecoderShape decoderShape(const Vlm& vlm) {
    const int side = vlm.report().image_size / vlm.report().patch_size;
    return {side * side + (vlm.keepsCls() ? 1 : 0), 0, vlm.decoderLayers()};
}

RunSettings baseSettings(const CompareArguments& arguments) {
    RunSettings base = arguments.run.settings;
    base.budget = arguments.budgets.front();
    base.trigger = triggerFrom(arguments.run.trigger);
    base.image_mode = imageModeFrom(arguments.run.image_mode);
    base.place = shiftPlaceFrom(arguments.run.place);
    readRules(arguments.run, base);
    for (const Problem& problem : checkPatchRules(base.patch_rules)) {
        throw Error(ErrorCode::Usage, problem.message);
    }
    return base;
}

/// Makes the budget, a mean over layers so far, the method's own that comes nearest to it.
/// @return false: none does, which is noted
bool takeEqualBudget(const DecoderShape& shape,
                     CountBasis basis,
                     RunSettings& settings,
                     std::vector<std::string>& notes) {
    const MethodSpec& method = *findMethod(settings.method);
    if (!method.uses_budget) {
        return true;
    }
    const auto own = equalBudget(method, settings, shape, settings.budget, basis);
    if (!own) {
        notes.push_back(method.id + " is left out at " + std::to_string(settings.budget) +
                        ": no budget gives it so small a mean over the layers.");
        return false;
    }
    settings.budget = *own;
    return true;
}

}  // namespace

void addCompareOptions(CLI::App& command, CompareArguments& a) {
    CLI::Option* set = addSetOptions(command, a.set, "--samples", WithoutSet::IsNone);
    command.add_option("--image", a.images, "Picture file; may be repeated")
        ->allow_extra_args(false)
        ->excludes(set);
    command.add_option("--prompt",
                       a.run.prompt,
                       "Question (default: the bundled picture's); of a folder of pictures");
    command
        .add_option("--methods",
                    a.methods,
                    "Comma-separated; ID or ID:NAME=VALUE:NAME=VALUE (default: every method)")
        ->delimiter(',');
    command.add_option("--budgets", a.budgets, "Comma-separated; visual tokens kept per view")
        ->delimiter(',')
        ->capture_default_str();
    command
        .add_option("--equal",
                    a.equal,
                    "What equal budgets are: tokens that remain at the end, or the mean over the "
                    "language model's layers of its inputs or outputs")
        ->capture_default_str();
    command
        .add_option("--set", a.run.set, "Parameter of one method, METHOD.NAME=VALUE; repeatable")
        ->allow_extra_args(false);
    command
        .add_option("--box", a.boxes, "Box of an object, X,Y,WIDTH,HEIGHT in pixels; repeatable")
        ->allow_extra_args(false)
        ->excludes(set);
    auto* json = command.add_flag(
        "--json",
        a.json,
        "Print as JSON (prunescope.compare/1; of a set: prunescope.compare-set/1)");
    auto* csv = command.add_flag("--csv", a.csv, "Print as CSV")->excludes(json);
    command
        .add_flag("--lines",
                  a.lines,
                  "Of a set: print every sample's results as JSON lines, as they are known")
        ->needs(set)
        ->excludes(json)
        ->excludes(csv);
    command
        .add_option("--overlay", a.overlay_dir, "Write every run's overlay as PNG into this folder")
        ->excludes(set);
    addRuleOptions(command, a.run);
    command.get_option("--pin")->excludes(set);
    command.get_option("--ban")->excludes(set);
    addSharedOptions(command, a.run);
    addModelOptions(command, a.run);
}

std::optional<CountBasis> equalBasisFrom(const std::string& name) {
    if (name == "inputs") {
        return CountBasis::LayerInputs;
    }
    if (name == "outputs") {
        return CountBasis::LayerOutputs;
    }
    if (name != "end") {
        throw Error(ErrorCode::Usage,
                    "--equal is " + inQuotes(name) + ".",
                    "Choose end, inputs or outputs.");
    }
    return std::nullopt;
}

Variants variantsFrom(const CompareArguments& arguments, const std::optional<DecoderShape>& shape) {
    std::vector<std::string> entries = arguments.methods;
    if (entries.empty()) {
        for (const MethodSpec& method : methodCatalog()) {
            entries.push_back(method.id);
        }
    }
    const RunSettings base = baseSettings(arguments);
    const std::optional<CountBasis> basis = equalBasisFrom(arguments.equal);
    Variants variants;
    for (const std::string& entry : entries) {
        std::vector<EvalRun> runs = planRuns({withSets(arguments, entry)}, arguments.budgets, base);
        // An evaluation begins with the un-pruned run; here it is a row only when it is asked for.
        runs.erase(runs.begin(), runs.begin() + (entry == kUnprunedMethod ? 0 : 1));
        for (EvalRun& run : runs) {
            if (basis && shape && !takeEqualBudget(*shape, *basis, run.settings, variants.notes)) {
                continue;
            }
            const Variant variant{entry, run.settings};
            const bool is_there = std::find(variants.list.begin(), variants.list.end(), variant) !=
                                  variants.list.end();
            if (!is_there) {
                variants.list.push_back(variant);
            }
        }
    }
    if (variants.list.empty()) {
        throw Error(ErrorCode::Usage,
                    "There is nothing to compare. " + join(variants.notes, " "),
                    "Choose larger budgets or other methods.");
    }
    requireSetsAreRead(arguments, variants.list);
    return variants;
}

std::vector<Variant> variantsFor(const CompareArguments& arguments, const Vlm& vlm) {
    Variants variants = variantsFrom(arguments, decoderShape(vlm));
    for (const std::string& note : variants.notes) {
        std::cerr << note << '\n';
    }
    return std::move(variants.list);
}

std::vector<RectF> boxesFrom(const CompareArguments& arguments) {
    std::vector<RectF> boxes;
    for (const std::string& text : arguments.boxes) {
        std::vector<double> numbers;
        for (const std::string& part : splitAt(text, ',')) {
            double value = 0;
            const auto [end, error] =
                std::from_chars(part.data(), part.data() + part.size(), value);
            if (error == std::errc{} && end == part.data() + part.size() && std::isfinite(value)) {
                numbers.push_back(value);
            }
        }
        if (numbers.size() != 4 || splitAt(text, ',').size() != 4 || numbers[2] <= 0 ||
            numbers[3] <= 0) {
            throw Error(ErrorCode::Usage,
                        "--box " + inQuotes(text) + " is not X,Y,WIDTH,HEIGHT.",
                        "Give four numbers in picture pixels, for example --box 40,60,120,90.");
        }
        boxes.push_back({numbers[0], numbers[1], numbers[2], numbers[3]});
    }
    return boxes;
}

}  // namespace prunescope
