#include "app/compare_options.h"

#include "core/base/error.h"
#include "core/base/text.h"
#include "core/prune/catalog.h"

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

/// --set METHOD.NAME=VALUE for every variant of that method.
void applyMethodSets(const CompareArguments& arguments, RunSettings& settings) {
    for (const std::string& assignment : arguments.run.set) {
        if (const std::string own = settings.method + "."; assignment.starts_with(own)) {
            applySet(settings, assignment.substr(own.size()));
        }
    }
}

/// A --set that no variant reads would be a typing error without effect.
void requireSetsAreRead(const CompareArguments& arguments, const std::vector<Variant>& variants) {
    for (const std::string& assignment : arguments.run.set) {
        const std::string method = assignment.substr(0, assignment.find_first_of(".="));
        bool is_read = assignment.find('.') < assignment.find('=');
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

RunSettings settingsOf(const CompareArguments& arguments, const std::string& entry) {
    const std::vector<std::string> parts = splitAt(entry, ':');
    RunSettings settings = arguments.run.settings;
    settings.method = parts.front();
    settings.trigger = triggerFrom(arguments.run.trigger);
    settings.image_mode = imageModeFrom(arguments.run.image_mode);
    applyMethodSets(arguments, settings);
    for (std::size_t i = 1; i < parts.size(); ++i) {
        applySet(settings, parts[i]);
    }
    return settings;
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
    std::vector<Variant> variants;
    for (const std::string& entry : entries) {
        RunSettings settings = settingsOf(arguments, entry);
        requireValid(settings);
        for (const int budget : arguments.budgets) {
            settings.budget = budget;
            requireValid(settings);
            variants.push_back({entry, settings});
            if (!findMethod(settings.method)->uses_budget) {
                break;
            }
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
