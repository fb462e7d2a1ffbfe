#include "core/engine/parallel.h"

#include <algorithm>
#include <future>
#include <vector>

#include <ATen/Parallel.h>

namespace prunescope {

void forRanges(int n, const std::function<void(int begin, int end)>& work) {
    const int parts = std::max(1, std::min(n, at::get_num_threads()));
    const auto begin_of = [&](int part) {
        return static_cast<int>(static_cast<long>(n) * part / parts);
    };
    // Should one throw, those behind it are waited for where they are destroyed.
    std::vector<std::future<void>> others;
    for (int part = 1; part < parts; ++part) {
        others.push_back(std::async(
            std::launch::async,
            [&work, begin = begin_of(part), end = begin_of(part + 1)] { work(begin, end); }));
    }
    work(0, begin_of(1));
    for (std::future<void>& other : others) {
        other.get();
    }
}

}  // namespace prunescope
