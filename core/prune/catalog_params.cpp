#include "core/prune/catalog_params.h"

namespace prunescope {

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

ParamSpec inUnits(ParamSpec spec, std::string unit) {
    spec.unit = std::move(unit);
    return spec;
}

}  // namespace prunescope
