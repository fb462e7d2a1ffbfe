#include "core/base/json.h"

#include <filesystem>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace prunescope {
namespace {

using testing::HasSubstr;

std::string refusal(const std::string& text, const JsonLimits& limits = {}) {
    try {
        parseJson(text, "config.json", ErrorCode::Model, limits);
    } catch (const Error& e) {
        EXPECT_EQ(e.code(), ErrorCode::Model);
        EXPECT_THAT(e.what(), HasSubstr("config.json"));
        return e.what();
    }
    return "accepted";
}

TEST(Json, ReadsValues) {
    const auto value = parseJson(R"( {"a": [1, -2.5, "\u00e9", true, null], "b": {"a": 1}} )", "x");
    EXPECT_EQ(value["a"][1], -2.5);
    EXPECT_EQ(value["a"][2], "é");
    EXPECT_EQ(value["b"]["a"], 1);
}

TEST(Json, RefusesEqualKeys) {
    EXPECT_EQ(refusal(R"({"a": 1, "a": 1})"), "config.json has the key \"a\" twice in one object");
    EXPECT_THAT(refusal(R"([{"b": {"x": {"c": 1, "\u0063": 2}}}])"), HasSubstr("\"c\" twice"));
    EXPECT_EQ(refusal(R"([{"a": {"a": 1}}, {"a": 2}])"), "accepted");
}

TEST(Json, RefusesDeepNesting) {
    EXPECT_EQ(refusal(std::string(64, '[') + std::string(64, ']')), "accepted");
    EXPECT_THAT(refusal(std::string(65, '[') + std::string(65, ']')), HasSubstr("64 levels"));
    EXPECT_THAT(refusal(std::string(10'000'000, '[')), HasSubstr("64 levels"));
    std::string objects;
    for (int i = 0; i < 1000; ++i) {
        objects += "{\"a\":";
    }
    EXPECT_THAT(refusal(objects), HasSubstr("64 levels"));
}

TEST(Json, RefusesMoreValuesThanTheLimit) {
    const JsonLimits limits{.max_values = 5};
    EXPECT_EQ(refusal("[1, [2], {\"a\": 3}]", {.max_values = 6}), "accepted");
    EXPECT_EQ(refusal("[1, [2], {\"a\": 3}]", limits), "config.json has more than 5 values");
    EXPECT_THAT(refusal("[[],[],[],[],[]]", limits), HasSubstr("more than 5 values"));
    EXPECT_THAT(refusal(R"({"a":{},"b":{},"c":{},"d":{},"e":{}})", limits), HasSubstr("5 values"));
}

// What would take memory or time out of proportion to its size; 64 MB of text at most.
TEST(Json, HostileTextIsRefusedOrReadInProportion) {
    const auto repeated = [](const std::string& part, std::size_t n) {
        std::string text = "[" + part;
        for (std::size_t i = 1; i < n; ++i) {
            text += "," + part;
        }
        return text + "]";
    };
    EXPECT_THAT(refusal(repeated("{}", 5'000'000)), HasSubstr("values"));
    EXPECT_THAT(refusal(repeated("[]", 5'000'000)), HasSubstr("values"));
    EXPECT_THAT(refusal(repeated("0", 5'000'000)), HasSubstr("values"));
    EXPECT_THAT(refusal(repeated("\"\"", 5'000'000)), HasSubstr("values"));
    EXPECT_EQ(refusal(repeated(R"({"a":{}})", 200'000)), "accepted");
    EXPECT_EQ(refusal("[" + repeated("{}", 300'000) + "," + repeated("[]", 300'000) + "]"),
              "accepted");
    std::string wide = "{\"k\": 0";
    for (int i = 0; i < 300'000; ++i) {
        wide += ",\"" + std::to_string(i) + "\": {}";
    }
    EXPECT_EQ(refusal(wide + "}"), "accepted");
    EXPECT_THAT(refusal(wide + ",\"7\": 1}"), HasSubstr("the key \"7\" twice"));
}

TEST(Json, KeepsTheOrderOfArraysAndTheValuesOfKeys) {
    const auto value = parseJson(
        R"({"z": [[], {}, [1, [2, {"y": {"x": []}}], 3]], "a": 18446744073709551615})", "x");
    EXPECT_EQ(value.dump(), R"({"a":18446744073709551615,"z":[[],{},[1,[2,{"y":{"x":[]}}],3]]})");
    EXPECT_EQ(parseJson("-3", "x"), -3);
    EXPECT_EQ(parseJson("\"a\"", "x"), "a");
}

TEST(Json, RefusesWhatIsNotJson) {
    for (const std::string text :
         {"",         " ",       "{",           "[1,]",        "{\"a\":1,}",   "{} x",
          "{}{}",     "NaN",     "[Infinity]",  "[-Infinity]", "[1e999]",      "[01]",
          "'a'",      "// c\n1", "\"\\ud800\"", "\"\xFF\"",    "\"\xC0\x80\"", "\"\xED\xA0\x80\"",
          "\"a\nb\"", "tru"}) {
        EXPECT_NE(refusal(text), "accepted") << text;
    }
    EXPECT_NE(refusal(std::string("1\0", 2)), "accepted");
}

TEST(Json, SaysWhere) {
    EXPECT_THAT(refusal("{\n  \"a\": 1,\n  oops\n}"), HasSubstr("line 3, column 3"));
}

TEST(Json, HasASizeLimit) {
    EXPECT_THAT(refusal("[1, 2, 3]", {.max_bytes = 8}), HasSubstr("at most 8 B"));
}

TEST(Json, EveryCutOfAFileIsRefused) {
    const std::string text = R"({"a": [1, 2, {"b": "text"}], "c": {"d": null}})";
    for (std::size_t n = 0; n < text.size(); ++n) {
        EXPECT_NE(refusal(text.substr(0, n)), "accepted") << n;
    }
}

TEST(Json, FilesAreReadOnlyWhenTheyAreFiles) {
    EXPECT_THROW(readJsonFile("/dev/zero"), Error);
    EXPECT_THROW(readJsonFile(testing::TempDir()), Error);
}

}  // namespace
}  // namespace prunescope
