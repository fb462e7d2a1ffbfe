#include "core/prune/catalog.h"

#include "core/base/error.h"
#include "core/base/text.h"
#include "core/metric/shift.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <limits>
#include <utility>

namespace prunescope {

namespace {

ParamSpec integerParam(std::string name,
                       std::string title,
                       double fallback,
                       std::pair<double, double> range,
                       ParamEffect effect,
                       std::string help) {
    ParamSpec spec;
    spec.name = std::move(name);
    spec.title = std::move(title);
    spec.type = ParamType::Integer;
    spec.fallback = fallback;
    spec.min = range.first;
    spec.max = range.second;
    spec.step = 1;
    spec.effect = effect;
    spec.help = std::move(help);
    return spec;
}

ParamSpec realParam(std::string name,
                    std::string title,
                    double fallback,
                    std::pair<double, double> range,
                    ParamEffect effect,
                    std::string help) {
    ParamSpec spec =
        integerParam(std::move(name), std::move(title), fallback, range, effect, std::move(help));
    spec.type = ParamType::Real;
    spec.step = range.second - range.first > 4 ? 0.1 : 0.01;
    return spec;
}

ParamSpec switchParam(
    std::string name, std::string title, bool on, ParamEffect effect, std::string help) {
    ParamSpec spec = integerParam(
        std::move(name), std::move(title), on ? 1.0 : 0.0, {0, 1}, effect, std::move(help));
    spec.type = ParamType::Switch;
    return spec;
}

// The first choice is the default.
ParamSpec choiceOf(std::string name,
                   std::string title,
                   std::vector<std::string> choices,
                   ParamEffect effect,
                   std::string help) {
    ParamSpec spec;
    spec.name = std::move(name);
    spec.title = std::move(title);
    spec.type = ParamType::Choice;
    spec.fallback = choices.front();
    spec.choices = std::move(choices);
    spec.min = 0;
    spec.max = 0;
    spec.step = 0;
    spec.effect = effect;
    spec.help = std::move(help);
    return spec;
}

// Named as in methods.md 4.3; none of the numbers are the paper's.
std::vector<ParamSpec> dcpParams() {
    constexpr auto kEncoder = ParamEffect::EncoderPass;
    constexpr auto kSelect = ParamEffect::Selection;
    std::vector<ParamSpec> params{
        choiceOf("schedule",
                 "Schedule",
                 {"geometric", "linear", "flowcut", "single"},
                 kEncoder,
                 "How the token count falls from N to the pool over the events (ours)."),
        realParam("rho_pool",
                  "Pool factor",
                  4.0,
                  {1, 16},
                  kEncoder,
                  "Size of the pool that leaves the encoder, in budgets (ours)."),
        choiceOf("score",
                 "Score",
                 {"flowcut", "cls"},
                 kEncoder,
                 "What ranks tokens into anchors and context: FlowCut's score or CLS attention."),
        choiceOf("similarity",
                 "Similarity of",
                 {"key", "hidden"},
                 kEncoder,
                 "What is compared between context and anchor: head-mean keys or hidden states."),
        realParam("lambda",
                  "Semantic share",
                  0.7,
                  {0, 1},
                  kEncoder,
                  "Weight of semantic against spatial similarity in the context-to-anchor graph."),
        realParam("sigma",
                  "Spatial reach",
                  4.0,
                  {0.5, 24},
                  kEncoder,
                  "Width of the spatial similarity, in cells of a 24-wide grid."),
        integerParam("edges",
                     "Edges per context token",
                     2,
                     {1, 8},
                     kEncoder,
                     "Anchors to which each context token hands itself on."),
        realParam("temperature",
                  "Edge temperature",
                  0.1,
                  {0.01, 2},
                  kEncoder,
                  "Softmax temperature over the edges of a context token."),
        realParam("beta_max",
                  "Recovery strength",
                  0.5,
                  {0, 1},
                  kEncoder,
                  "Largest share of context in a recovered anchor; 0 changes no anchor."),
        switchParam("keep_norm",
                    "Keep norms",
                    false,
                    kEncoder,
                    "Rescale recovered anchors to the norm they had."),
        switchParam("recovery",
                    "Recovery",
                    true,
                    kEncoder,
                    "Off: context tokens are removed without handing anything on (ablation)."),
        choiceOf("reference",
                 "Compared with",
                 {"full", "pool", "chained"},
                 kSelect,
                 "What kappa compares the kept set with: all patches, the pool, or step by step."),
        realParam("eta",
                  "Text share in clusters",
                  0.3,
                  {0, 1},
                  kSelect,
                  "Weight of the text profile when tokens join clusters."),
        realParam("mu",
                  "Text pull on representatives",
                  0.2,
                  {0, 2},
                  kSelect,
                  "Bonus for text-relevant tokens when a cluster re-selects."),
        choiceOf("init",
                 "First representatives",
                 {"facility", "kcenter", "scope"},
                 kSelect,
                 "Greedy rule for cluster centres: coverage, farthest point, coverage x score."),
        integerParam("rounds",
                     "Rounds",
                     1,
                     {1, 3},
                     kSelect,
                     "How often clustering and re-selection repeat."),
        switchParam("guard",
                    "Guard",
                    true,
                    kSelect,
                    "Keep the first choice when re-selection does not lower the shift (ours)."),
        switchParam("use_text", "Use the question", true, kSelect, "Off: re-select without text."),
    };
    params[1].unit = "k";
    params[5].unit = "cells";
    return params;
}

MethodSpec baseline(std::string id, std::string title, std::string note) {
    MethodSpec spec;
    spec.id = std::move(id);
    spec.title = std::move(title);
    spec.note = std::move(note);
    spec.sites = {Site::Kind::AfterEncoder};
    return spec;
}

std::vector<MethodSpec> makeCatalog() {
    std::vector<MethodSpec> methods;
    methods.push_back(baseline("none", "No pruning", "All visual tokens, as the model ships."));
    methods.back().sites = {};
    methods.back().uses_budget = false;

    methods.push_back(baseline("random", "Random", "Seeded draw without replacement."));
    methods.back().uses_seed = true;

    methods.push_back(baseline("grid", "Uniform grid", "Evenly spaced patches."));

    methods.push_back(baseline("cls-topk",
                               "CLS attention",
                               "The patches that CLS attends to most in the selected layer."));

    MethodSpec dcp;
    dcp.id = "dcp";
    dcp.title = "DCP-Prune";
    dcp.paper = "DCP-Prune, 2026, arXiv 2606.16633";
    dcp.note =
        "our implementation of arXiv 2606.16633, whose authors published no code; every default is "
        "ours";
    dcp.sites = {Site::Kind::EncoderLayer, Site::Kind::AfterEncoder};
    dcp.in_encoder = true;
    dcp.uses_threshold = true;
    dcp.uses_text = true;
    dcp.uses_seed = true;  // draws of the null band, which the relative trigger reads
    dcp.params = dcpParams();
    methods.push_back(std::move(dcp));
    return methods;
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

std::vector<Problem> checkSettings(const RunSettings& settings) {
    std::vector<Problem> problems;
    checkMethod(settings, problems);
    if (settings.budget < 1) {
        problems.push_back(
            {"budget",
             "budget must be at least 1 token, not " + std::to_string(settings.budget) + "."});
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
