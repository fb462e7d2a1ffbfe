#pragma once

#include "core/prune/cosine_rows.h"
#include "core/prune/prune_method.h"
#include "core/prune/slot_rules.h"

#include <span>
#include <vector>

#include <ATen/core/Tensor.h>

namespace prunescope {

/// Patches that are relevant and unlike each other: greedy MAP of a determinantal point process
/// whose kernel is similarity weighted by relevance to the question. CDPruner, NeurIPS 2025, arXiv
/// 2506.10967; methods.md 3.6 and 4.4. Plain rows in raster order.
///
/// Relevance comes from CLIP's text tower, as in the paper, where the model has one. Else it is the
/// cosine of projected patches and the question's input embeddings, with the paper's sign.
class CdPruner final : public PruneMethod {
public:
    Selection select(const SelectView& view) const override;
};

/// Step 2: r of every row of z, from 1e-6 / range to 1 + 1e-6 / range; 1 for all where there is no
/// text or nothing to tell them apart.
/// @param z     [M, d] patches: projected ones, or ClipSpace::patches
/// @param text  [Lt, d] the question's input embeddings, or its windows in CLIP's space; Lt may be
/// 0
/// @param sign  -1 (as released: less similar is more relevant) or 1
std::vector<double> relevanceOf(const CosineRows& z, const at::Tensor& text, double sign);

/// Steps 3 and 4: k rows in the order of picking, for L = diag(r) S diag(r) with S the cosines of
/// z. Where no gain is left (d <= 1e-10), the rest are those of highest r.
/// Pinned rows are picked first, whatever they gain, banned ones never.
std::vector<int> greedyDpp(const CosineRows& z,
                           std::span<const double> relevance,
                           int k,
                           const SlotRules& rules = {});

}  // namespace prunescope
