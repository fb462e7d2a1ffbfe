#pragma once

#include "core/metric/shift.h"

#include <memory>
#include <vector>

namespace prunescope {

/// Slots of the full set, ascending.
using Draw = std::vector<std::int32_t>;

/// One metric with what it keeps of the full set. One function below and one file per kind;
/// ShiftReference has checked shapes before it calls.
class ShiftMeasure {
public:
    virtual ~ShiftMeasure() = default;
    ShiftMeasure(const ShiftMeasure&) = delete;
    ShiftMeasure& operator=(const ShiftMeasure&) = delete;

    virtual ShiftValue measure(TokenMatrix kept, int channels) const = 0;

    /// D of every draw from the full set, each the same whatever others come with it; one or more,
    /// all of the same size. Products among the rows of the full set are known, so this is far
    /// cheaper than measuring each draw. Called from several threads at once.
    virtual std::vector<double> ofDraws(const std::vector<Draw>& draws) const = 0;

    /// How many draws of `k` are affordable.
    virtual int affordableDraws(int /*k*/) const { return 1 << 20; }

protected:
    ShiftMeasure() = default;
};

/// klDiagFwd, klDiagRev, klDiagJ, frechetDiag: channel means and variances. 4 (N + k) d operations.
std::unique_ptr<const ShiftMeasure> makeDiagonal(ShiftMetric metric, TokenMatrix full);

/// klFull. Once N^2 d / 2 + N^3 / 2 operations, then k N (d + N) + k^3 / 6.
std::unique_ptr<const ShiftMeasure> makeGaussian(TokenMatrix full);

/// mmdRbf. Once N^2 d / 2, then k (N + k / 2) d.
std::unique_ptr<const ShiftMeasure> makeKernel(TokenMatrix full);

/// covCKA. Once N^2 d / 2, then k (N + k / 2) d.
std::unique_ptr<const ShiftMeasure> makeSecondMoments(TokenMatrix full);

/// meanCos: (N + k) d. coverage: once N^2 d / 2, then N k d.
std::unique_ptr<const ShiftMeasure> makeMeanCosine(TokenMatrix full);
std::unique_ptr<const ShiftMeasure> makeCoverage(TokenMatrix full);

/// slicedW2. (N + k) d P with P = 128 directions, and the sorting.
std::unique_ptr<const ShiftMeasure> makeSliced(TokenMatrix full);

/// Ascending, what is no number last: an order that sorting can rely on.
bool comesBefore(double a, double b);

/// numerator / denominator where the full set has something to measure with; where it has not, 0
/// for equal sets (numerator 0), else +inf.
double ratioOrInfinity(double numerator, double denominator);

}  // namespace prunescope
