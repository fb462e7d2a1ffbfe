#include "app/compare_options.h"

#include "core/base/error.h"
#include "core/base/text.h"
#include "core/dataset/plan.h"
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

}  // namespace

void addCompareOptions(CLI::App& command, CompareArguments& a) {
    command.add_option("--image", a.images, "Picture file; may be repeated")
        ->allow_extra_args(false);
    command.add_option("--prompt", a.run.prompt, "Question (default: the bundled picture's)");
    command
        .add_option("--methods",
                    a.methods,
                    "Comma-separated; ID or ID:NAME=VALUE:NAME=VALUE (default: every method)")
        ->delimiter(',');
    command.add_option("--budgets", a.budgets, "Comma-separated; visual tokens kept per view")
        ->delimiter(',')
        ->capture_default_str();
    command
        .add_option("--set", a.run.set, "Parameter of one method, METHOD.NAME=VALUE; repeatable")
        ->allow_extra_args(false);
    command
        .add_option("--box", a.boxes, "Box of an object, X,Y,WIDTH,HEIGHT in pixels; repeatable")
        ->allow_extra_args(false);
    auto* json = command.add_flag("--json", a.json, "Print as JSON (prunescope.compare/1)");
    command.add_flag("--csv", a.csv, "Print as CSV")->excludes(json);
    command.add_option(
        "--overlay", a.overlay_dir, "Write every run's overlay as PNG into this folder");
    addRuleOptions(command, a.run);
    addSharedOptions(command, a.run);
    addModelOptions(command, a.run);
}

std::vector<Variant> variantsFrom(const CompareArguments& arguments) {
    std::vector<std::string> entries = arguments.methods;
    if (entries.empty()) {
        for (const MethodSpec& method : methodCatalog()) {
            entries.push_back(method.id);
        }
    }
    RunSettings base = arguments.run.settings;
    base.budget = arguments.budgets.front();
    base.trigger = triggerFrom(arguments.run.trigger);
    base.image_mode = imageModeFrom(arguments.run.image_mode);
    base.place = shiftPlaceFrom(arguments.run.place);
    readRules(arguments.run, base);
    for (const Problem& problem : checkPatchRules(base.patch_rules)) {
        throw Error(ErrorCode::Usage, problem.message);
    }
    std::vector<Variant> variants;
    for (const std::string& entry : entries) {
        const std::vector<EvalRun> runs =
            planRuns({withSets(arguments, entry)}, arguments.budgets, base);
        // An evaluation begins with the un-pruned run; here it is a row only when it is asked for.
        for (std::size_t i = entry == "none" ? 0 : 1; i < runs.size(); ++i) {
            variants.push_back({entry, runs[i].settings});
            variants.back().settings.patch_rules = base.patch_rules;
        }
    }
    requireSetsAreRead(arguments, variants);
    return variants;
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
