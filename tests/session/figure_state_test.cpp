#include "core/session/figure_state.h"

#include "core/base/error.h"
#include "core/base/text.h"
#include "core/session/session.h"
#include "tests/session/sample_session.h"

#include <random>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace prunescope {
namespace {

using nlohmann::json;

RunTrace traceOf(const SessionState& session) {
    RunTrace trace = *session.trace;
    trace.settings = session.settings;
    trace.prompt = session.prompt;
    trace.image.hash = hex(contentHash(*session.image));
    trace.model.fingerprint = session.model_fingerprint;
    return trace;
}

json sample() {
    return json::parse(figureStateToJson(figureStateOf(traceOf(sampleSession()), 0, 1)));
}

TEST(FigureState, CarriesTheIdOfTheSession) {
    const SessionState session = sampleSession();
    const FigureState state = figureStateOf(traceOf(session), 0, 1);
    EXPECT_EQ(state.session_id, sessionId(session));
    EXPECT_EQ(figureStateFromJson(figureStateToJson(state)), state);
}

TEST(FigureState, NamesNoFolder) {
    RunTrace trace = traceOf(sampleSession());
    trace.image.name = "pictures/secret/scene.png";
    const std::string text = figureStateToJson(figureStateOf(trace, 0, -1));
    EXPECT_EQ(text.find("secret"), std::string::npos);
    EXPECT_EQ(figureStateFromJson(text).image.name, "scene.png");
}

TEST(FigureState, WhatWasChangedAfterwardsIsRefused) {
    const auto change = [](auto apply) {
        json changed = sample();
        apply(changed);
        return changed.dump();
    };
    EXPECT_NO_THROW(figureStateFromJson(sample().dump()));
    const std::string wrong[] = {
        "",
        "[]",
        "{}",
        change([](json& j) { j["settings"]["budget"] = 17; }),
        change([](json& j) { j["settings"]["budget"] = -1; }),
        change([](json& j) { j["prompt"] = "Another?"; }),
        change([](json& j) { j["picture"]["hash"] = "zz"; }),
        change([](json& j) { j["picture"]["name"] = "../../etc/passwd"; }),
        change([](json& j) { j["picture"].erase("width"); }),
        change([](json& j) { j["schema"] = "prunescope.figure/2"; }),
        change([](json& j) { j["schema"] = "other/1"; }),
        change([](json& j) { j["stage"] = 1e9; }),
        change([](json& j) { j["stage"] = 100000; }),
        change([](json& j) { j["view"] = -1; }),
        change([](json& j) { j["prompt"] = std::string(kMaxFigureStateBytes, 'x'); }),
    };
    for (const std::string& text : wrong) {
        EXPECT_THROW(figureStateFromJson(text), Error) << text.substr(0, 200);
    }
}

TEST(FigureState, AnyBytesAreReadOrRefused) {
    const std::string good = sample().dump();
    std::mt19937 random(7);
    int refused = 0;
    for (int i = 0; i < 5000; ++i) {
        std::string bad = good;
        for (int change = 0; change < 3; ++change) {
            bad[random() % bad.size()] = static_cast<char>(random() % 256);
        }
        try {
            figureStateFromJson(bad);
        } catch (const Error&) {
            ++refused;
        }
    }
    EXPECT_GT(refused, 3000);
}

}  // namespace
}  // namespace prunescope
