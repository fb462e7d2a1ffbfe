#include "core/engine/stages.h"

#include <cmath>
#include <optional>

namespace prunescope {

namespace {

void dropNonFinite(std::optional<double>& value) {
    if (value && !std::isfinite(*value)) {
        value.reset();
    }
}

void dropNonFinite(NullBand& band) {
    if (!std::isfinite(band.p5) || !std::isfinite(band.median) || !std::isfinite(band.p95)) {
        band = {};
    }
}

void dropNonFinite(double& part) {
    part = std::isfinite(part) ? part : 0;
}

}  // namespace

void dropNonFinite(ViewTrace& view) {
    for (StageTrace& stage : view.stages) {
        dropNonFinite(stage.shift_before);
        dropNonFinite(stage.shift_after);
        dropNonFinite(stage.null_band);
    }
    dropNonFinite(view.shift.kappa);
    dropNonFinite(view.shift.kappa_after);
    dropNonFinite(view.shift.mean_term);
    dropNonFinite(view.shift.variance_term);
    dropNonFinite(view.shift.tau);
    dropNonFinite(view.shift.null_band);
}

}  // namespace prunescope
