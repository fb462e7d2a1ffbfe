#pragma once

#include "core/trace/run_trace.h"

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

namespace prunescope {

/// Rows of float32 features: row-major [rows, cols], not owned.
struct TokenMatrix {
    std::span<const float> values;
    int rows = 0;
    int cols = 0;

    std::span<const float> row(int i) const {
        return values.subspan(static_cast<std::size_t>(i) * static_cast<std::size_t>(cols),
                              static_cast<std::size_t>(cols));
    }
};

/// D(X_k, X_f): how far the kept set drifted from the full set. methods.md 5.1; settled readings in
/// 4.4. All are >= 0, 0 for the full set itself, blind to the order of rows, and smaller is closer.
enum class ShiftMetric {
    KlDiagFwd,
    KlDiagRev,
    KlDiagJ,
    KlFull,
    FrechetDiag,
    MmdRbf,
    CovCka,
    MeanCos,
    SlicedW2,
    Coverage,
};

struct ShiftMetricInfo {
    ShiftMetric metric;
    std::string id;  ///< as in JSON and on the command line
    std::string title;
    std::string formula;  ///< plain text, shown beside the axis
    std::string note;     ///< what to know before reading it; "" for nothing
    bool lower_is_better = true;
    bool has_terms = false;     ///< D = mean term + variance term
    bool has_channels = false;  ///< and both are sums over channels
};

/// All metrics, in display order. The first is the default.
const std::vector<ShiftMetricInfo>& shiftMetrics();

const ShiftMetricInfo& infoOf(ShiftMetric metric);

/// @throws Error(Usage) naming the choices
ShiftMetric shiftMetricFrom(const std::string& id);

struct ShiftPlaceInfo {
    ShiftPlace place;
    std::string title;
    std::string help;
};

/// All places, in display order. Their ids are nameOf(ShiftPlace).
const std::vector<ShiftPlaceInfo>& shiftPlaces();

struct ShiftValue {
    double value = 0;                    ///< >= 0; may be +inf (see the metric's note)
    double mean_term = 0;                ///< where has_terms: value = mean_term + variance_term
    double variance_term = 0;            ///< (of an infinite value both may be 0)
    std::vector<ChannelShift> channels;  ///< where has_channels: the largest, largest first
};

/// Does `work(begin, end)` for ranges that together are 0 … n - 1, at once and on any threads, and
/// returns when all are done.
using ForRanges = std::function<void(int n, const std::function<void(int begin, int end)>& work)>;

class ShiftMeasure;

/// The full set's side of D, computed once and compared with many kept sets. A value; copies share
/// what was computed. Statistics in float64.
class ShiftReference {
public:
    /// @param full  X_f [N, d], N >= 1, copied where the metric needs the rows
    ShiftReference(ShiftMetric metric, TokenMatrix full);

    /// D(X_k, X_f). @param kept [k, d] with the same d, k >= 1.
    /// @param channels  how many of the channels that add most are listed
    ShiftValue measure(TokenMatrix kept, int channels = 0) const;

    /// D of random k-of-N draws from X_f itself, seeds `seed .. seed + draws - 1`
    /// (drawWithoutReplacement); percentiles by linear interpolation. 1 <= k <= N. Metrics whose
    /// draws are costly take fewer than `draws` (klFull: as many as stay well below a second);
    /// NullBand::draws says how many.
    /// @param for_ranges  spreads the draws, the same for every division of them; null: one range
    NullBand nullBand(int k,
                      std::uint64_t seed,
                      int draws = 200,
                      const ForRanges& for_ranges = {}) const;

    int rows() const { return rows_; }

    int cols() const { return cols_; }

private:
    int rows_ = 0;
    int cols_ = 0;
    std::shared_ptr<const ShiftMeasure> measure_;
};

}  // namespace prunescope
