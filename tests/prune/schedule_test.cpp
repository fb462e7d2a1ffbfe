#include "core/prune/dcp_schedule.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace prunescope {

namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

std::vector<int> targets(int n, int pool, int events, const std::string& schedule) {
    std::vector<int> out;
    for (int j = 1; j <= events; ++j) {
        out.push_back(scheduledCount({n, pool, j, events}, schedule));
    }
    return out;
}

}  // namespace

TEST(DcpSchedule, PoolSizesAreThoseOfTheDefinition) {
    for (const auto& [k, pool] :
         {std::pair{1, 288}, {16, 288}, {280, 288}, {281, 289}, {400, 408}, {570, 576}}) {
        EXPECT_EQ(poolSize(576, k, 0.5), pool) << k;
    }
    EXPECT_EQ(poolSize(576, 16, 0.0), 24);  // a choice of at least 8
    EXPECT_EQ(poolSize(576, 1000, 0.5), 576);
    EXPECT_EQ(poolSize(576, 16, 1.0), 576);
    EXPECT_EQ(poolSize(25, 1, 0.5), 13);  // half up
    EXPECT_EQ(poolSize(1, 1, 0.5), 1);
}

TEST(DcpSchedule, EventsFollowEverySecondLayer) {
    EXPECT_THAT(eventLayers(22, "geometric"), ElementsAre(1, 3, 5, 7, 9, 11, 13, 15, 17, 19, 21));
    EXPECT_THAT(eventLayers(8, "linear"), ElementsAre(1, 3, 5, 7));
    EXPECT_THAT(eventLayers(7, "flowcut"), ElementsAre(2, 4, 6));
    EXPECT_THAT(eventLayers(22, "single"), ElementsAre(21));
}

TEST(DcpSchedule, ShallowTowersHaveNoEvents) {
    for (const char* schedule : {"geometric", "linear", "flowcut", "single"}) {
        EXPECT_THAT(eventLayers(0, schedule), IsEmpty());
        EXPECT_THAT(eventLayers(1, schedule), IsEmpty());  // never after layer 0
        EXPECT_THAT(eventLayers(2, schedule), ElementsAre(1));
    }
}

TEST(DcpSchedule, GeometricTargetsAreThoseOfTheDefinition) {
    EXPECT_THAT(targets(576, 64, 11, "geometric"),
                ElementsAre(472, 386, 316, 259, 212, 174, 142, 117, 95, 78, 64));
}

TEST(DcpSchedule, LinearTargetsFallEvenly) {
    EXPECT_THAT(targets(100, 20, 4, "linear"), ElementsAre(80, 60, 40, 20));
    EXPECT_THAT(targets(100, 25, 2, "linear"), ElementsAre(63, 25));  // 62.5 rounds up
    EXPECT_THAT(targets(100, 20, 1, "single"), ElementsAre(20));
}

TEST(DcpSchedule, FlowCutRemovesByEntropy) {
    const std::vector<float> even(100, 0.01F);
    EXPECT_EQ(flowCutCount(even, 20, 4), 100);  // full entropy: nothing yet
    EXPECT_EQ(flowCutCount(even, 20, 0), 20);   // the last event cuts to the target
    std::vector<float> peak(100, 0.0F);
    peak[7] = 1.0F;
    EXPECT_EQ(flowCutCount(peak, 20, 4), 60);  // no entropy: 80 / sqrt 4
    EXPECT_EQ(flowCutCount(peak, 20, 1), 20);
    EXPECT_EQ(flowCutCount(std::vector<float>(10, 0.1F), 20, 2), 10);
}

}  // namespace prunescope
