#pragma once

#include "core/prune/prune_method.h"

namespace prunescope {

/// SCOPE: greedy coverage of the features, weighted by CLS attention; raster order, no CLS, no
/// merging. methods.md 2.5 (arXiv 2510.24214).
class Scope final : public PruneMethod {
public:
    Selection select(const SelectView& view) const override;
};

}  // namespace prunescope
