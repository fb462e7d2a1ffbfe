#pragma once

#include "core/prune/prune_method.h"

namespace prunescope {

/// DCP-Prune (arXiv 2606.16633): recovery of context inside the encoder (ACGR), and re-selection of
/// representatives when the kept set has drifted from the full one (TATCS). The authors published
/// no code; the definition is ours: methods.md 4.3 and 4.4.
class DcpPrune final : public PruneMethod {
public:
    LayerOutcome afterLayer(const LayerView& view) const override;
    int encoderTarget(const RunSettings& settings,
                      const PatchGrid& grid,
                      int budget) const override;
    Selection select(const SelectView& view) const override;
};

}  // namespace prunescope
