#pragma once

#include "core/prune/prune_method.h"

namespace prunescope {

/// PyramidDrop (Xing et al., 2024, arXiv 2410.17247; methods.md 3.3): at every stage the visual
/// tokens stay that the last prompt token would attend to most in the layer to come, computed with
/// that layer's norm, query and key products and the position ids of now. Position ids start again
/// at 0..T'-1, in those layers for later tokens too.
class PyramidDrop final : public PruneMethod {
public:
    DecoderReduction beforeDecoderLayer(const DecoderView& view) const override;
};

}  // namespace prunescope
