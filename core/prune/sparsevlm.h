#pragma once

#include "core/prune/prune_method.h"

namespace prunescope {

/// SparseVLM (Zhang et al., 2024, arXiv 2410.04417; methods.md 3.2). The tokens after the picture
/// that match it best are raters; before each stop the visual tokens stay that the raters attended
/// to most in the layer before:
///   phi_j = mean over raters t and heads h of A[h, t, j]
/// "v1": of the removed tokens the top int(0.3 n) + 1 by phi are clustered by density peaks and
/// their means go on behind the kept tokens, in the order of their centres; they are candidates
/// like any other at the next stop. Position ids start again at 0, in those layers for later tokens
/// too (of decoding the published text says nothing).
/// "v2": nothing is recycled and ids are kept; attention is divided by what rotary positions alone
/// would give, RoPE(1) RoPE(1)^T / sqrt(dh), and only the heads count (14 of 32, `head_share`) with
/// the largest sum of that quotient from raters to visual tokens.
/// Differences: no noise on densities, ties go to the lower index; where nothing has to go nothing
/// is removed (the released code removes at least one token).
class SparseVlm final : public PruneMethod {
public:
    DecoderReduction beforeDecoderLayer(const DecoderView& view) const override;
};

/// Density peaks with k nearest neighbours (methods.md 3.2 step 3): `count` clusters of rows
/// [m, D], m >= count >= 1, ascending centres; members and centres are row numbers.
///   d_ij = |x_i - x_j| / sqrt(D), rho_i = exp(-mean of the `count` smallest d_ij^2, its own among
///   them), delta_i = distance to the nearest denser row, for the densest the largest distance;
///   centres have the largest rho delta, others go to the nearest centre.
/// Of equally dense rows the lower one counts as denser, in place of the released code's noise:
/// with `count` = 2 the two rows nearest to each other are always equally dense, and without a rule
/// both would be centres.
std::vector<RecycledRow> densityClusters(const at::Tensor& rows, int count);

}  // namespace prunescope
