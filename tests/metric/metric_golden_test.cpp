// Every shift metric against the independent NumPy reference in float64
// (tests/golden/metric_reference.py) on generated feature sets.

#include "core/base/error.h"
#include "core/base/json.h"
#include "core/base/random.h"
#include "core/metric/shift.h"
#include "tests/support/golden_inputs.h"

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <limits>
#include <optional>

#include <gtest/gtest.h>

namespace prunescope {
namespace {

using nlohmann::json;

struct Rows {
    std::vector<float> values;
    int rows = 0;
    int cols = 0;

    TokenMatrix view() const { return {values, rows, cols}; }
};

Rows fullOf(const json& c) {
    const int rows = c.at("count");
    const int cols = c.at("width");
    return {testing::goldenFeatures(c.value("content", "normal"),
                                    c.at("seed"),
                                    static_cast<std::size_t>(rows),
                                    static_cast<std::size_t>(cols)),
            rows,
            cols};
}

// As MetricCase.kept in metric_golden.py.
Rows keptOf(const json& c, const Rows& full) {
    const auto kind = c.at("kind").get<std::string>();
    const int budget = c.at("budget");
    std::vector<std::int32_t> picks(static_cast<std::size_t>(budget), 0);
    if (kind != "repeat") {
        picks = drawWithoutReplacement(full.rows, budget, c.at("seed"));
    }
    Rows kept{{}, budget, full.cols};
    for (std::size_t i = 0; i < picks.size(); ++i) {
        const auto row = full.view().row(picks[i]);
        const auto next = full.view().row(picks[(i + 1) % picks.size()]);
        for (std::size_t channel = 0; channel < row.size(); ++channel) {
            double value = static_cast<double>(row[channel]);
            if (kind == "doubled" && i % 2 == 1) {
                value *= 2.0;
            } else if (kind == "pairs") {
                value = (value + static_cast<double>(next[channel])) * 0.5;
            }
            kept.values.push_back(static_cast<float>(value));
        }
    }
    return kept;
}

double numberOf(const json& value) {
    return value.is_string() ? std::numeric_limits<double>::infinity() : value.get<double>();
}

bool close(double actual, double expected) {
    if (std::isinf(expected)) {
        return actual == expected;
    }
    return std::abs(actual - expected) <= 1e-4 * std::abs(expected) + 1e-7;
}

std::optional<ShiftMetric> metricOf(const std::string& id) {
    for (const ShiftMetricInfo& info : shiftMetrics()) {
        if (info.id == id) {
            return info.metric;
        }
    }
    return std::nullopt;
}

class MetricGolden : public ::testing::TestWithParam<std::string> {
protected:
    static const json& file() {
        static const json contents =
            readJsonFile(std::filesystem::path(PRUNESCOPE_TEST_DATA) / "method" / "metrics.json",
                         ErrorCode::Input,
                         {16u << 20, 16});
        return contents;
    }

    void SetUp() override {
        metric_ = metricOf(GetParam());
        if (!metric_) {
            GTEST_SKIP() << "no metric " << GetParam();
        }
    }

    std::optional<ShiftMetric> metric_;
};

TEST_P(MetricGolden, AgreesWithTheNumpyReference) {
    int compared = 0;
    for (const json& c : file().at("cases")) {
        const json& expected = c.at("D").at(GetParam());
        const Rows full = fullOf(c);
        const ShiftReference reference(*metric_, full.view());
        const ShiftValue shift = reference.measure(keptOf(c, full).view());
        const std::string name = c.at("content").get<std::string>() + "/" +
                                 c.at("kind").get<std::string>() + " " + c.at("count").dump() +
                                 "x" + c.at("width").dump() + " k " + c.at("budget").dump();
        EXPECT_TRUE(close(shift.value, numberOf(expected.at(0))))
            << name << ": " << shift.value << ", the reference says " << expected.at(0);
        if (expected.size() == 3) {
            EXPECT_TRUE(close(shift.mean_term, numberOf(expected.at(1))))
                << name << ": mean term " << shift.mean_term << ", not " << expected.at(1);
            EXPECT_TRUE(close(shift.variance_term, numberOf(expected.at(2))))
                << name << ": variance term " << shift.variance_term << ", not " << expected.at(2);
        }
        ++compared;
    }
    EXPECT_GE(compared, 90);
}

TEST_P(MetricGolden, NullBandsAgreeWithTheNumpyReference) {
    int compared = 0;
    for (const json& c : file().at("null_bands")) {
        if (c.at("metric") != GetParam()) {
            continue;
        }
        const Rows full = fullOf(c);
        const NullBand band = ShiftReference(*metric_, full.view())
                                  .nullBand(c.at("budget"), c.at("seed"), c.at("draws"));
        const json& expected = c.at("band");
        EXPECT_TRUE(close(band.p5, expected.at(0))) << band.p5 << " " << c.dump();
        EXPECT_TRUE(close(band.median, expected.at(1))) << band.median << " " << c.dump();
        EXPECT_TRUE(close(band.p95, expected.at(2))) << band.p95 << " " << c.dump();
        ++compared;
    }
    EXPECT_EQ(compared, 3);
}

// methods.md 5.3, iid rows of the table, +-30 %, and the formula for klDiagFwd.
TEST_P(MetricGolden, RandomDrawsLieInTheExpectedBands) {
    const Rows full{testing::goldenFeatures("centred", 8, 576, 1024), 576, 1024};
    const ShiftReference reference(*metric_, full.view());
    for (const json& row : file().at("random_draws")) {
        if (!row.contains(GetParam())) {
            GTEST_SKIP() << "the table has no " << GetParam();
        }
        const int budget = row.at("budget");
        const std::vector<std::int32_t> picks = drawWithoutReplacement(576, budget, 1);
        Rows kept{{}, budget, full.cols};
        for (const std::int32_t pick : picks) {
            const auto values = full.view().row(pick);
            kept.values.insert(kept.values.end(), values.begin(), values.end());
        }
        const double value = reference.measure(kept.view()).value;
        const double expected = row.at(GetParam());
        EXPECT_NEAR(value, expected, 0.3 * expected) << budget;
        if (GetParam() == "klDiagFwd") {
            const double formula = row.at("formula");
            EXPECT_NEAR(value, formula, 0.3 * formula) << budget;
        }
    }
}

INSTANTIATE_TEST_SUITE_P(AllMetrics,
                         MetricGolden,
                         ::testing::Values("klDiagFwd",
                                           "klDiagRev",
                                           "klDiagJ",
                                           "klFull",
                                           "frechetDiag",
                                           "mmdRbf",
                                           "covCKA",
                                           "meanCos",
                                           "slicedW2",
                                           "coverage"),
                         [](const ::testing::TestParamInfo<std::string>& test) {
                             return test.param;
                         });

// A metric that the program offers and the reference does not know would never be compared.
TEST(MetricGoldenFile, HoldsEveryMetricOfTheProgram) {
    const json file =
        readJsonFile(std::filesystem::path(PRUNESCOPE_TEST_DATA) / "method" / "metrics.json",
                     ErrorCode::Input,
                     {16u << 20, 16});
    for (const ShiftMetricInfo& info : shiftMetrics()) {
        EXPECT_NE(std::ranges::find(file.at("metrics"), json(info.id)), file.at("metrics").end())
            << info.id;
    }
}

}  // namespace
}  // namespace prunescope
