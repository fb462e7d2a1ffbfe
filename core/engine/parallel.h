#pragma once

#include <functional>

namespace prunescope {

/// Does `work(begin, end)` for ranges that together are 0 … n - 1, on this thread and on further
/// ones, as many as LibTorch may use, and returns when all are done. For work on the host that
/// takes milliseconds; `work` touches no tensor. @throws what `work` throws
void forRanges(int n, const std::function<void(int begin, int end)>& work);

}  // namespace prunescope
