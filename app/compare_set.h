#pragma once

#include "app/compare_options.h"

#include <stop_token>

namespace prunescope {

/// Every method at every budget on the pictures and questions of a sample set: what their runs are
/// on average, with bootstrap intervals over the samples. The un-pruned run comes first.
/// @throws Cancelled after a stop, with everything finished on disk; Error
void compareSet(const CompareArguments& arguments, const std::stop_token& stop);

}  // namespace prunescope
