#include "core/trace/trace_csv.h"

#include "tests/trace/sample_trace.h"

#include <algorithm>
#include <sstream>

#include <gtest/gtest.h>

namespace prunescope {
namespace {

std::vector<std::string> linesOf(const std::string& text) {
    std::istringstream stream(text);
    std::vector<std::string> lines;
    for (std::string line; std::getline(stream, line);) {
        lines.push_back(line);
    }
    return lines;
}

TEST(TraceCsv, OneRowPerStageAndPatch) {
    const std::vector<std::string> lines = linesOf(traceToCsv(sampleTrace()));
    ASSERT_EQ(lines.size(), 1U + 2 * 6);
    for (const std::string& line : lines) {
        EXPECT_EQ(std::count(line.begin(), line.end(), ','), 15) << line;
    }
    EXPECT_EQ(lines[1], "0,0,ACGR,encoder,3,0,0,0,enriched,0,0.5,1.75,,,,");
    EXPECT_EQ(lines[3], "0,0,ACGR,encoder,3,2,0,2,merged,-1,0.1,0,,,0,0.75");
    EXPECT_EQ(lines[8], "0,1,TATCS,after_encoder,,1,0,1,dropped,-1,0.4,0,0,0.2,,");
}

TEST(TraceCsv, NamesThatHoldSeparatorsAreQuoted) {
    RunTrace trace = sampleTrace();
    trace.views[0].stages[0].name = "a, \"b\"";
    EXPECT_NE(traceToCsv(trace).find("0,0,\"a, \"\"b\"\"\",encoder"), std::string::npos);
    EXPECT_EQ(linesOf(traceToCsv(RunTrace{})).size(), 1U);
}

}  // namespace
}  // namespace prunescope
