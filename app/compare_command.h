#pragma once

#include "app/compare_options.h"

#include <stop_token>

namespace prunescope {

/// Every method at every budget on every picture, against the un-pruned model. One stage cache, so
/// that a picture is encoded once for all that select after the encoder.
/// A run that fails is said on stderr and in the data; the others go on.
/// @throws Error of the first run that failed, after everything was printed
void compareCommand(const CompareArguments& arguments, const std::stop_token& stop);

}  // namespace prunescope
