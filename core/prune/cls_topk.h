#pragma once

#include "core/prune/prune_method.h"

namespace prunescope {

/// The k patches that CLS attends to most in layer S, in raster order. methods.md 1.
class ClsTopK final : public PruneMethod {
public:
    Selection select(const SelectView& view) const override;
};

}  // namespace prunescope
