#include "core/base/error.h"
#include "core/metric/shift.h"

#include <algorithm>

namespace prunescope {

const std::vector<ShiftMetricInfo>& shiftMetrics() {
    static const std::vector<ShiftMetricInfo> metrics{
        {.metric = ShiftMetric::KlDiagFwd,
         .id = "klDiagFwd",
         .title = "KL divergence, kept to full, per channel",
         .formula = "D = 1/(2d) sum_c [ ln(v_f/v_k) + (v_k + (mu_k - mu_f)^2)/v_f - 1 ],  "
                    "v = variance + 1e-6 mean(v_f)",
         .note = "The default. Random draws of k rows give about 1/k.",
         .has_terms = true,
         .has_channels = true},
        {.metric = ShiftMetric::KlDiagRev,
         .id = "klDiagRev",
         .title = "KL divergence, full to kept, per channel",
         .formula = "D = 1/(2d) sum_c [ ln(v_k/v_f) + (v_f + (mu_k - mu_f)^2)/v_k - 1 ],  "
                    "v = variance + 1e-6 mean(v_f)",
         .note = "Very large where the kept rows hardly vary: averaged or nearly equal tokens.",
         .has_terms = true,
         .has_channels = true},
        {.metric = ShiftMetric::KlDiagJ,
         .id = "klDiagJ",
         .title = "KL divergence, mean of both directions",
         .formula = "D = (klDiagFwd + klDiagRev) / 2",
         .note = "Large wherever one of the two is.",
         .has_terms = true,
         .has_channels = true},
        {.metric = ShiftMetric::KlFull,
         .id = "klFull",
         .title = "KL divergence with full covariances",
         .formula = "D = 1/(2d) [ tr(S_f^-1 S_k) + dmu' S_f^-1 dmu - d + ln det S_f - ln det S_k ],"
                    "  S = 0.8 Cov + 0.2 tr(Cov)/d I",
         .note =
             "For fewer tokens than channels the shrinkage decides: compare at one budget only. "
             "Infinite for a single token. Slow; its null bands have fewer draws.",
         .has_terms = true},
        {.metric = ShiftMetric::FrechetDiag,
         .id = "frechetDiag",
         .title = "Fréchet distance, per channel",
         .formula = "D = [ |mu_k - mu_f|^2 + sum_c (sqrt v_k - sqrt v_f)^2 ] / sum_c v_f",
         .note = "No logarithm and no division by v_k: the steadiest.",
         .has_terms = true,
         .has_channels = true},
        {.metric = ShiftMetric::MmdRbf,
         .id = "mmdRbf",
         .title = "Maximum mean discrepancy, Gaussian kernel",
         .formula = "D = mean K_kk + mean K_ff - 2 mean K_kf,  K = exp(-|x - y|^2 / (2 med)),  "
                    "med = median squared distance in X_f",
         .note = "Sees the whole distribution, not only its moments. At most 2."},
        {.metric = ShiftMetric::CovCka,
         .id = "covCKA",
         .title = "Alignment of second moments",
         .formula = "D = 1 - |B A'|^2 / (|A A'| |B B'|),  A, B = centred rows of X_k, X_f",
         .note = "Blind to the mean and to the scale. Between 0 and 1; 1 for a single token."},
        {.metric = ShiftMetric::MeanCos,
         .id = "meanCos",
         .title = "Angle between the means",
         .formula = "D = 1 - cos(mu_k, mu_f)",
         .note = "Tiny where all features share a large mean, as those of CLIP do."},
        {.metric = ShiftMetric::SlicedW2,
         .id = "slicedW2",
         .title = "Sliced Wasserstein distance",
         .formula = "D = mean over 128 directions of the mean over 200 quantiles of (q_k - q_f)^2, "
                    "/ mean projected variance of X_f",
         .note = "Sees shapes that means and variances miss."},
        {.metric = ShiftMetric::Coverage,
         .id = "coverage",
         .title = "Distance to the nearest kept token",
         .formula = "D = 1 - mean_i max_j cos(x_i, x_j),  i in X_f, j in X_k",
         .note = "Not a distance of distributions: how well the kept tokens stand for all others."},
    };
    return metrics;
}

const ShiftMetricInfo& infoOf(ShiftMetric metric) {
    const auto& metrics = shiftMetrics();
    const auto found =
        std::find_if(metrics.begin(), metrics.end(), [&](const ShiftMetricInfo& info) {
            return info.metric == metric;
        });
    require(found != metrics.end(), "a shift metric is missing in the table");
    return *found;
}

ShiftMetric shiftMetricFrom(const std::string& id) {
    std::string choices;
    for (const ShiftMetricInfo& info : shiftMetrics()) {
        if (info.id == id) {
            return info.metric;
        }
        choices += (choices.empty() ? "" : ", ") + info.id;
    }
    throw Error(ErrorCode::Usage, "there is no shift metric \"" + id + "\"", "use " + choices);
}

const std::vector<ShiftPlaceInfo>& shiftPlaces() {
    static const std::vector<ShiftPlaceInfo> places{
        {ShiftPlace::Encoder, "Encoder output", "Features as the encoder gives them."},
        {ShiftPlace::Projected,
         "Projector output",
         "Features as the language model sees them. Layers inside the encoder, which have no "
         "projector, stay as they are."},
        {ShiftPlace::Normalised,
         "Unit length",
         "Rows scaled to length 1, so that only directions count; at every layer."},
    };
    return places;
}

}  // namespace prunescope
