#pragma once

#include "core/prune/prune_method.h"

namespace prunescope {

/// DART (Wen et al., 2025, arXiv 2502.11494; methods.md 3.7): before decoder layer K the visual
/// tokens stay that resemble a few pivots least.
///   pivots: the visual tokens, and the tokens after the picture, whose key of layer K - 1
///   (rotated,
///           heads side by side) has the largest L1 norm
///   y = final norm of the output of layer K - 1; every pivot in turn, by ascending place in the
///       sequence, takes the q candidates left with the smallest cosine to its y
/// What stays are the visual pivots and all that was taken, in their order, with their position
/// ids. With fewer tokens after the picture than text pivots there are fewer pivots, and each takes
/// more. The score in the trace is 1 - the cosine to the pivot that took the token; NaN for the
/// rest.
class Dart final : public PruneMethod {
public:
    DecoderReduction beforeDecoderLayer(const DecoderView& view) const override;
};

}  // namespace prunescope
