#pragma once

#include "core/prune/prune_method.h"
#include "core/prune/slot_rules.h"

#include <cstdint>
#include <span>
#include <vector>

#include <ATen/core/Tensor.h>

namespace prunescope {

/// Merges alike tokens in every encoder layer, between attention and MLP: every second token is
/// held against the others, and the pairs most alike become one, weighted by what they stand for.
/// Attention counts a token as often as it has members (proportional attention). ToMe, 2023, arXiv
/// 2210.09461; methods.md 3.8 and 4.4. Tokens leave in the order in which merging puts them, a
/// group at the place of its lowest patch. A layer merges half of the tokens at most, so an encoder
/// of L layers ends at N / 2^L tokens or more.
class ToMe final : public PruneMethod {
public:
    LayerOutcome afterLayer(const LayerView& view) const override;
    Selection select(const SelectView& view) const override;
};

/// Tokens after layer `layer` of 0..last_layer: the constant schedule from n_patches to k, whose
/// end bends where halving would miss k.
/// @param n  tokens before
int mergedCount(int n_patches, int k, int n, int layer, int last_layer);

/// The tokens of one layer after merging `n_gone` of them.
struct Merge {
    /// Members of every new token as old slots, in the new order: what is left of the first set,
    /// then the second set.
    std::vector<std::vector<std::int64_t>> groups;
    std::vector<float> likeness;  ///< [n] largest cosine to a token of the other set
};

/// @param keys     [1 + n, any] head-mean keys, row 0 CLS
/// @param patches  [n] which patch a slot stands for: ties go to the lower one
/// @param n_gone   0 <= n_gone <= n / 2, and at most the slots that are not pinned
/// @param rules    pinned slots are in the second set and so never merged away; banned ones are in
///                 the first and are merged before all others (ours)
Merge mergeAlike(const at::Tensor& keys,
                 std::span<const std::int32_t> patches,
                 int n_gone,
                 const SlotRules& rules = {});

}  // namespace prunescope
