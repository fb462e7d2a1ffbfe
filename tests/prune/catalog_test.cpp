#include "core/prune/catalog.h"

#include "core/base/error.h"

#include <cmath>
#include <limits>
#include <set>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace prunescope {

namespace {

std::vector<std::string> fieldsOf(const std::vector<Problem>& problems) {
    std::vector<std::string> out;
    for (const Problem& problem : problems) {
        EXPECT_EQ(problem.message.back(), '.') << problem.message;
        out.push_back(problem.field);
    }
    return out;
}

RunSettings with(const std::string& name, ParamValue value) {
    RunSettings settings;
    settings.params[name] = std::move(value);
    return settings;
}

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

}  // namespace

TEST(Catalog, IdsAreUniqueAndInDisplayOrder) {
    std::vector<std::string> ids;
    for (const MethodSpec& method : methodCatalog()) {
        ids.push_back(method.id);
        EXPECT_EQ(findMethod(method.id), &method);
        EXPECT_FALSE(method.title.empty());
        EXPECT_FALSE(method.note.empty());
    }
    EXPECT_THAT(ids,
                ElementsAre("none",
                            "random",
                            "grid",
                            "cls-topk",
                            "dcp",
                            "visionzip",
                            "holov",
                            "flowcut",
                            "prunesid",
                            "scope",
                            "vispruner",
                            "divprune",
                            "cdpruner",
                            "tome",
                            "prumerge",
                            "avgpool",
                            "fastv",
                            "sparsevlm",
                            "pyramiddrop",
                            "dart"));
    EXPECT_EQ(findMethod("nothing"), nullptr);
}

TEST(Catalog, DcpSaysThatItIsOurs) {
    const MethodSpec& dcp = *findMethod("dcp");
    EXPECT_THAT(dcp.note, HasSubstr("our implementation of arXiv 2606.16633"));
    EXPECT_TRUE(dcp.in_encoder);
    EXPECT_TRUE(dcp.uses_threshold);
    EXPECT_TRUE(dcp.uses_text);
}

TEST(Catalog, DcpHasTheDefaultsOfTheDefinition) {
    const MethodSpec& dcp = *findMethod("dcp");
    const RunSettings settings;
    const std::pair<const char*, double> numbers[] = {{"pool_share", 0.75},
                                                      {"lambda", 0.7},
                                                      {"sigma", 4},
                                                      {"edges", 2},
                                                      {"temperature", 0.1},
                                                      {"beta_max", 0.2},
                                                      {"proportional", 1},
                                                      {"keep_norm", 0},
                                                      {"recovery", 1},
                                                      {"eta", 0.3},
                                                      {"mu", 0.05},
                                                      {"rounds", 1},
                                                      {"guard", 1},
                                                      {"use_text", 1}};
    for (const auto& [name, value] : numbers) {
        EXPECT_EQ(numberParam(dcp, settings, name), value) << name;
    }
    const std::pair<const char*, const char*> choices[] = {{"ablation", "none"},
                                                           {"schedule", "geometric"},
                                                           {"score", "flowcut"},
                                                           {"similarity", "key"},
                                                           {"reference", "full"},
                                                           {"init", "facility"}};
    for (const auto& [name, value] : choices) {
        EXPECT_EQ(choiceParam(dcp, settings, name), value) << name;
    }
    EXPECT_EQ(dcp.params.size(), std::size(numbers) + std::size(choices));
}

TEST(Catalog, EveryDefaultPassesItsOwnRange) {
    for (const MethodSpec& method : methodCatalog()) {
        RunSettings settings;
        settings.method = method.id;
        EXPECT_THAT(fieldsOf(checkSettings(settings)), IsEmpty()) << method.id;
        std::set<std::string> names;
        for (const ParamSpec& spec : method.params) {
            settings.params[spec.name] = spec.fallback;
            EXPECT_TRUE(names.insert(spec.name).second) << spec.name;
            EXPECT_FALSE(spec.title.empty());
            EXPECT_FALSE(spec.help.empty());
            EXPECT_EQ(spec.help.find('\n'), std::string::npos);
            EXPECT_EQ(spec.type == ParamType::Choice, !spec.choices.empty());
        }
        EXPECT_THAT(fieldsOf(checkSettings(settings)), IsEmpty()) << method.id;
    }
}

TEST(Catalog, SharedParametersStartAtTheDefaults) {
    std::vector<std::string> names;
    for (const ParamSpec& spec : sharedParams()) {
        names.push_back(spec.name);
        const double value = std::get<double>(spec.fallback);
        EXPECT_GE(value, spec.min);
        EXPECT_LE(value, spec.max);
        EXPECT_FALSE(spec.help.empty());
    }
    EXPECT_THAT(names, ElementsAre("budget", "tau", "phi", "seed", "max_new_tokens"));
}

TEST(Catalog, GivenValuesComeBeforeDefaults) {
    const MethodSpec& dcp = *findMethod("dcp");
    EXPECT_EQ(numberParam(dcp, with("eta", 0.5), "eta"), 0.5);
    EXPECT_EQ(choiceParam(dcp, with("init", std::string("scope")), "init"), "scope");
    EXPECT_THROW(numberParam(dcp, {}, "init"), Error);
    EXPECT_THROW(choiceParam(dcp, {}, "eta"), Error);
    EXPECT_THROW(paramValue(dcp, {}, "no such"), Error);
}

TEST(CheckSettings, NamesEveryFieldThatIsWrong) {
    RunSettings settings;
    settings.budget = 0;
    settings.tau = -0.1;
    settings.phi = std::nan("");
    settings.max_new_tokens = 0;
    settings.metric = "none";
    EXPECT_THAT(fieldsOf(checkSettings(settings)),
                ElementsAre("budget", "tau", "phi", "max_new_tokens", "metric"));
    settings = {};
    settings.tau = std::numeric_limits<double>::infinity();
    EXPECT_THAT(fieldsOf(checkSettings(settings)), ElementsAre("tau"));
}

TEST(CheckSettings, BudgetAboveThePatchesIsNotWrong) {
    RunSettings settings;
    settings.budget = 1'000'000;
    EXPECT_THAT(checkSettings(settings), IsEmpty());
}

TEST(CheckSettings, UnknownNamesAreToldApart) {
    RunSettings settings;
    settings.method = "dpc";
    ASSERT_EQ(checkSettings(settings).size(), 1U);
    EXPECT_THAT(checkSettings(settings)[0].message, HasSubstr("none, random, grid, cls-topk, dcp"));
    EXPECT_THAT(fieldsOf(checkSettings(with("lamda", 0.5))), ElementsAre("lamda"));
    const auto problems = checkSettings(with("init", std::string("random")));
    ASSERT_EQ(problems.size(), 1U);
    EXPECT_THAT(problems[0].message, HasSubstr("facility, kcenter, scope"));
}

TEST(CheckSettings, ParametersKeepToTypeAndRange) {
    const std::pair<const char*, ParamValue> wrong[] = {
        {"lambda", 1.5},
        {"lambda", std::nan("")},
        {"lambda", std::string("much")},
        {"edges", 2.5},
        {"edges", 0.0},
        {"rounds", 4.0},
        {"keep_norm", 0.5},
        {"init", 1.0},
        {"temperature", 0.0},
        {"recovery", 2.0},
        {"mu", -std::numeric_limits<double>::infinity()}};
    for (const auto& [name, value] : wrong) {
        EXPECT_THAT(fieldsOf(checkSettings(with(name, value))), ElementsAre(name));
    }
    EXPECT_THAT(checkSettings(with("rounds", 3.0)), IsEmpty());
}

}  // namespace prunescope
