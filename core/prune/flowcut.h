#pragma once

#include "core/prune/prune_method.h"

namespace prunescope {

/// FlowCut: prunes inside the encoder, after every second layer, by a running score of attention
/// and value flow from CLS; the step sizes follow the entropy of attention. Raster order, no
/// merging. methods.md 2.3 (arXiv 2505.19536), its stage in the encoder.
class FlowCut final : public PruneMethod {
public:
    LayerOutcome afterLayer(const LayerView& view) const override;
    Selection select(const SelectView& view) const override;
};

}  // namespace prunescope
