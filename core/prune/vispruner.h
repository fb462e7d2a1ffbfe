#pragma once

#include "core/prune/prune_method.h"

#include <cstdint>
#include <span>
#include <vector>

#include <ATen/core/Tensor.h>

namespace prunescope {

/// The patches that CLS attends to most, and of the others those that are left when one of every
/// pair of look-alikes is taken out again and again. VisPruner, ICCV 2025, arXiv 2412.01818;
/// methods.md 3.4 and 4.4. Plain rows in raster order.
class VisPruner final : public PruneMethod {
public:
    Selection select(const SelectView& view) const override;
};

/// Step 2: thins a list of slots out to `n_keep`, eight at a time. Even places of the list are
/// compared with odd ones; the even ones most like an odd one go, and the rest move to the front in
/// descending order of that likeness.
/// @param list    distinct slots in descending order of attention
/// @param tokens  [M, D] whose cosines are compared
std::vector<std::int64_t> thinnedOut(std::vector<std::int64_t> list,
                                     int n_keep,
                                     const at::Tensor& tokens);

}  // namespace prunescope
