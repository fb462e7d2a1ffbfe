#pragma once

#include "core/prune/prune_method.h"

namespace prunescope {

/// Means over the cells of an even grid, as adaptive average pooling makes them: cell i of g covers
/// the rows from floor(i n / g) to before ceil((i + 1) n / g), so neighbours may share patches.
/// Shape and thinning to k are those of `grid`; a token stands for the patch in the middle of its
/// cell. methods.md 1.
class AveragePool final : public PruneMethod {
public:
    Selection select(const SelectView& view) const override;
};

}  // namespace prunescope
