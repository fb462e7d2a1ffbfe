#include "core/dataset/result.h"

#include "core/base/error.h"

#include <filesystem>
#include <fstream>
#include <sstream>

#include <gmock/gmock.h>

namespace prunescope {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

SampleResult resultOf(int i) {
    SampleResult r;
    r.sample = std::to_string(i);
    r.method = "dcp";
    r.budget = 16;
    r.answer = "a \"quoted\" cat\n";
    r.score = 1.0 / 3;
    r.kept = 16;
    r.kappa = 0.1 + i;
    r.shift = 0.05;
    r.fired = i % 2 == 1;
    r.layer_mean_in = 40.5;
    r.layer_mean_out = 30.25;
    r.share_of_kept = 0.25;
    r.ms = 12.5;
    r.cost_ms = 20;
    return r;
}

class Log : public testing::Test {
protected:
    void SetUp() override {
        const auto* info = testing::UnitTest::GetInstance()->current_test_info();
        folder = fs::path(testing::TempDir()) / (std::string("prunescope-log-") + info->name());
        fs::remove_all(folder);
    }

    void TearDown() override { fs::remove_all(folder); }

    std::string text() const {
        std::ostringstream out;
        out << std::ifstream(folder / "results.jsonl", std::ios::binary).rdbuf();
        return out.str();
    }

    fs::path folder;
    std::string plan = "{\"set\": \"a\", \"model\": \"m\"}\n";
};

TEST(Result, LinesReadBackExactly) {
    const SampleResult r = resultOf(1);
    EXPECT_EQ(resultFromLine(resultToLine(r), "line"), r);
    EXPECT_EQ(resultToLine(r).find('\n'), std::string::npos);
    const SampleResult old = resultFromLine(
        R"({"sample":"a","method":"dcp","budget":16,"answer":"x","score":1,"kept":16,"fired":false,"ms":3})",
        "line");
    EXPECT_EQ(old.layer_mean_out, 16);
    EXPECT_EQ(old.cost_ms, 3);
    EXPECT_FALSE(old.share_of_object);
    EXPECT_THROW(resultFromLine("{}", "line"), Error);
    EXPECT_THROW(resultFromLine("{\"sample\": 3}", "line"), Error);
}

TEST_F(Log, GoesOnAfterALineThatWasCutAnywhere) {
    {
        ResultLog log(folder, plan);
        EXPECT_TRUE(log.earlier().empty());
        log.append(resultOf(0));
        log.append(resultOf(1));
    }
    const std::string whole = text();
    const std::size_t first = resultToLine(resultOf(0)).size() + 1;
    for (std::size_t size = first; size < whole.size(); ++size) {
        std::ofstream(folder / "results.jsonl", std::ios::binary) << whole.substr(0, size);
        ResultLog log(folder, plan);
        ASSERT_EQ(log.earlier().size(), 1u) << size;
        log.append(resultOf(1));
        ASSERT_EQ(text(), whole) << size;
    }
}

TEST_F(Log, RefusesAnotherPlanAndSaysWhatDiffers) {
    { ResultLog log(folder, plan); }
    try {
        ResultLog log(folder, "{\"set\": \"a\", \"model\": \"other\"}\n");
        FAIL() << "the folder belongs to another plan";
    } catch (const Error& error) {
        EXPECT_EQ(error.code(), ErrorCode::Mismatch);
        EXPECT_THAT(error.what(), HasSubstr("model"));
        EXPECT_THAT(error.what(), testing::Not(HasSubstr("set,")));
    }
    std::ofstream(folder / "plan.json") << "{";
    EXPECT_THROW(ResultLog(folder, plan), Error);
}

TEST_F(Log, KeepsASecondProgramOut) {
    const ResultLog log(folder, plan);
    EXPECT_THROW(ResultLog(folder, plan), Error);
}

TEST_F(Log, ReportsADamagedLineInTheMiddle) {
    { ResultLog(folder, plan).append(resultOf(0)); }
    std::ofstream(folder / "results.jsonl", std::ios::app) << "garbage\n";
    try {
        ResultLog log(folder, plan);
        FAIL() << "a damaged line is not dropped";
    } catch (const Error& error) {
        EXPECT_THAT(error.what(), HasSubstr("line 2"));
    }
}

}  // namespace
}  // namespace prunescope
