#pragma once

#include "core/trace/run_trace.h"

#include <cstdint>
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

/// D(X_k, X_f): how far the kept set drifted from the full set. methods.md section 5.
enum class ShiftMetric {
    KlDiagFwd,  ///< KL(N_k || N_f) averaged over channels, 5.1 item 1
};

struct ShiftMetricInfo {
    ShiftMetric metric;
    std::string id;  ///< as in JSON and on the command line
    std::string title;
    std::string formula;  ///< plain text, shown beside the axis
};

/// All metrics, in display order. The first is the default.
const std::vector<ShiftMetricInfo>& shiftMetrics();

/// @throws Error(Usage) naming the choices
ShiftMetric shiftMetricFrom(const std::string& id);

struct ShiftValue {
    double value = 0;          ///< >= 0; the sum of the two terms for klDiagFwd
    double mean_term = 0;      ///< (1/2d) sum (mu_k - mu_f)^2 / (v_f + e)
    double variance_term = 0;  ///< the rest
};

/// The full set's side of D, computed once and compared with many kept sets. Statistics in float64.
class ShiftReference {
public:
    /// @param full  X_f [N, d], N >= 1, copied where the metric needs the rows
    ShiftReference(ShiftMetric metric, TokenMatrix full);

    /// D(X_k, X_f). @param kept [k, d] with the same d, k >= 1.
    ShiftValue measure(TokenMatrix kept) const;

    /// D of random k-of-N draws from X_f itself, seeds `seed .. seed + draws - 1`
    /// (drawWithoutReplacement); percentiles by linear interpolation. 1 <= k <= N.
    NullBand nullBand(int k, std::uint64_t seed, int draws = 200) const;

    int rows() const { return rows_; }

    int cols() const { return cols_; }

private:
    ShiftMetric metric_;
    int rows_ = 0;
    int cols_ = 0;
    std::vector<float> full_;       // [N, d]
    std::vector<double> mean_;      // [d]
    std::vector<double> variance_;  // [d], biased
    double epsilon_ = 0;            // 1e-6 * mean(variance)
};

}  // namespace prunescope
