#include "core/session/attribution_json.h"

#include "core/base/error.h"
#include "tests/session/sample_session.h"

#include <cmath>
#include <functional>
#include <limits>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace prunescope {
namespace {

using nlohmann::json;
using testing::HasSubstr;

const RunTrace kTrace = sampleTrace();

json written() {
    return json::parse(attributionToJson(sampleAttribution(kTrace), attributedRun(kTrace)));
}

std::string refusal(const std::function<void(json&)>& change) {
    json changed = written();
    change(changed);
    try {
        attributionFromJson(changed.dump());
    } catch (const Error& error) {
        EXPECT_EQ(error.code(), ErrorCode::Input);
        return error.what();
    }
    return "accepted";
}

TEST(AttributionJson, GivesBackWhatWasWritten) {
    const Attribution found = sampleAttribution(kTrace);
    SavedAttribution read = attributionFromJson(attributionToJson(found, attributedRun(kTrace)));
    EXPECT_EQ(read.of, attributedRun(kTrace));
    EXPECT_TRUE(isOf(read, kTrace));
    read.found.answer = found.answer;  // the trace has its probabilities
    EXPECT_EQ(read.found, found);
    EXPECT_FALSE(read.found.complete()) << "one of the asked is not known yet";
}

TEST(AttributionJson, WhatIsNoNumberStaysNone) {
    Attribution found = sampleAttribution(kTrace);
    found.effects[0].delta = std::numeric_limits<double>::quiet_NaN();
    found.attention[1][0] = std::numeric_limits<double>::infinity();
    const Attribution read =
        attributionFromJson(attributionToJson(found, attributedRun(kTrace))).found;
    EXPECT_TRUE(std::isnan(read.effects[0].delta));
    EXPECT_TRUE(std::isnan(read.attention[1][0]));
    EXPECT_EQ(read.effects[1], found.effects[1]);
}

TEST(AttributionJson, RefusesWhatContradictsItself) {
    EXPECT_EQ(refusal([](json&) {}), "accepted");
    EXPECT_THAT(refusal([](json& j) { j["schema"] = "prunescope.attribution/2"; }),
                HasSubstr("this version reads prunescope.attribution/1"));
    EXPECT_THAT(refusal([](json& j) { j["schema"] = "prunescope.trace/1"; }),
                HasSubstr("something else"));
    EXPECT_THAT(refusal([](json& j) { j.erase("rows"); }), HasSubstr("\"rows\" is missing"));
    EXPECT_THAT(refusal([](json& j) { j["log_probability"].push_back(0); }),
                HasSubstr("one number for each of 2"));
    EXPECT_THAT(refusal([](json& j) { j["attention"].erase(0); }),
                HasSubstr("one list for each answer token"));
    EXPECT_THAT(refusal([](json& j) { j["attention"][0].push_back(0.5); }),
                HasSubstr("one number for each of 2"));
    EXPECT_THAT(refusal([](json& j) { j["leave_out"][1]["row"] = 0; }), HasSubstr("order"));
    EXPECT_THAT(refusal([](json& j) { j["leave_out"][0]["row"] = 2; }), HasSubstr("none of the"));
    EXPECT_THAT(refusal([](json& j) { j["leave_out"][0]["patch"] = 3; }), HasSubstr("none of the"));
    EXPECT_THAT(refusal([](json& j) { j["leave_in"][0]["patch"] = nullptr; }),
                HasSubstr("names no patch"));
    EXPECT_THAT(refusal([](json& j) { j["leave_in"][0]["kind"] = "?"; }), HasSubstr("no kind"));
    EXPECT_THAT(refusal([](json& j) { j["leave_in"][0]["first_difference"] = 3; }),
                HasSubstr("out of range"));
    EXPECT_THAT(refusal([](json& j) { j["leave_in"][0]["row"] = 18446744073709551615ULL; }),
                HasSubstr("out of range"));
    EXPECT_THAT(refusal([](json& j) { j["total"] = 1; }), HasSubstr("out of range"));
    EXPECT_THAT(refusal([](json& j) { j["settings"] = 1; }), HasSubstr("missing"));
}

TEST(AttributionJson, BelongsToOneRun) {
    const SavedAttribution saved =
        attributionFromJson(attributionToJson(sampleAttribution(kTrace), attributedRun(kTrace)));
    const auto belongs = [&](const std::function<void(RunTrace&)>& change) {
        RunTrace other = kTrace;
        change(other);
        return isOf(saved, other);
    };
    EXPECT_TRUE(belongs([](RunTrace& t) { t.version = "9"; }));
    EXPECT_FALSE(belongs([](RunTrace& t) { t.settings.budget += 1; }));
    EXPECT_FALSE(belongs([](RunTrace& t) { t.prompt += "?"; }));
    EXPECT_FALSE(belongs([](RunTrace& t) { t.model.fingerprint = "other"; }));
    EXPECT_FALSE(belongs([](RunTrace& t) { t.image.hash = "4567"; }));
    EXPECT_FALSE(belongs([](RunTrace& t) { t.answer.ids = {1, 2}; }));
    EXPECT_FALSE(belongs([](RunTrace& t) { t.views[0].rows[0].kind = RowKind::Patch; }));
    EXPECT_FALSE(belongs([](RunTrace& t) { t.views.clear(); }));
    SavedAttribution back = saved;
    back.found.effects.back().token.patch = kTrace.views[0].grid.count();
    EXPECT_FALSE(isOf(back, kTrace)) << "there is no such patch";
    back.found.effects.back().token.patch = kTrace.views[0].kept.front();
    EXPECT_FALSE(isOf(back, kTrace)) << "it was not dropped";
}

TEST(AttributionJson, TheClsRowOfACheckpointThatFeedsItIsNoneOfTheMethods) {
    Attribution found = sampleAttribution(kTrace);
    found.effects.clear();
    found.attention.clear();
    found.rows.insert(found.rows.begin(), PlacedRow{0, {RowKind::Cls, -1}});
    const auto isOfTrace = [&] {
        return isOf(attributionFromJson(attributionToJson(found, attributedRun(kTrace))), kTrace);
    };
    EXPECT_TRUE(isOfTrace());
    found.rows.insert(found.rows.begin(), PlacedRow{0, {RowKind::Cls, -1}});
    EXPECT_FALSE(isOfTrace());
}

TEST(AttributionCsv, HasALinePerRowAndPerPatchPutBack) {
    Attribution found = sampleAttribution(kTrace);
    found.effects.erase(found.effects.begin() + 1);  // not known yet
    EXPECT_EQ(attributionToCsv(found),
              "change,view,patch,kind,row,delta_log_p,changes_answer,first_difference,answer_then,"
              "delta_1 Yes,delta_2,attention_1 Yes,attention_2\n"
              "taken away,0,4,merged,0,-0.4666666666666666,no,,Yes,-0.2333333333333333,"
              "-0.2333333333333333,0.14285714285714285,0.14285714285714285\n"
              "taken away,0,0,patch,1,,,,,,,0.14285714285714285,0.14285714285714285\n"
              "put back,0,1,patch,0,-0.4666666666666666,yes,1,\"No, a \"\"cat\"\"\","
              "-0.2333333333333333,-0.2333333333333333,,\n");
}

}  // namespace
}  // namespace prunescope
