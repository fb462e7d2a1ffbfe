#include "core/prune/grid.h"

#include <algorithm>
#include <set>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace prunescope {

TEST(GridKeep, SamplesSitAtTheCentresOfCells) {
    EXPECT_THAT(gridSlots({4, 4, 14}, 4), ::testing::ElementsAre(5, 7, 13, 15));
    EXPECT_THAT(gridSlots({24, 24, 14}, 1), ::testing::ElementsAre(12 * 24 + 12));
}

TEST(GridKeep, ShapesAreThoseOfTheDefinition) {
    const PatchGrid grid{24, 24, 14};
    const std::tuple<int, int, int> expected[] = {
        {16, 4, 4}, {64, 8, 8}, {32, 4, 8}, {128, 8, 16}, {192, 12, 16}, {576, 24, 24}};
    for (const auto& [k, rows, cols] : expected) {
        std::set<int> seen_rows;
        std::set<int> seen_cols;
        for (const std::int64_t slot : gridSlots(grid, k)) {
            seen_rows.insert(grid.rowOf(static_cast<int>(slot)));
            seen_cols.insert(grid.colOf(static_cast<int>(slot)));
        }
        EXPECT_EQ(seen_rows.size(), static_cast<std::size_t>(rows)) << k;
        EXPECT_EQ(seen_cols.size(), static_cast<std::size_t>(cols)) << k;
    }
}

TEST(GridKeep, EveryBudgetGivesThatManyDifferentPatches) {
    for (const PatchGrid& grid :
         {PatchGrid{24, 24, 14}, PatchGrid{3, 7, 14}, PatchGrid{9, 2, 14}}) {
        for (int k = 1; k <= grid.count(); ++k) {
            const std::vector<std::int64_t> slots = gridSlots(grid, k);
            ASSERT_EQ(slots.size(), static_cast<std::size_t>(k));
            EXPECT_TRUE(std::is_sorted(slots.begin(), slots.end()));
            EXPECT_EQ(std::set(slots.begin(), slots.end()).size(), slots.size()) << k;
            EXPECT_LT(slots.back(), grid.count());
        }
    }
}

}  // namespace prunescope
