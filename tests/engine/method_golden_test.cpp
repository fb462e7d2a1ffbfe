// Whole runs of every vision-side method in float32 against the independent NumPy reference in
// float64 (tests/golden/method_reference*.py) on tiny random towers.

#include "core/prune/catalog.h"
#include "tests/engine/golden_run.h"

#include <algorithm>
#include <filesystem>
#include <iostream>
#include <set>

#include <gtest/gtest.h>

namespace prunescope {
namespace {

using nlohmann::json;
using testing::closeTo;
using testing::Patches;
using testing::patchesAfter;

// A decision that is clearer than this must come out alike.
constexpr double kTieTolerance = 1e-5;

/// What differs: decisions, which a tie may explain, and numbers, which nothing may.
struct Difference {
    std::string decision;
    std::string number;
};

// What the output rows stand for, numbered as in the file.
std::vector<int> orderOf(const ViewTrace& view) {
    const std::map<RowKind, int> without_patch = {
        {RowKind::Cls, -1}, {RowKind::Extra, -2}, {RowKind::Padding, -3}};
    std::vector<int> order;
    for (const OutputRow& row : view.rows) {
        const auto found = without_patch.find(row.kind);
        order.push_back(found == without_patch.end() ? row.patch : found->second);
    }
    return order;
}

Difference compareEvents(const std::vector<StageTrace>& stages, const json& expected) {
    std::vector<const StageTrace*> events;
    for (const StageTrace& stage : stages) {
        if (stage.site.kind == Site::Kind::EncoderLayer) {
            events.push_back(&stage);
        }
    }
    if (events.size() != expected.size()) {
        return {"", std::to_string(events.size()) + " events"};
    }
    Difference d;
    for (std::size_t i = 0; i < events.size(); ++i) {
        const StageTrace& stage = *events[i];
        const json& event = expected[i];
        const std::string name = " after layer " + std::to_string(stage.site.layer);
        if (stage.site.layer != event.at("layer")) {
            d.number += name + " instead of " + event.at("layer").dump();
        } else if (patchesAfter(stage) != event.at("kept").get<Patches>()) {
            d.decision += name;
        } else if (const json& shift = event.at("D");
                   !shift.is_null() && !closeTo(stage.shift_before.value_or(-1), shift)) {
            d.number += " D" + name;
        }
    }
    return d;
}

Difference compare(const RunTrace& trace, const json& expected) {
    const ViewTrace& view = trace.views.at(0);
    Difference d = compareEvents(view.stages, expected.at("events"));
    if (orderOf(view) != expected.at("order").get<std::vector<int>>()) {
        d.decision += " output " + json(orderOf(view)).dump();
    }
    const json& kappa = expected.at("D");
    if (!kappa.is_null() && !closeTo(view.shift.kappa.value_or(-1), kappa)) {
        d.number +=
            " kappa " + std::to_string(view.shift.kappa.value_or(-1)) + ", not " + kappa.dump();
    }
    return d;
}

TEST(MethodRunGolden, AgreesWithTheNumpyReference) {
    const json file =
        readJsonFile(std::filesystem::path(PRUNESCOPE_TEST_DATA) / "method" / "runs.json",
                     ErrorCode::Input,
                     {64u << 20, 64});
    const auto questions = file.at("questions").get<std::vector<std::string>>();
    testing::GoldenTowers towers;
    std::map<std::string, std::pair<int, int>> alike;  // runs that decide alike, and all
    std::set<std::string> missing;
    for (const json& expected : file.at("runs")) {
        const auto method = expected.at("method").get<std::string>();
        if (findMethod(method) == nullptr) {
            missing.insert(method);
            continue;
        }
        const auto tower = expected.at("tower").get<std::string>();
        const auto picture = expected.at("picture").get<std::string>();
        json settings = expected.at("settings");
        settings["method"] = method;
        settings["budget"] = expected.at("budget");
        const RunTrace trace = towers.run(tower,
                                          picture,
                                          questions.at(expected.at("question").get<std::size_t>()),
                                          testing::goldenSettings(settings));
        const Difference d = compare(trace, expected);
        const std::string name = settings.dump() + " on " + tower + "/" + picture;
        auto& [same, all] = alike[method];
        ++all;
        if (d.decision.empty()) {
            ++same;
            EXPECT_EQ(d.number, "") << name;
            continue;
        }
        const json& gap = expected.at("gap");
        std::cout << name << " decides differently:" << d.decision << "; closest decision "
                  << gap.dump() << '\n';
        EXPECT_TRUE(!gap.is_null() && gap.get<double>() < kTieTolerance)
            << name << ": no tie explains it:" << d.decision << d.number << ", expected "
            << expected.at("order").dump();
    }
    for (const auto& [method, count] : alike) {
        const auto& [same, all] = count;
        std::cout << method << ": " << same << " of " << all << " runs decide alike\n";
        EXPECT_LE(all - same, std::max(1, all / 100)) << method;
    }
    for (const std::string& method : missing) {
        std::cout << "not compared, there is no method " << method << '\n';
    }
}

}  // namespace
}  // namespace prunescope
