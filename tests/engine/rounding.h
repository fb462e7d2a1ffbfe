#pragma once

#include "core/engine/run.h"

namespace prunescope {

/// Another device sums in another order, so it is off by rounding. A selection that rounding
/// decides is no device's; which ones are is measured: by runs on the CPU whose weights are off by
/// about as much, w (1 + 1e-7 n) with n normal.

/// Models that isDecidedByRounding() asks at most.
constexpr int kNoisyModels = 6;

/// The bundled model on the CPU in float32 with noise on every weight, loaded once per number.
/// @param number  0 … kNoisyModels - 1
const Vlm& noisyStarter(int number);

/// Whether two runs chose the same tokens in the same way.
bool selectsAlike(const RunTrace& a, const RunTrace& b);

/// Whether any of the noisy models selects otherwise. @param cpu  what starter() gave
bool isDecidedByRounding(const RunRequest& request, const RunTrace& cpu);

}  // namespace prunescope
