#pragma once

#include "core/prune/prune_method.h"

namespace prunescope {

/// FastV (Chen et al., 2024, arXiv 2403.06764; methods.md 3.1): before decoder layer K the visual
/// tokens with the most attention of layer K - 1 stay, in their order and with their position ids.
///   phi_j = mean_h A[h, last prompt token, j], of the softmax over the whole causal row
/// `query` = "all" is the paper's text, the mean over all tokens as queries; the released code uses
/// the last one. Ties go to the lower index.
class FastV final : public PruneMethod {
public:
    DecoderReduction beforeDecoderLayer(const DecoderView& view) const override;
};

}  // namespace prunescope
