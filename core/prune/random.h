#pragma once

#include "core/prune/prune_method.h"

namespace prunescope {

/// k of N drawn without replacement from the seed, in raster order. methods.md 1.
class RandomKeep final : public PruneMethod {
public:
    Selection select(const SelectView& view) const override;
};

}  // namespace prunescope
