#include "core/trace/trace_json.h"

#include "core/base/error.h"
#include "tests/trace/sample_trace.h"

#include <cmath>
#include <limits>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace prunescope {
namespace {

using nlohmann::json;

std::string refusal(const json& trace) {
    try {
        traceFromJson(trace.dump());
    } catch (const Error& error) {
        EXPECT_EQ(error.code(), ErrorCode::Input);
        return error.what();
    }
    return "read without complaint";
}

TEST(TraceJson, RoundTripIsExact) {
    const RunTrace trace = sampleTrace();
    const std::string first = traceToJson(trace);
    const RunTrace back = traceFromJson(first);
    EXPECT_EQ(traceToJson(back), first);
    EXPECT_EQ(back.settings, trace.settings);
    EXPECT_EQ(back.views[0].stages[0], trace.views[0].stages[0]);
    EXPECT_EQ(back.views[0].shift, trace.views[0].shift);
    EXPECT_EQ(back.answer, trace.answer);
    EXPECT_EQ(back.cost_ms, trace.cost_ms);
    EXPECT_TRUE(std::isnan(back.views[0].stages[1].score[2]));
}

TEST(TraceJson, RefusesWhatItCannotRead) {
    const json good = json::parse(traceToJson(sampleTrace()));
    json other = good;
    other["schema"] = "prunescope.trace/2";
    EXPECT_EQ(refusal(other),
              "The trace cannot be read: its schema is \"prunescope.trace/2\", this program reads "
              "prunescope.trace/1.");
    other = good;
    other.erase("views");
    EXPECT_EQ(refusal(other), "The trace cannot be read: \"views\" is missing.");
    other = good;
    other["views"][0]["kept"][0] = 6;
    EXPECT_EQ(refusal(other), "The trace cannot be read: \"kept\" names patch 6 of 6.");
    other = good;
    other["views"][0]["grid"]["rows"] = 2000000;
    EXPECT_EQ(refusal(other), "The trace cannot be read: the patch grid is out of range.");
    other = good;
    other["views"][0]["stages"][0]["slot_from_patch"].push_back(0);
    EXPECT_EQ(refusal(other),
              "The trace cannot be read: \"slot_from_patch\" has 7 entries, not 6.");
    other = good;
    other["tokens"]["text"] = "many";
    EXPECT_EQ(refusal(other), "The trace cannot be read: \"text\" has the wrong type.");
}

TEST(TraceJson, TracesFromBeforePlacesAndChannelsAreRead) {
    json old = json::parse(traceToJson(sampleTrace()));
    old["settings"].erase("place");
    old["views"][0]["shift"].erase("place");
    old["views"][0]["shift"].erase("channels");
    const RunTrace trace = traceFromJson(old.dump());
    EXPECT_EQ(trace.settings.place, ShiftPlace::Encoder);
    EXPECT_EQ(trace.views[0].shift.place, ShiftPlace::Encoder);
    EXPECT_TRUE(trace.views[0].shift.channels.empty());
    EXPECT_EQ(trace.views[0].shift.kappa, 0.5);
    old["settings"]["place"] = "nowhere";
    EXPECT_THROW(traceFromJson(old.dump()), Error);
}

TEST(TraceJson, RowsKeepKindAndOrder) {
    RunTrace trace = sampleTrace();
    ViewTrace& view = trace.views[0];
    view.rows = {{RowKind::Cls, -1},
                 {RowKind::Merged, 4},
                 {RowKind::Patch, 0},
                 {RowKind::Extra, -1},
                 {RowKind::Padding, -1}};
    view.stages[0].transfers.push_back({5, -1, 1.0F});  // into a row that stands for no patch
    const RunTrace back = traceFromJson(traceToJson(trace));
    EXPECT_EQ(back.views[0].rows, view.rows);
    EXPECT_EQ(back.views[0].stages[0].transfers, view.stages[0].transfers);
    EXPECT_EQ(patchFates(back.views[0], 0)[5], PatchFate::Merged);

    json other = json::parse(traceToJson(trace));
    other["views"][0].erase("rows");
    EXPECT_TRUE(traceFromJson(other.dump()).views[0].rows.empty()) << "as in the first traces";
    other["views"][0]["rows"] = json::array({json::array({"token", 0})});
    EXPECT_EQ(refusal(other), "The trace cannot be read: \"token\" is not a kind of row.");
    other["views"][0]["rows"] = json::array({json::array({"patch", -1})});
    EXPECT_EQ(refusal(other), "The trace cannot be read: \"rows\" names patch -1 of 6.");
    other["views"][0]["rows"] = json::array({json::array({"patch"})});
    EXPECT_EQ(refusal(other), "The trace cannot be read: a row is not [kind, patch].");
}

TEST(TraceJson, TracesFromBeforeLayerMeansAreRead) {
    json old = json::parse(traceToJson(sampleTrace()));
    old["model"].erase("decoder_layers");
    old["tokens"].erase("layer_mean_in");
    old["tokens"].erase("layer_mean_out");
    const RunTrace trace = traceFromJson(old.dump());
    EXPECT_EQ(trace.model.decoder_layers, 0);
    EXPECT_EQ(trace.tokens.layer_mean_in, 2);
    EXPECT_EQ(trace.tokens.layer_mean_out, 2);
}

// klFull of a single token is infinite, and JSON has no infinity.
TEST(TraceJson, InfiniteShiftsAreReadAsMissing) {
    RunTrace trace = sampleTrace();
    const double infinity = std::numeric_limits<double>::infinity();
    trace.views[0].shift.kappa = infinity;
    trace.views[0].shift.null_band = {infinity, infinity, infinity, 20};
    const std::string text = traceToJson(trace);
    const RunTrace back = traceFromJson(text);
    EXPECT_FALSE(back.views[0].shift.kappa.has_value());
    EXPECT_TRUE(std::isnan(back.views[0].shift.null_band.median));
    EXPECT_EQ(traceToJson(back), text);
}

TEST(TraceJson, EveryMemberIsNeeded) {
    const json good = json::parse(traceToJson(sampleTrace()));
    for (const auto& [name, value] : good.items()) {
        json without = good;
        without.erase(name);
        if (name == "cost_ms") {  // written since 0.1; older traces are read without
            EXPECT_EQ(traceFromJson(without.dump()).cost_ms, Timings{});
            continue;
        }
        EXPECT_EQ(refusal(without), "The trace cannot be read: \"" + name + "\" is missing.");
    }
}

TEST(RunJson, HasTheFieldsThatOtherProgramsRelyOn) {
    const json run = json::parse(runToJson(sampleTrace()));
    EXPECT_EQ(run.at("schema"), "prunescope.run/1");
    EXPECT_EQ(run.at("answer"), "Yes");
    EXPECT_EQ(run.at("answer_ids"), json({427, 2}));
    EXPECT_EQ(run.at("tokens"),
              json({{"visual_full", 6},
                    {"visual_kept", 2},
                    {"text", 12},
                    {"layer_mean_in", 3.5},
                    {"layer_mean_out", 2.75}}));
    EXPECT_EQ(run.at("kept"), json::array({json({0, 4})}));
    const json& shift = run.at("shift");
    EXPECT_EQ(shift.at("metric"), "klDiagFwd");
    EXPECT_EQ(shift.at("per_event").at(0),
              json({{"layer", 3}, {"tokens_in", 6}, {"tokens_out", 4}, {"value", 0.25}}));
    EXPECT_EQ(shift.at("kappa"), 0.5);
    EXPECT_EQ(shift.at("kappa_after"), 0.125);
    EXPECT_EQ(shift.at("tau"), 0.2);
    EXPECT_EQ(shift.at("fired"), true);
    EXPECT_EQ(shift.at("place"), "normalised");
    EXPECT_EQ(shift.at("mean_term"), 0.3);
    EXPECT_EQ(shift.at("variance_term"), 0.2);
    EXPECT_EQ(shift.at("channels").at(0),
              json({{"channel", 7}, {"share", 0.5}, {"mean_term", 0.2}, {"variance_term", 0.05}}));
    EXPECT_EQ(run.at("settings").at("place"), "normalised");
    for (const char* name : {"preprocess", "encode", "select", "project", "prefill", "decode"}) {
        EXPECT_TRUE(run.at("timings_ms").contains(name)) << name;
    }
    for (const char* name : {"model", "device", "dtype", "settings", "version"}) {
        EXPECT_TRUE(run.contains(name)) << name;
    }
}

TEST(RunJson, SeveralViewsGiveTheMeanOnTop) {
    RunTrace trace = sampleTrace();
    trace.views.push_back(trace.views[0]);
    trace.views[1].shift.kappa = 0.25;
    const json shift = json::parse(runToJson(trace)).at("shift");
    EXPECT_EQ(shift.at("views").size(), 2U);
    EXPECT_EQ(shift.at("kappa"), 0.375);
}

}  // namespace
}  // namespace prunescope
