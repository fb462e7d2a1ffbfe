#include "core/prune/select.h"

#include "tests/prune/fake_views.h"

#include <cmath>
#include <limits>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace prunescope {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

TEST(Select, RoundsHalfUp) {
    EXPECT_EQ(roundHalfUp(2.5), 3);
    EXPECT_EQ(roundHalfUp(2.4999), 2);
    EXPECT_EQ(roundHalfUp(-0.5), 0);
}

TEST(Select, TopSlotsPreferLargerThenLower) {
    const float nan = std::numeric_limits<float>::quiet_NaN();
    EXPECT_THAT(topSlots(std::vector<float>{1, 3, 2, 3, 2, 2}, 4), ElementsAre(1, 2, 3, 4));
    EXPECT_THAT(topSlots(std::vector<float>{nan, 0, nan, -1}, 2), ElementsAre(1, 3));
    EXPECT_THAT(topSlots(std::vector<float>{nan, nan, nan}, 2), ElementsAre(0, 1));
    const float near = 2.0F * (1.0F - 5e-7F);  // a tie, settled by the slot
    EXPECT_THAT(topSlots(std::vector<float>{near, 2, 3}, 2), ElementsAre(0, 2));
    EXPECT_THAT(topSlots(std::vector<float>{2 * (1.0F - 3e-6F), 2, 3}, 2), ElementsAre(1, 2));
    EXPECT_THAT(topSlots(std::vector<float>{5, 4}, 9), ElementsAre(0, 1));
    EXPECT_THAT(topSlots(std::vector<float>{5, 4}, 0), IsEmpty());
}

TEST(Select, BestSlotSettlesTies) {
    const std::vector<double> value{1.0, 2.0 - 1e-6, 2.0, 2.0 - 1e-5};
    EXPECT_EQ(bestSlot(value, {}, {}), 1);                              // a tie: lower slot
    EXPECT_EQ(bestSlot(value, {}, std::vector<float>{9, 1, 2, 9}), 2);  // larger preference
    EXPECT_EQ(bestSlot(value, {}, std::vector<float>{9, 2, 2.0000005F, 9}), 1);  // tied as well
    EXPECT_EQ(bestSlot(value, std::vector<char>{1, 0, 0, 1}, {}), 3);
    EXPECT_EQ(bestSlot(std::vector<double>{-1.0, -1.0 - 1e-7}, {}, {}), 0);
    EXPECT_EQ(bestSlot(std::vector<double>{0.0, 0.0, -1e-9}, std::vector<char>{0, 1, 1}, {}), 1);
    EXPECT_EQ(bestSlot(std::vector<double>{std::nan(""), std::nan("")}, {}, {}), 0);
}

TEST(Select, PatchListsCoverTheGrid) {
    const std::vector<std::int32_t> patches{1, 3};
    const std::vector<float> spread = perPatch(5, patches, std::vector<float>{7, 8});
    EXPECT_TRUE(std::isnan(spread[0]));
    EXPECT_EQ(spread[1], 7);
    EXPECT_EQ(spread[3], 8);
    EXPECT_THAT(slotFromPatch(5, patches), ElementsAre(-1, 0, -1, 1, -1));
    EXPECT_THAT(patchesOf(patches, std::vector<std::int64_t>{1}), ElementsAre(3));
}

TEST(Select, UnitRowsKeepZeroRows) {
    const HostMatrix unit = toHost(unitRows(testing::matrixOf({3, 4, 0, 0}, 2)));
    EXPECT_FLOAT_EQ(unit.row(0)[0], 0.6F);
    EXPECT_FLOAT_EQ(unit.row(0)[1], 0.8F);
    EXPECT_EQ(unit.row(1)[0], 0);
}

}  // namespace prunescope
