#include "core/prune/text_raters.h"

#include "core/prune/select.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <span>

#include <ATen/ops/matmul.h>

namespace prunescope {

// The mean of a softmax over Lt tokens is 1/Lt.
std::vector<std::int64_t> textRaters(const at::Tensor& visual, const at::Tensor& text) {
    const auto n_text = toSize(text.size(0));
    std::vector<std::int64_t> all(n_text);
    std::iota(all.begin(), all.end(), 0);
    const HostMatrix logits = toHost(at::matmul(visual, text.transpose(0, 1)));
    std::vector<double> mean(n_text, 0.0);
    std::vector<double> weight(n_text);
    for (int i = 0; i < logits.rows; ++i) {
        const std::span<const float> row = logits.row(i);
        const double top = *std::max_element(row.begin(), row.end());
        double sum = 0;
        for (std::size_t u = 0; u < n_text; ++u) {
            weight[u] = std::exp(static_cast<double>(row[u]) - top);
            sum += weight[u];
        }
        for (std::size_t u = 0; u < n_text; ++u) {
            mean[u] += weight[u] / sum / logits.rows;
        }
    }
    // A hair above the mean, so that equal text tokens do not rate by rounding.
    const double bar = (1.0 + 1e-9) / static_cast<double>(n_text);
    std::vector<std::int64_t> out;
    for (std::size_t u = 0; u < n_text; ++u) {
        if (mean[u] > bar) {
            out.push_back(static_cast<std::int64_t>(u));
        }
    }
    return out.empty() ? all : out;
}

}  // namespace prunescope
