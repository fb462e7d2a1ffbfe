// The engine in float32 against the independent NumPy reference in float64
// (tests/golden/dcp_reference.py): whole runs on tiny random towers.

#include "tests/engine/golden_run.h"

#include <filesystem>
#include <iostream>

#include <gtest/gtest.h>

namespace prunescope {
namespace {

using nlohmann::json;
using testing::closeTo;
using testing::Patches;
using testing::patchesAfter;

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
            if (patchesAfter(*events[i]) != event.at("kept").get<Patches>()) {
                d.decision += " event" + std::to_string(i);
            }
            const json& value = event.at("D");
            if (!value.is_null() &&
                (!events[i]->shift_before || !closeTo(*events[i]->shift_before, value))) {
                d.number += " D" + std::to_string(i);
            }
        }
    }
    const json& kappa = expected.at("kappa");
    if (!kappa.is_null() && !closeTo(view.shift.kappa.value_or(-1), kappa)) {
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
        if (!after.is_null() && !closeTo(view.shift.kappa_after.value_or(-1), after)) {
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
    const json file =
        readJsonFile(std::filesystem::path(PRUNESCOPE_TEST_DATA) / "dcp" / "runs.json",
                     ErrorCode::Input,
                     {64u << 20, 64});
    const auto questions = file.at("questions").get<std::vector<std::string>>();
    testing::GoldenTowers towers;
    int runs = 0;
    int decisions_differ = 0;
    for (const json& expected : file.at("runs")) {
        const auto tower = expected.at("tower").get<std::string>();
        const auto picture = expected.at("picture").get<std::string>();
        const RunTrace trace = towers.run(tower,
                                          picture,
                                          questions.at(expected.at("question").get<std::size_t>()),
                                          testing::goldenSettings(expected.at("settings")));
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
