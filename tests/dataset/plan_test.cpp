#include "core/dataset/plan.h"

#include "core/base/error.h"

#include <gmock/gmock.h>

namespace prunescope {
namespace {

using testing::HasSubstr;

std::string refusal(const std::string& method) {
    try {
        planRuns({method}, {16}, {});
        return "";
    } catch (const Error& error) {
        EXPECT_EQ(error.code(), ErrorCode::Usage);
        return error.what();
    }
}

TEST(Plan, UnprunedComesFirstAndOnce) {
    const std::vector<EvalRun> runs = planRuns({"none", "dcp", "grid"}, {32, 16, 16}, {});
    ASSERT_EQ(runs.size(), 5u);
    EXPECT_TRUE(runs[0].isUnpruned());
    EXPECT_EQ(runs[1].label, "dcp");
    EXPECT_EQ(runs[1].settings.budget, 32);
    EXPECT_EQ(runs[2].settings.budget, 16);
    EXPECT_EQ(runs[4].settings.method, "grid");
}

TEST(Plan, VariantsSetParametersAndTriggers) {
    const RunSettings settings =
        planRuns({"dcp:trigger=relative:phi=2:lambda=0.5"}, {16}, {})[1].settings;
    EXPECT_EQ(settings.trigger, Trigger::Relative);
    EXPECT_EQ(settings.phi, 2);
    EXPECT_EQ(std::get<double>(settings.params.at("lambda")), 0.5);
}

TEST(Plan, MistakesAreNamed) {
    EXPECT_THAT(refusal("best"), HasSubstr("best"));
    EXPECT_THAT(refusal("dcp:lamda=1"), HasSubstr("lamda"));
    EXPECT_THAT(refusal("dcp:lambda"), HasSubstr("NAME=VALUE"));
    EXPECT_THAT(refusal("dcp:lambda=much"), HasSubstr("not a number"));
    EXPECT_THAT(refusal("dcp:lambda=7"), HasSubstr("lambda"));
    EXPECT_THAT(refusal("grid:tau=1"), HasSubstr("tau"));
    EXPECT_THROW(planRuns({"dcp"}, {0}, {}), Error);
}

TEST(Plan, ItsJsonNamesWhatResultsBelongTo) {
    EvalPlan plan;
    plan.set_name = "set";
    plan.samples.resize(2);
    plan.samples[0].id = "a";
    plan.runs = planRuns({"dcp"}, {16}, {});
    const std::string json = planToJson(plan);
    EXPECT_EQ(planToJson(plan), json);
    EvalPlan other = plan;
    other.samples[1].prompt = "?";
    EXPECT_NE(planToJson(other), json);
    other = plan;
    other.runs[1].settings.seed = 4;
    EXPECT_NE(planToJson(other), json);
    other = plan;
    other.device = "cuda:0";
    EXPECT_NE(planToJson(other), json);
}

}  // namespace
}  // namespace prunescope
