#pragma once

#include "core/prune/prune_method.h"

namespace prunescope {

/// No pruning: every token goes on as it came. The reference of every comparison.
class KeepAll final : public PruneMethod {};

}  // namespace prunescope
