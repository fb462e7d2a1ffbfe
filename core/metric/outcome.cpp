#include "core/metric/outcome.h"

namespace prunescope {

namespace {

constexpr double kNoise = 1e-12;  // D of all tokens, as rounding leaves it

}  // namespace

std::optional<double> ShiftOutcome::relative() const {
    return null_median > kNoise ? std::optional(value / null_median) : std::nullopt;
}

std::optional<ShiftOutcome> shiftOutcome(const RunTrace& trace) {
    ShiftOutcome sum;
    int n_measured = 0;
    for (const ViewTrace& view : trace.views) {
        const ShiftSummary& shift = view.shift;
        if (!shift.kappa) {
            continue;
        }
        ++n_measured;
        sum.kappa += *shift.kappa;
        sum.value += shift.accepted ? shift.kappa_after.value_or(*shift.kappa) : *shift.kappa;
        sum.null_median += shift.null_band.median;
        sum.fired = sum.fired || shift.fired;
        sum.accepted = sum.accepted || shift.accepted;
    }
    if (n_measured == 0) {
        return std::nullopt;
    }
    sum.kappa /= n_measured;
    sum.value /= n_measured;
    sum.null_median /= n_measured;
    return sum;
}

double standaloneMs(const RunTrace& trace) {
    const Timings& cost = trace.cost_ms;
    return cost.preprocess + cost.encode + cost.select + cost.project + cost.prefill + cost.decode;
}

}  // namespace prunescope
