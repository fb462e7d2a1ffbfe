#include "core/prune/catalog_params.h"

namespace prunescope {

namespace {

MethodSpec baseline(std::string id, std::string title, std::string note) {
    MethodSpec spec;
    spec.id = std::move(id);
    spec.title = std::move(title);
    spec.note = std::move(note);
    spec.sites = {Site::Kind::AfterEncoder};
    return spec;
}

}  // namespace

std::vector<MethodSpec> baselineMethods() {
    std::vector<MethodSpec> methods;
    methods.push_back(
        baseline(kUnprunedMethod, "No pruning", "All visual tokens, as the model ships."));
    methods.back().sites = {};
    methods.back().on_rules = "Banned patches are left out; a pin changes nothing.";
    methods.back().uses_budget = false;

    methods.push_back(baseline("random", "Random", "Seeded draw without replacement."));
    methods.back().uses_seed = true;

    methods.push_back(baseline("grid", "Uniform grid", "Evenly spaced patches."));
    methods.back().on_rules =
        "The samples beside the pinned ones are spread anew; a sample on a pinned or banned patch "
        "moves to the nearest open one.";

    methods.push_back(baseline("cls-topk",
                               "CLS attention",
                               "The patches that CLS attends to most in the selected layer."));
    return methods;
}

}  // namespace prunescope
