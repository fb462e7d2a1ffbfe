#include "core/prune/catalog.h"

#include "core/base/error.h"
#include "core/base/text.h"
#include "core/metric/shift.h"
#include "core/prune/catalog_params.h"
#include "core/trace/patch_rules.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <iterator>
#include <limits>

namespace prunescope {

namespace {

std::vector<MethodSpec> makeCatalog() {
    std::vector<MethodSpec> all;
    for (auto* group : {&baselineMethods, &dcpMethods, &visionMethods, &languageMethods}) {
        std::ranges::move(group(), std::back_inserter(all));
    }
    return all;
}

const ParamSpec* findParam(const std::vector<ParamSpec>& params, std::string_view name) {
    const auto found = std::find_if(
        params.begin(), params.end(), [&](const ParamSpec& spec) { return spec.name == name; });
    return found == params.end() ? nullptr : &*found;
}

std::string rangeOf(const ParamSpec& spec) {
    return "between " + number(spec.min) + " and " + number(spec.max);
}

// What is wrong with the value of one parameter; "" when nothing is.
std::string valueProblem(const ParamSpec& spec, const ParamValue& value) {
    if (spec.type == ParamType::Choice) {
        const std::string* name = std::get_if<std::string>(&value);
        if (name == nullptr ||
            std::find(spec.choices.begin(), spec.choices.end(), *name) == spec.choices.end()) {
            const std::string given = name == nullptr ? number(std::get<double>(value)) : *name;
            return spec.name + " must be one of " + join(spec.choices, ", ") + ", not " +
                   inQuotes(given) + ".";
        }
        return {};
    }
    const double* given = std::get_if<double>(&value);
    if (given == nullptr) {
        return spec.name + " must be a number, not " + inQuotes(std::get<std::string>(value)) + ".";
    }
    if (std::isnan(*given)) {
        return spec.name + " is not a number.";
    }
    if (spec.type == ParamType::Switch && *given != 0.0 && *given != 1.0) {
        return spec.name + " must be 0 (off) or 1 (on), not " + number(*given) + ".";
    }
    if (*given < spec.min || *given > spec.max) {
        return spec.name + " must be " + rangeOf(spec) + ", not " + number(*given) + ".";
    }
    if (spec.type == ParamType::Integer && *given != std::floor(*given)) {
        return spec.name + " must be a whole number, not " + number(*given) + ".";
    }
    return {};
}

std::string methodIds() {
    std::vector<std::string> ids;
    for (const MethodSpec& method : methodCatalog()) {
        ids.push_back(method.id);
    }
    return join(ids, ", ");
}

const MethodSpec& methodOf(const RunSettings& settings) {
    const MethodSpec* method = findMethod(settings.method);
    require(method != nullptr, "there is no method " + inQuotes(settings.method));
    return *method;
}

void checkMethod(const RunSettings& settings, std::vector<Problem>& problems) {
    const MethodSpec* method = findMethod(settings.method);
    if (method == nullptr) {
        problems.push_back({"method",
                            "There is no method " + inQuotes(settings.method) + "; there are " +
                                methodIds() + "."});
        return;
    }
    for (const auto& [name, value] : settings.params) {
        const ParamSpec* spec = findParam(method->params, name);
        const std::string message = spec == nullptr
                                        ? method->id + " has no parameter " + inQuotes(name) + "."
                                        : valueProblem(*spec, value);
        if (!message.empty()) {
            problems.push_back({name, message});
        }
    }
}

void checkThreshold(const char* field, double value, std::vector<Problem>& problems) {
    if (!std::isfinite(value)) {
        problems.push_back({field, std::string(field) + " must be a finite number."});
    } else if (value < 0) {
        problems.push_back(
            {field, std::string(field) + " must be at least 0, not " + number(value) + "."});
    }
}

}  // namespace

std::string nameOf(ParamEffect effect) {
    constexpr std::array kNames{"encoder_pass", "selection", "decoder"};
    return kNames.at(static_cast<std::size_t>(effect));
}

const std::vector<MethodSpec>& methodCatalog() {
    static const std::vector<MethodSpec> catalog = makeCatalog();
    return catalog;
}

const MethodSpec* findMethod(std::string_view id) {
    const std::vector<MethodSpec>& all = methodCatalog();
    const auto found = std::find_if(
        all.begin(), all.end(), [&](const MethodSpec& method) { return method.id == id; });
    return found == all.end() ? nullptr : &*found;
}

std::string rulesHelp(const MethodSpec& method) {
    return !method.on_rules.empty() ? method.on_rules
                                    : "Pinned patches are taken first and banned ones never; the "
                                      "method chooses the others.";
}

const std::vector<ParamSpec>& sharedParams() {
    constexpr auto kSelect = ParamEffect::Selection;
    static const std::vector<ParamSpec> params{
        integerParam("budget",
                     "Kept tokens",
                     RunSettings{}.budget,
                     {1, 576},
                     ParamEffect::EncoderPass,
                     "Visual tokens kept per view; more than there are means all."),
        realParam("tau",
                  "Threshold",
                  RunSettings{}.tau,
                  {0, 2},
                  kSelect,
                  "Re-select when the shift kappa is above this (trigger auto)."),
        realParam("phi",
                  "Relative threshold",
                  RunSettings{}.phi,
                  {0, 20},
                  kSelect,
                  "Re-select when kappa is above this many medians of random draws (trigger "
                  "relative, ours)."),
        integerParam("seed",
                     "Seed",
                     0,
                     {0, 9007199254740991.0},
                     kSelect,
                     "Start of every random draw; the same seed gives the same result."),
        integerParam("max_new_tokens",
                     "Longest answer",
                     RunSettings{}.max_new_tokens,
                     {1, 4096},
                     kSelect,
                     "The answer stops after this many tokens."),
    };
    return params;
}

ParamValue paramValue(const MethodSpec& method,
                      const RunSettings& settings,
                      std::string_view name) {
    const ParamSpec* spec = findParam(method.params, name);
    require(spec != nullptr, method.id + " has no parameter " + std::string(name));
    const auto given = settings.params.find(std::string(name));
    return given == settings.params.end() ? spec->fallback : given->second;
}

double numberParam(const MethodSpec& method, const RunSettings& settings, std::string_view name) {
    const ParamValue value = paramValue(method, settings, name);
    require(std::holds_alternative<double>(value), std::string(name) + " is not a number");
    return std::get<double>(value);
}

std::string choiceParam(const MethodSpec& method,
                        const RunSettings& settings,
                        std::string_view name) {
    const ParamValue value = paramValue(method, settings, name);
    require(std::holds_alternative<std::string>(value), std::string(name) + " is not a name");
    return std::get<std::string>(value);
}

MethodParams::MethodParams(const RunSettings& settings)
    : method_(methodOf(settings)), settings_(settings) {}

double MethodParams::number(std::string_view name) const {
    return numberParam(method_, settings_, name);
}

int MethodParams::integer(std::string_view name) const {
    return static_cast<int>(number(name));
}

bool MethodParams::isOn(std::string_view name) const {
    return number(name) != 0.0;
}

std::string MethodParams::choice(std::string_view name) const {
    return choiceParam(method_, settings_, name);
}

Trigger effectiveTrigger(const RunSettings& settings) {
    const MethodSpec* method = findMethod(settings.method);
    if (method == nullptr || !method->uses_threshold) {
        return Trigger::Never;
    }
    return method->trigger_of != nullptr ? method->trigger_of(settings) : settings.trigger;
}

bool firesAt(Trigger trigger, const std::optional<double>& kappa, double threshold) {
    switch (trigger) {
        case Trigger::Always:
            return true;
        case Trigger::Never:
            return false;
        default:
            return kappa.has_value() && *kappa > threshold;
    }
}

std::vector<Problem> checkSettings(const RunSettings& settings) {
    std::vector<Problem> problems;
    checkMethod(settings, problems);
    if (settings.budget < 1) {
        problems.push_back(
            {"budget",
             "budget must be at least 1 token, not " + std::to_string(settings.budget) + "."});
    }
    for (Problem& problem : checkPatchRules(settings.patch_rules)) {
        problems.push_back(std::move(problem));
    }
    checkThreshold("tau", settings.tau, problems);
    checkThreshold("phi", settings.phi, problems);
    const ParamSpec& longest = *findParam(sharedParams(), "max_new_tokens");
    const std::string length = valueProblem(longest, static_cast<double>(settings.max_new_tokens));
    if (!length.empty()) {
        problems.push_back({"max_new_tokens", length});
    }
    const std::vector<ShiftMetricInfo>& metrics = shiftMetrics();
    if (std::none_of(metrics.begin(), metrics.end(), [&](const ShiftMetricInfo& info) {
            return info.id == settings.metric;
        })) {
        problems.push_back(
            {"metric", "There is no shift metric " + inQuotes(settings.metric) + "."});
    }
    return problems;
}

}  // namespace prunescope
