#include "core/trace/patch_rules.h"

#include "core/base/error.h"
#include "core/trace/trace_json.h"

#include <gtest/gtest.h>

namespace prunescope {
namespace {

RunSettings rulesFrom(const std::string& pin, const std::string& ban) {
    RunSettings settings;
    addRules(settings, pin, PatchRule::Pinned, "--pin");
    addRules(settings, ban, PatchRule::Banned, "--ban");
    return settings;
}

TEST(PatchRules, ListsAreReadInAnyOrderAndWrittenShort) {
    const RunSettings settings = rulesFrom("214,213,20-24,1:7,213", "3:5");
    ASSERT_EQ(settings.patch_rules.size(), 4U);
    EXPECT_EQ(settings.patch_rules[0].pinned,
              (std::vector<std::int32_t>{20, 21, 22, 23, 24, 213, 214}));
    EXPECT_EQ(ruleList(settings, PatchRule::Pinned), "20-24,213,214,1:7");
    EXPECT_EQ(ruleList(settings, PatchRule::Banned), "3:5");
    EXPECT_EQ(countOf(settings, PatchRule::Pinned), 8);
    EXPECT_EQ(rulesFrom(ruleList(settings, PatchRule::Pinned), "3:5"), settings);
}

TEST(PatchRules, WhatIsNoPatchIsNamed) {
    for (const char* list : {"", "a", "-1", "5-3", "1:", ":4", "64:1", "2,,3", "1048576", "3.5"}) {
        SCOPED_TRACE(list);
        EXPECT_THROW(rulesFrom(list, "1"), Error);
    }
}

TEST(PatchRules, APatchHasOneRuleAndNoneLeavesNothing) {
    RunSettings settings;
    const std::vector<std::int32_t> patches{4, 2};
    setRule(settings, 1, patches, PatchRule::Pinned);
    EXPECT_EQ(ruleOf(settings, 1, 4), PatchRule::Pinned);
    EXPECT_EQ(ruleOf(settings, 0, 4), PatchRule::None);
    setRule(settings, 1, patches, PatchRule::Banned);
    EXPECT_EQ(ruleOf(settings, 1, 4), PatchRule::Banned);
    EXPECT_TRUE(checkPatchRules(settings.patch_rules).empty());
    setRule(settings, 1, patches, PatchRule::None);
    EXPECT_EQ(settings, RunSettings{});
}

TEST(PatchRules, BothAtOnceAndDisorderAreProblems) {
    const RunSettings both = rulesFrom("7,8", "8");
    ASSERT_EQ(checkPatchRules(both.patch_rules).size(), 1U);
    EXPECT_EQ(checkPatchRules(both.patch_rules)[0].message, "Pinned and banned at once: patch 8.");
    EXPECT_FALSE(checkPatchRules({{{3, 2}, {}}}).empty());
    EXPECT_FALSE(checkPatchRules({{{2, 2}, {}}}).empty());
    EXPECT_FALSE(checkPatchRules({{{-1}, {}}}).empty());
    EXPECT_FALSE(checkPatchRules(std::vector<PatchRules>(65)).empty());
}

TEST(PatchRules, AViewSaysWhatItLacks) {
    EXPECT_EQ(rulesProblem(rulesFrom("575", "0"), 0, 576), "");
    EXPECT_EQ(rulesProblem(rulesFrom("576", "0"), 0, 576),
              "There is no patch 576 to pin: view 0 has patches 0 to 575.");
    RunSettings all;
    addRules(all, "0-3", PatchRule::Banned, "--ban");
    EXPECT_EQ(rulesProblem(all, 0, 4),
              "Every patch of view 0 is banned; at least one has to stay.");
    EXPECT_EQ(rulesProblem(all, 0, 5), "");
}

TEST(PatchRules, TheFirstPinsFit) {
    const PatchRules rules{{1, 5, 9}, {2}};
    EXPECT_EQ(fitting(rules, 2), (PatchRules{{1, 5}, {2}}));
    EXPECT_EQ(fitting(rules, 9), rules);
    EXPECT_EQ(pinsBeyond(rules, 3, "A budget of 3"), "");
    EXPECT_EQ(pinsBeyond(rules, 2, "A budget of 2"),
              "A budget of 2 has room for 2 of 3 pinned patches: not certain to stay are 9.");
}

TEST(PatchRules, TravelInTheSettings) {
    const RunSettings settings = rulesFrom("213,1:4", "5");
    EXPECT_EQ(settingsFromJson(settingsToJson(settings)), settings);
    EXPECT_EQ(settingsToJson(RunSettings{}).find("patch_rules"), std::string::npos);
    std::string text = settingsToJson(settings);
    text.replace(text.find("213"), 3, "-13");
    EXPECT_THROW(settingsFromJson(text), Error);
}

}  // namespace
}  // namespace prunescope
