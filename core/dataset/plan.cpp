#include "core/dataset/plan.h"

#include "core/base/error.h"
#include "core/base/text.h"
#include "core/prune/catalog.h"
#include "core/trace/trace_json.h"

#include <algorithm>
#include <charconv>
#include <cmath>

#include <nlohmann/json.hpp>

namespace prunescope {

namespace {

std::vector<std::string> splitAt(const std::string& text, char separator) {
    std::vector<std::string> parts;
    std::size_t at = 0;
    while (at <= text.size()) {
        const std::size_t end = std::min(text.find(separator, at), text.size());
        parts.push_back(text.substr(at, end - at));
        at = end + 1;
    }
    return parts;
}

[[noreturn]] void failIn(const std::string& method, const std::string& what) {
    throw Error(ErrorCode::Usage, inQuotes(method) + ": " + what);
}

double numberFrom(const std::string& method, const std::string& name, const std::string& text) {
    double value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc{} || end != text.data() + text.size() || !std::isfinite(value)) {
        failIn(method, name + " is " + inQuotes(text) + ", not a number.");
    }
    return value;
}

void applyAssignment(const std::string& method, const std::string& text, RunSettings& settings) {
    const std::size_t equals = text.find('=');
    if (equals == std::string::npos || equals == 0) {
        failIn(method, inQuotes(text) + " is not NAME=VALUE.");
    }
    const std::string name = text.substr(0, equals);
    const std::string value = text.substr(equals + 1);
    const MethodSpec& spec = *findMethod(settings.method);
    if (spec.uses_threshold && name == "tau") {
        settings.tau = numberFrom(method, name, value);
    } else if (spec.uses_threshold && name == "phi") {
        settings.phi = numberFrom(method, name, value);
    } else if (spec.uses_threshold && name == "trigger") {
        settings.trigger = triggerFrom(value);
    } else {
        const auto param = std::find_if(
            spec.params.begin(), spec.params.end(), [&](const auto& p) { return p.name == name; });
        if (param == spec.params.end()) {
            failIn(method, spec.id + " has no parameter " + inQuotes(name) + ".");
        }
        if (param->type == ParamType::Choice) {
            settings.params[name] = value;
        } else if (param->type == ParamType::Switch && (value == "on" || value == "off")) {
            settings.params[name] = value == "on" ? 1.0 : 0.0;
        } else {
            settings.params[name] = numberFrom(method, name, value);
        }
    }
}

RunSettings settingsOf(const std::string& method, const RunSettings& base) {
    const std::vector<std::string> parts = splitAt(method, ':');
    RunSettings settings = base;
    settings.method = parts.front();
    settings.params.clear();
    if (findMethod(settings.method) == nullptr) {
        std::vector<std::string> ids;
        for (const MethodSpec& spec : methodCatalog()) {
            ids.push_back(spec.id);
        }
        throw Error(ErrorCode::Usage,
                    "There is no method " + inQuotes(settings.method) + ".",
                    "Choose among " + join(ids, ", ") + ".");
    }
    for (std::size_t i = 1; i < parts.size(); ++i) {
        applyAssignment(method, parts[i], settings);
    }
    const std::vector<Problem> problems = checkSettings(settings);
    if (!problems.empty()) {
        failIn(method, problems.front().message);
    }
    return settings;
}

}  // namespace

std::vector<EvalRun> planRuns(const std::vector<std::string>& methods,
                              const std::vector<int>& budgets,
                              const RunSettings& base) {
    std::vector<EvalRun> runs;
    RunSettings unpruned = base;
    unpruned.method = "none";
    unpruned.params.clear();
    unpruned.patch_rules.clear();
    runs.push_back({"none", unpruned});
    for (const std::string& method : methods) {
        RunSettings settings = settingsOf(method, base);
        if (settings.method == "none") {
            continue;  // always there
        }
        if (!findMethod(settings.method)->uses_budget) {
            runs.push_back({method, settings});
            continue;
        }
        for (const int budget : budgets) {
            settings.budget = budget;
            if (const auto problems = checkSettings(settings); !problems.empty()) {
                failIn(method, problems.front().message);
            }
            const EvalRun run{method, settings};
            if (std::find(runs.begin(), runs.end(), run) == runs.end()) {
                runs.push_back(run);
            }
        }
    }
    return runs;
}

std::string planToJson(const EvalPlan& plan) {
    using nlohmann::ordered_json;
    ordered_json runs = ordered_json::array();
    for (const EvalRun& run : plan.runs) {
        runs.push_back({{"label", run.label},
                        {"settings", ordered_json::parse(settingsToJson(run.settings))}});
    }
    return ordered_json{{"schema", "prunescope.eval-plan/1"},
                        {"set", plan.set_name},
                        {"samples", plan.samples.size()},
                        {"contents", hex(contentHash(plan.samples))},
                        {"model", plan.model},
                        {"fingerprint", plan.fingerprint},
                        {"device", plan.device},
                        {"dtype", plan.dtype},
                        {"version", plan.version},
                        {"runs", std::move(runs)}}
               .dump(1) +
           "\n";
}

}  // namespace prunescope
