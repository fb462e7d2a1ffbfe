#include "core/prune/tatcs.h"

#include "core/prune/text_raters.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include <ATen/ops/matmul.h>

namespace prunescope {

namespace {

// Up to this many text tokens all of them rate.
constexpr std::int64_t kRateAll = 4;

// Cosines that differ by less are the same for all: projected features are float32.
constexpr double kConstant = 1e-6;

// A short question rates whole (methods.md 4.3 TATCS step 3).
std::vector<std::int64_t> raters(const at::Tensor& projected, const at::Tensor& text) {
    if (text.size(0) > kRateAll) {
        return textRaters(projected, text);
    }
    std::vector<std::int64_t> all(toSize(text.size(0)));
    std::iota(all.begin(), all.end(), 0);
    return all;
}

// rho: the largest cosine with a rater, scaled over the pool to [0, 1].
std::vector<float> scaledMaxima(const FineCosines& cosines) {
    std::vector<double> strongest;
    for (int i = 0; i < cosines.rows; ++i) {
        const std::span<const double> row = cosines.row(i);
        strongest.push_back(*std::max_element(row.begin(), row.end()));
    }
    const auto [low, high] = std::minmax_element(strongest.begin(), strongest.end());
    const double least = *low;
    const double range = *high - least;
    std::vector<float> out;
    for (const double value : strongest) {
        out.push_back(range > kConstant ? static_cast<float>((value - least) / range) : 0.5F);
    }
    return out;
}

void centreColumns(FineCosines& matrix) {
    const auto cols = toSize(matrix.cols);
    for (std::size_t u = 0; u < cols; ++u) {
        double mean = 0;
        for (std::size_t i = u; i < matrix.values.size(); i += cols) {
            mean += matrix.values[i];
        }
        mean /= matrix.rows;
        for (std::size_t i = u; i < matrix.values.size(); i += cols) {
            matrix.values[i] -= mean;
        }
    }
}

// Profiles that differ from the mean by no more than float32's rounding say nothing: they become 0.
void scaleRowsToUnit(FineCosines& matrix) {
    const auto cols = toSize(matrix.cols);
    for (int i = 0; i < matrix.rows; ++i) {
        const std::span<double> row(matrix.values.data() + toSize(i) * cols, cols);
        const double norm = std::sqrt(std::inner_product(row.begin(), row.end(), row.begin(), 0.0));
        for (double& value : row) {
            value = norm > kConstant ? value / norm : 0.0;
        }
    }
}

double dot(std::span<const double> a, std::span<const double> b) {
    return std::inner_product(a.begin(), a.end(), b.begin(), 0.0);
}

// Step 2.
std::vector<int> firstCentres(const CosineMatrix& similarity,
                              const TatcsInput& in,
                              const std::string& init,
                              int k) {
    const CoverInput cover{similarity, in.mass, in.score, &in.rules};
    if (init == "kcenter") {
        return farthestPoints(cover, k);
    }
    const std::vector<double> score(in.score.begin(), in.score.end());
    return facilityLocation(cover, k, init == "scope" ? Saliency{.factor = score} : Saliency{});
}

// Steps 4 and 5: the cluster of every slot. `unit_profile` has rows of length 1 (or 0).
std::vector<int> assign(const CosineMatrix& similarity,
                        const FineCosines& unit_profile,
                        const std::vector<int>& centres,
                        double eta) {
    const std::size_t k = centres.size();
    // Ties go to the centre with the lower patch, so look at centres in ascending order.
    std::vector<int> by_patch(k);
    std::iota(by_patch.begin(), by_patch.end(), 0);
    std::sort(by_patch.begin(), by_patch.end(), [&](int a, int b) {
        return centres[toSize(a)] < centres[toSize(b)];
    });
    std::vector<double> closeness(k);
    std::vector<int> cluster_of(toSize(similarity.rows));
    for (int i = 0; i < similarity.rows; ++i) {
        const std::span<const float> row = similarity.row(i);
        for (std::size_t j = 0; j < k; ++j) {
            const int centre = centres[toSize(by_patch[j])];
            closeness[j] = (1.0 - eta) * double{row[toSize(centre)]};
            if (eta > 0) {
                closeness[j] += eta * dot(unit_profile.row(i), unit_profile.row(centre));
            }
        }
        cluster_of[toSize(i)] = by_patch[toSize(bestSlot(closeness, {}, {}))];
    }
    for (std::size_t j = 0; j < k; ++j) {
        cluster_of[toSize(centres[j])] = static_cast<int>(j);
    }
    return cluster_of;
}

// Step 6: the text-biased medoid of every cluster.
std::vector<int> reselect(const CosineMatrix& similarity,
                          const TatcsInput& in,
                          double mu,
                          std::size_t k,
                          Reselection& out) {
    std::vector<std::vector<int>> members(k);
    for (std::size_t i = 0; i < out.cluster_of.size(); ++i) {
        members[toSize(out.cluster_of[i])].push_back(static_cast<int>(i));
    }
    const double mean_mass =
        std::accumulate(in.mass.begin(), in.mass.end(), 0.0) / static_cast<double>(in.mass.size());
    out.medoid.assign(in.mass.size(), 0.0F);
    std::vector<int> chosen;
    for (const std::vector<int>& cluster : members) {
        const std::vector<std::int64_t> slots(cluster.begin(), cluster.end());
        const SlotRules rules = in.rules.of(slots);
        std::vector<double> value;
        std::vector<float> preference;
        for (const int i : cluster) {
            const std::span<const float> row = similarity.row(i);
            double sum = 0;
            for (const int l : cluster) {
                sum += double{in.mass[toSize(l)]} / mean_mass * double{row[toSize(l)]};
            }
            value.push_back(sum / static_cast<double>(cluster.size()) +
                            mu * static_cast<double>(out.text.relevance[toSize(i)]));
            preference.push_back(in.score[toSize(i)]);
            out.medoid[toSize(i)] = static_cast<float>(value.back());
        }
        // A pinned token is a centre, so that no cluster holds two.
        const std::vector<char> open = rules.pins() > 0 ? rules.pinned : rules.open(cluster.size());
        chosen.push_back(cluster[toSize(bestSlot(value, open, preference))]);
    }
    return chosen;
}

}  // namespace

TextRelevance textRelevance(const at::Tensor& projected, const at::Tensor& text, int n_tokens) {
    TextRelevance out;
    out.has_text = projected.defined() && text.defined() && text.size(0) > 0;
    if (!out.has_text) {
        out.relevance.assign(toSize(n_tokens), 0.5F);
        return out;
    }
    const at::Tensor rating = gatherRows(text, raters(projected, text));
    out.profile = fineCosines(projected, rating);
    out.relevance = scaledMaxima(out.profile);
    centreColumns(out.profile);
    return out;
}

Reselection tatcs(const TatcsInput& in, const TatcsOptions& options, int k) {
    Reselection out;
    const CosineMatrix similarity = selfCosines(in.tokens);            // step 1
    out.centres = firstCentres(similarity, in, options.init, k);       // step 2
    out.text = textRelevance(in.projected, in.text, similarity.rows);  // step 3
    const double eta = out.text.has_text && out.text.profile.cols > 1 ? options.eta : 0.0;
    FineCosines unit_profile = out.text.profile;
    scaleRowsToUnit(unit_profile);
    std::vector<int> centres = out.centres;
    for (int round = 0; round < options.rounds; ++round) {                       // step 7
        out.cluster_of = assign(similarity, unit_profile, centres, eta);         // steps 4, 5
        out.chosen = reselect(similarity, in, options.mu, centres.size(), out);  // step 6
        if (out.chosen == centres) {
            break;
        }
        centres = out.chosen;
    }
    return out;
}

}  // namespace prunescope
