#include "app/curve_command.h"

#include "app/cli_commands.h"
#include "app/figures.h"
#include "core/base/error.h"
#include "core/base/json.h"
#include "core/base/text.h"
#include "core/engine/run.h"
#include "core/prune/catalog.h"

#include <algorithm>
#include <iostream>

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

namespace prunescope {

namespace {

using nlohmann::json;

std::vector<int> paperBudgets() {
    std::vector<int> budgets;
    for (int budget = 10; budget <= 100; budget += 5) {
        budgets.push_back(budget);
    }
    return budgets;
}

std::vector<std::string> methodsFrom(const CurveArguments& arguments) {
    const std::vector<std::string> known = methodsWithCurves();
    for (const std::string& method : arguments.methods) {
        if (std::ranges::find(known, method) == known.end()) {
            throw Error(ErrorCode::Usage,
                        findMethod(method) == nullptr
                            ? "There is no method " + inQuotes(method) + "."
                            : "The shift of " + method + " does not depend on the budget.",
                        "Methods with a curve: " + join(known, ", ") + ".");
        }
    }
    return arguments.methods.empty() ? known : arguments.methods;
}

std::vector<int> budgetsFrom(const CurveArguments& arguments) {
    std::vector<int> budgets = arguments.budgets.empty() ? paperBudgets() : arguments.budgets;
    std::ranges::sort(budgets);
    const auto repeated = std::ranges::unique(budgets);
    budgets.erase(repeated.begin(), repeated.end());
    return budgets;
}

void printJson(const CurveArguments& arguments,
               const RunRequest& request,
               const LoadReport& model,
               const std::vector<MethodCurve>& curves) {
    json list = json::array();
    for (const MethodCurve& curve : curves) {
        json points = json::array();
        for (const BudgetPoint& point : curve.points) {
            points.push_back({{"budget", point.budget},
                              {"shift", finiteOrNull(point.shift)},
                              {"shift_after", finiteOrNull(point.shift_after)},
                              {"fired", point.fired},
                              {"null_median", finiteOrNull(point.null_median)}});
        }
        list.push_back({{"method", curve.method}, {"points", std::move(points)}});
    }
    const RunSettings& settings = request.settings;
    std::cout << json{{"schema", "prunescope.curve/1"},
                      {"metric", settings.metric},
                      {"place", nameOf(settings.place)},
                      {"tau", settings.tau},
                      {"trigger", nameOf(settings.trigger)},
                      {"phi", settings.phi},
                      {"seed", settings.seed},
                      {"image", request.image_name},
                      {"image_mode", arguments.run.image_mode},
                      {"prompt", request.prompt},
                      {"model", model.name},
                      {"model_fingerprint", model.fingerprint},
                      {"device", model.device},
                      {"dtype", model.dtype},
                      {"curves", std::move(list)},
                      {"version", programVersion()}}
                     .dump(1, ' ', false, json::error_handler_t::replace)
              << '\n';
}

/// Methods down, budgets across: D of what is kept in the end.
void printTable(const std::vector<MethodCurve>& curves) {
    std::size_t width = 6;
    for (const MethodCurve& curve : curves) {
        width = std::max(width, curve.method.size());
    }
    const auto cell = [](double value) { return formatted(" %8.3g", value); };
    const auto named = [&](std::string name) {
        name.resize(width, ' ');
        return name;
    };
    std::cout << named("D");
    for (const BudgetPoint& point : curves.front().points) {
        std::cout << cell(point.budget);
    }
    std::cout << '\n';
    for (const MethodCurve& curve : curves) {
        std::cout << named(curve.method);
        for (const BudgetPoint& point : curve.points) {
            std::cout << cell(point.shift_after);
        }
        std::cout << '\n';
    }
    std::cout << named("null");  // the median of random draws
    for (const BudgetPoint& point : curves.front().points) {
        std::cout << cell(point.null_median);
    }
    std::cout << '\n';
}

}  // namespace

void addCurveOptions(CLI::App& command, CurveArguments& a) {
    addRunOptions(command, a.run);
    command
        .add_option(
            "--methods",
            a.methods,
            "Comma-separated (default: all whose shift depends on the budget); --method and "
            "--set give one of them its parameters")
        ->delimiter(',');
    command.add_option("--budgets", a.budgets, "Comma-separated (default: 10,15,…,100)")
        ->delimiter(',')
        ->check(CLI::Range(1, 1 << 20));
    auto* as_json = command.add_flag("--json", a.json, "Print as JSON (prunescope.curve/1)");
    command.add_flag("--csv", a.csv, "Print one line per point")->excludes(as_json);
    command.add_option("--plot", a.plot, "Write the curves: .png, .svg, .pdf or .csv");
}

void curveCommand(const CurveArguments& arguments, const std::stop_token& stop) {
    const std::vector<std::string> methods = methodsFrom(arguments);
    const std::vector<int> budgets = budgetsFrom(arguments);
    const RunRequest request = requestFrom(arguments.run);
    const std::unique_ptr<Vlm> vlm = loadModel(arguments.run, stop);
    StageCache cache;
    const auto say = [](const Event& event) {
        if (const auto* curve = std::get_if<BudgetCurve>(&event)) {
            std::cerr << curve->method << '\n';
        }
    };
    const std::vector<MethodCurve> curves =
        methodCurves({*vlm, cache, request, stop, say}, methods, budgets);
    if (!arguments.plot.empty()) {
        writeCurvePlotFile(curves, request.settings, arguments.plot);
    }
    if (arguments.json) {
        printJson(arguments, request, vlm->report(), curves);
    } else if (arguments.csv) {
        std::cout << curveCsv(curves);
    } else {
        printTable(curves);
    }
}

}  // namespace prunescope
