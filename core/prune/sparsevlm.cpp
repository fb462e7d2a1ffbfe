#include "core/prune/sparsevlm.h"

#include "core/prune/decoder_score.h"
#include "core/prune/select.h"
#include "core/prune/text_raters.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <span>

#include <ATen/ops/arange.h>
#include <ATen/ops/cos.h>
#include <ATen/ops/div.h>
#include <ATen/ops/index_select.h>
#include <ATen/ops/matmul.h>
#include <ATen/ops/mul.h>
#include <ATen/ops/sub.h>
#include <ATen/ops/sum.h>
#include <ATen/ops/tensor.h>
#include <ATen/ops/where.h>

namespace prunescope {

namespace {

/// Squared distances between rows over their width, in double: [m, m] row-major.
std::vector<double> squaredDistances(const at::Tensor& rows) {
    const at::Tensor host = rows.to(at::kCPU, at::kDouble).contiguous();
    const auto m = toSize(host.size(0));
    const auto width = toSize(host.size(1));
    const at::Tensor gram = at::matmul(host, host.transpose(0, 1)).contiguous();
    const double* data = host.const_data_ptr<double>();
    const double* products = gram.const_data_ptr<double>();
    std::vector<double> out(m * m, 0.0);
    for (std::size_t i = 0; i < m; ++i) {
        for (std::size_t j = 0; j < i; ++j) {
            double square = products[i * m + i] + products[j * m + j] - 2.0 * products[i * m + j];
            // What is left of two near rows is rounding: take those the long way.
            if (square < 1e-9 * products[i * m + i]) {
                square = 0;
                for (std::size_t c = 0; c < width; ++c) {
                    const double difference = data[i * width + c] - data[j * width + c];
                    square += difference * difference;
                }
            }
            out[i * m + j] = square / static_cast<double>(width);
            out[j * m + i] = out[i * m + j];
        }
    }
    return out;
}

/// rho, per row.
std::vector<double> densities(const std::vector<double>& squares, std::size_t m, int count) {
    std::vector<double> out;
    for (std::size_t i = 0; i < m; ++i) {
        std::vector<double> row(squares.begin() + static_cast<std::ptrdiff_t>(i * m),
                                squares.begin() + static_cast<std::ptrdiff_t>((i + 1) * m));
        std::partial_sort(row.begin(), row.begin() + count, row.end());
        out.push_back(std::exp(-std::accumulate(row.begin(), row.begin() + count, 0.0) / count));
    }
    return out;
}

/// Densities that differ by less are equal but for rounding.
constexpr double kAlike = 1e-9;

/// rho * delta, per row.
std::vector<float> peakScores(const std::vector<double>& squares, std::size_t m, int count) {
    const std::vector<double> rho = densities(squares, m, count);
    const double farthest = std::sqrt(*std::max_element(squares.begin(), squares.end()));
    std::vector<float> out;
    for (std::size_t i = 0; i < m; ++i) {
        double delta = farthest;
        for (std::size_t j = 0; j < m; ++j) {
            const bool alike = std::fabs(rho[j] - rho[i]) <= kAlike * rho[i];
            if (alike ? j < i : rho[j] > rho[i]) {
                delta = std::min(delta, std::sqrt(squares[i * m + j]));
            }
        }
        out.push_back(static_cast<float>(rho[i] * delta));
    }
    return out;
}

/// v2: attention [H, r, n] over what positions alone would give it.
at::Tensor withoutPositions(const at::Tensor& attention,
                            const DecoderView& view,
                            const std::vector<std::int64_t>& rows) {
    constexpr double kLeast = 1e-6;
    std::vector<double> distances;
    for (const std::int64_t row : rows) {
        for (std::int64_t j = 0; j < view.n_visual; ++j) {
            distances.push_back(static_cast<double>(view.positions[toSize(row)] -
                                                    view.positions[toSize(view.first_visual + j)]));
        }
    }
    const at::Tensor& frequencies = view.rotary_frequencies;
    const auto head_dim = static_cast<double>(2 * frequencies.size(0));
    const at::Tensor angles =
        at::mul(at::tensor(distances, at::kDouble).to(frequencies.device()).unsqueeze(1),
                frequencies.to(at::kDouble));
    // An all-ones query and key, rotated: their product is twice the sum of cosines.
    const at::Tensor bias =
        at::mul(at::sum(at::cos(angles), at::IntArrayRef{1}), 2.0 / std::sqrt(head_dim));
    const at::Tensor safe = at::where(bias.abs().lt(kLeast), kLeast, bias);
    return at::div(attention,
                   safe.to(at::kFloat).reshape({1, attention.size(1), attention.size(2)}));
}

/// v2: the heads with the largest sum, of [H, r, n].
at::Tensor strongestHeads(const at::Tensor& attention, double share) {
    const auto n_heads = static_cast<double>(attention.size(0));
    const int count = std::max(1, roundHalfUp(share * n_heads));
    const std::vector<float> sums = toHostVector(at::sum(attention, at::IntArrayRef{1, 2}));
    return gatherRows(attention, topSlots(sums, count));
}

std::vector<float> scoreOf(const DecoderView& view, bool recycles) {
    std::vector<std::int64_t> rows = textRaters(view.visual_embeddings, view.text_embeddings);
    for (std::int64_t& row : rows) {
        row += view.firstText();
    }
    at::Tensor attention = visualColumns(view.attention(rows), view);
    if (!recycles) {
        const MethodSpec& method = *findMethod("sparsevlm");
        attention = strongestHeads(withoutPositions(attention, view, rows),
                                   numberParam(method, view.settings, "head_share"));
    }
    return toHostVector(attention.mean(at::IntArrayRef{0, 1}));
}

/// v1: rows made of the best of the removed ones.
std::vector<RecycledRow> recycled(const DecoderView& view, const DecoderReduction& decided) {
    std::vector<std::int64_t> removed;
    std::vector<float> score;
    for (std::int64_t i = 0; i < view.n_visual; ++i) {
        if (!std::binary_search(decided.keep.begin(), decided.keep.end(), i)) {
            removed.push_back(i);
            score.push_back(decided.score[toSize(i)]);
        }
    }
    const int chosen = 3 * static_cast<int>(removed.size()) / 10 + 1;
    std::vector<std::int64_t> rows = topSlots(score, chosen);
    for (std::int64_t& row : rows) {
        row = removed[toSize(row)];
    }
    const at::Tensor visual = view.hidden().narrow(0, view.first_visual, view.n_visual);
    std::vector<RecycledRow> out = densityClusters(gatherRows(visual, rows), view.stop.recycled);
    for (RecycledRow& cluster : out) {
        cluster.centre = rows[toSize(cluster.centre)];
        for (std::int64_t& member : cluster.members) {
            member = rows[toSize(member)];
        }
    }
    return out;
}

}  // namespace

std::vector<RecycledRow> densityClusters(const at::Tensor& rows, int count) {
    const std::vector<double> squares = squaredDistances(rows);
    const auto m = toSize(rows.size(0));
    const std::vector<std::int64_t> centres = topSlots(peakScores(squares, m, count), count);
    std::vector<RecycledRow> out;
    for (const std::int64_t centre : centres) {
        out.push_back({{}, centre});
    }
    for (std::size_t i = 0; i < m; ++i) {
        const auto own = std::find(centres.begin(), centres.end(), static_cast<std::int64_t>(i));
        auto nearest = static_cast<std::size_t>(own - centres.begin());
        if (own == centres.end()) {
            std::vector<double> closeness;
            for (const std::int64_t centre : centres) {
                closeness.push_back(-squares[i * m + toSize(centre)]);
            }
            nearest = toSize(bestSlot(closeness, {}, {}));
        }
        out[nearest].members.push_back(static_cast<std::int64_t>(i));
    }
    return out;
}

DecoderReduction SparseVlm::beforeDecoderLayer(const DecoderView& view) const {
    const bool recycles = choiceParam(*findMethod("sparsevlm"), view.settings, "version") == "v1";
    DecoderReduction out;
    out.name = "sparsify";
    out.score = scoreOf(view, recycles);
    out.keep = topSlots(out.score, view.stop.keep, view.rules);
    if (recycles) {
        out.positions = DecoderReduction::Positions::Renumber;
        if (view.stop.recycled > 0) {
            out.recycled = recycled(view, out);
        }
    }
    return out;
}

}  // namespace prunescope
