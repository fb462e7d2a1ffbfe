#pragma once

#include "core/prune/prune_method.h"

namespace prunescope {

/// A method that only the test of adding one knows: evenly spaced patches, and the mean of all
/// others at the place of the last.
class Stripe final : public PruneMethod {
public:
    Selection select(const SelectView& view) const override;
};

}  // namespace prunescope
