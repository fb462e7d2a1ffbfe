#pragma once

#include "core/prune/prune_method.h"
#include "core/prune/slot_rules.h"

#include <vector>

#include <ATen/core/Tensor.h>

namespace prunescope {

/// The most different patches as the language model sees them: the loneliest first, then always
/// the one farthest from all chosen. Reads neither attention nor text. DivPrune, CVPR 2025, arXiv
/// 2503.02175; methods.md 3.5. k is given; the paper's ratio follows from it. Plain rows in raster
/// order.
class DivPrune final : public PruneMethod {
public:
    Selection select(const SelectView& view) const override;
};

/// k of the rows of z [M, Dt] by max-min distance 1 - cosine, in the order of picking.
/// Pinned rows are picked first, banned ones never.
std::vector<int> farthestRows(const at::Tensor& z, int k, const SlotRules& rules = {});

}  // namespace prunescope
