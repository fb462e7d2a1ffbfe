#include "core/engine/parallel.h"

#include <algorithm>
#include <atomic>
#include <stdexcept>
#include <vector>

#include <ATen/Parallel.h>

#include <gtest/gtest.h>

namespace prunescope {
namespace {

struct ForRangesTest : ::testing::TestWithParam<int> {
    ForRangesTest() { at::set_num_threads(GetParam()); }

    ~ForRangesTest() override { at::set_num_threads(threads_); }

private:
    int threads_ = at::get_num_threads();
};

TEST_P(ForRangesTest, EveryIndexIsDoneOnce) {
    for (const int n : {0, 1, 2, 3, 7, 100}) {
        std::vector<int> done(static_cast<std::size_t>(n), 0);
        forRanges(n, [&](int begin, int end) {
            for (int i = begin; i < end; ++i) {
                ++done[static_cast<std::size_t>(i)];
            }
        });
        EXPECT_EQ(std::ranges::count(done, 1), n);
    }
}

TEST_P(ForRangesTest, ThrowsWhatWorkThrowsWhenAllHaveEnded) {
    for (const int bad : {0, 9}) {
        std::atomic<int> running = 0;
        EXPECT_THROW(forRanges(10,
                               [&](int begin, int end) {
                                   ++running;
                                   const bool is_bad = begin <= bad && bad < end;
                                   --running;
                                   if (is_bad) {
                                       throw std::runtime_error("bad");
                                   }
                               }),
                     std::runtime_error);
        EXPECT_EQ(running, 0);
    }
}

INSTANTIATE_TEST_SUITE_P(Threads, ForRangesTest, ::testing::Values(1, 2, 5, 16));

}  // namespace
}  // namespace prunescope
