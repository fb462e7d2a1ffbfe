// The engine in float32 against the independent NumPy reference in float64
// (tests/golden/dcp_reference.py): whole runs on tiny random towers.

#include "core/base/json.h"
#include "core/engine/run.h"
#include "core/image/decode.h"
#include "core/prune/catalog.h"

#include <cmath>
#include <filesystem>
#include <map>

#include <gtest/gtest.h>

namespace prunescope {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;
using Patches = std::vector<std::int32_t>;

const fs::path kData = fs::path(PRUNESCOPE_TEST_DATA) / "dcp";

RunSettings settingsOf(const json& j) {
    RunSettings s;
    for (const auto& [name, value] : j.items()) {
        if (name == "method") {
            s.method = value.get<std::string>();
        } else if (name == "budget") {
            s.budget = value.get<int>();
        } else if (name == "tau") {
            s.tau = value.get<double>();
        } else if (name == "phi") {
            s.phi = value.get<double>();
        } else if (name == "seed") {
            s.seed = value.get<std::uint64_t>();
        } else if (name == "trigger") {
            s.trigger = triggerFrom(value.get<std::string>());
        } else if (value.is_boolean()) {
            s.params[name] = value.get<bool>() ? 1.0 : 0.0;
        } else if (value.is_number()) {
            s.params[name] = value.get<double>();
        } else {
            s.params[name] = value.get<std::string>();
        }
    }
    return s;
}

bool close(double actual, double expected) {
    return std::abs(actual - expected) <= 1e-4 * std::max(std::abs(expected), 1e-3);
}

/// Patches that stand after a stage.
Patches keptAfter(const StageTrace& stage) {
    Patches kept;
    for (std::size_t p = 0; p < stage.slot_from_patch.size(); ++p) {
        if (stage.slot_from_patch[p] >= 0) {
            kept.push_back(static_cast<std::int32_t>(p));
        }
    }
    return kept;
}

class Towers {
public:
    const Vlm& model(const std::string& tower) {
        auto& vlm = models_[tower];
        if (!vlm) {
            vlm = Vlm::load(kData / tower, {.device = "cpu", .dtype = "fp32"});
        }
        return *vlm;
    }

    StageCache& cache(const std::string& tower) { return caches_[tower]; }

private:
    std::map<std::string, std::unique_ptr<Vlm>> models_;
    std::map<std::string, StageCache> caches_;
};

/// What differs from the reference: decisions and numbers apart.
struct Difference {
    std::string decision;
    std::string number;
};

Difference compare(const RunTrace& trace, const json& expected) {
    Difference d;
    const ViewTrace& view = trace.views.at(0);
    if (view.kept != expected.at("kept").get<Patches>()) {
        d.decision += " kept";
    }
    std::vector<const StageTrace*> events;
    for (const StageTrace& stage : view.stages) {
        if (stage.name != "TATCS") {
            events.push_back(&stage);
        }
    }
    const json& wanted = expected.at("events");
    if (events.size() != wanted.size()) {
        d.decision +=
            " events(" + std::to_string(events.size()) + "!=" + std::to_string(wanted.size()) + ")";
    } else {
        for (std::size_t i = 0; i < events.size(); ++i) {
            const json& event = wanted[i];
            // The last event's kept set is the baseline, before any re-selection.
            if (keptAfter(*events[i]) != event.at("kept").get<Patches>()) {
                d.decision += " event" + std::to_string(i);
            }
            const json& value = event.at("D");
            if (!value.is_null() &&
                (!events[i]->shift_before || !close(*events[i]->shift_before, value))) {
                d.number += " D" + std::to_string(i);
            }
        }
    }
    const json& kappa = expected.at("kappa");
    if (!kappa.is_null() && !close(view.shift.kappa.value_or(-1), kappa)) {
        d.number += " kappa";
    }
    if (expected.contains("fired") && view.shift.fired != expected.at("fired")) {
        d.decision += " fired";
    }
    if (expected.value("fired", false)) {
        if (view.shift.accepted != expected.at("accepted")) {
            d.decision += " accepted";
        }
        const json& after = expected.at("kappa_after");
        if (!after.is_null() && !close(view.shift.kappa_after.value_or(-1), after)) {
            d.number += " kappa_after";
        }
        const StageTrace& tatcs = view.stages.back();
        if (tatcs.centres != expected.at("first_centres").get<Patches>()) {
            d.decision += " centres";
        }
        if (tatcs.chosen != expected.at("chosen").get<Patches>()) {
            d.decision += " chosen";
        }
    }
    return d;
}

TEST(DcpGolden, AgreesWithTheNumpyReference) {
    const json file = readJsonFile(kData / "runs.json", ErrorCode::Input, {64u << 20, 64});
    const auto questions = file.at("questions").get<std::vector<std::string>>();
    Towers towers;
    int runs = 0;
    int decisions_differ = 0;
    for (const json& expected : file.at("runs")) {
        const auto tower = expected.at("tower").get<std::string>();
        RunRequest request;
        request.settings = settingsOf(expected.at("settings"));
        request.settings.max_new_tokens = 1;
        request.prompt = questions.at(expected.at("question").get<std::size_t>());
        const auto picture = expected.at("picture").get<std::string>() + ".png";
        request.image = std::make_shared<const Image>(loadImage(kData / tower / picture).image);
        request.want_answer = false;
        const RunTrace trace = run({towers.model(tower), towers.cache(tower), request});
        const Difference d = compare(trace, expected);
        ++runs;
        const std::string name = "run " + expected.at("id").dump() + " on " + tower + "/" +
                                 picture + " " + expected.at("settings").dump();
        if (!d.decision.empty()) {
            ++decisions_differ;
            std::cout << name << ": decisions differ:" << d.decision << '\n';
        } else {
            EXPECT_EQ(d.number, "") << name;
        }
    }
    std::cout << runs - decisions_differ << " of " << runs << " runs decide alike\n";
    EXPECT_GE(runs, 300);
    EXPECT_LE(decisions_differ, runs / 100);
}

}  // namespace
}  // namespace prunescope
