#include "core/prune/acgr.h"

#include "core/prune/select.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <limits>
#include <utility>

#include <ATen/ops/matmul.h>
#include <ATen/ops/zeros.h>

namespace prunescope {

namespace {

// (1 - lambda) exp(-|p_c - p_a|^2 / (2 sigma^2)) by the distance in rows and columns.
class SpatialTable {
public:
    SpatialTable(const PatchGrid& grid, double sigma, double share) : grid_(grid) {
        values_.reserve(toSize(grid.count()));
        for (int rows = 0; rows < grid.rows; ++rows) {
            for (int cols = 0; cols < grid.cols; ++cols) {
                const double squared = static_cast<double>(rows * rows + cols * cols);
                values_.push_back(share * std::exp(-squared / (2.0 * sigma * sigma)));
            }
        }
    }

    double at(int patch, int other) const {
        const int rows = std::abs(grid_.rowOf(patch) - grid_.rowOf(other));
        const int cols = std::abs(grid_.colOf(patch) - grid_.colOf(other));
        return values_[toSize(rows * grid_.cols + cols)];
    }

private:
    PatchGrid grid_;
    std::vector<double> values_;
};

// Softmax of the chosen similarities over the edges of one context.
void softmaxOver(std::span<const double> similarity,
                 std::span<const int> chosen,
                 double temperature,
                 std::span<double> weight) {
    const double top = similarity[toSize(chosen[0])];
    double sum = 0;
    for (std::size_t e = 0; e < chosen.size(); ++e) {
        weight[e] = std::exp((similarity[toSize(chosen[e])] - top) / temperature);
        sum += weight[e];
    }
    for (double& value : weight) {
        // A similarity that is not a number would spread; the context is then shared out evenly.
        value = std::isfinite(sum) ? value / sum : 1.0 / static_cast<double>(weight.size());
    }
}

// Step 5: mass arriving at each anchor, and the linear map that mixes context into anchors.
void addRecovery(const AcgrInput& in,
                 const AcgrOptions& options,
                 const Partition& sides,
                 const ContextGraph& graph,
                 Reduction& out) {
    const std::span<const float> mass = in.mass;
    const std::size_t n = mass.size();
    std::vector<double> gained(sides.anchors.size(), 0.0);
    const auto edges = toSize(graph.edges);
    for (std::size_t c = 0; c < sides.contexts.size(); ++c) {
        for (std::size_t e = c * edges; e < (c + 1) * edges; ++e) {
            gained[toSize(graph.anchor[e])] +=
                static_cast<double>(mass[toSize(sides.contexts[c])]) * graph.weight[e];
        }
    }
    std::vector<double> beta(sides.anchors.size(), 0.0);
    const at::Tensor weights =
        at::zeros({static_cast<std::int64_t>(sides.anchors.size()), static_cast<std::int64_t>(n)},
                  at::TensorOptions().dtype(at::kFloat));
    float* mix = weights.mutable_data_ptr<float>();
    out.mass.resize(sides.anchors.size());
    for (std::size_t a = 0; a < sides.anchors.size(); ++a) {
        const double own = mass[toSize(sides.anchors[a])];
        beta[a] = gained[a] > 0 ? options.beta_max * gained[a] / (own + gained[a]) : 0.0;
        mix[a * n + toSize(sides.anchors[a])] = static_cast<float>(1.0 - beta[a]);
        out.mass[a] = static_cast<float>(own + gained[a]);
    }
    for (std::size_t c = 0; c < sides.contexts.size(); ++c) {
        const std::size_t slot = toSize(sides.contexts[c]);
        for (std::size_t e = c * edges; e < (c + 1) * edges; ++e) {
            const std::size_t a = toSize(graph.anchor[e]);
            mix[a * n + slot] = static_cast<float>(beta[a] * mass[slot] * graph.weight[e] /
                                                   std::max(gained[a], 1e-6));
            out.transfers.push_back({in.patches[slot],
                                     in.patches[toSize(sides.anchors[a])],
                                     static_cast<float>(graph.weight[e])});
        }
    }
    out.mix = weights;
    out.keep_norm = options.keep_norm;
}

}  // namespace

Partition partition(std::span<const float> score, int n_anchors, const SlotRules& rules) {
    Partition out;
    out.anchors = topSlots(score, n_anchors, rules);
    std::size_t next = 0;
    for (std::int64_t slot = 0; slot < static_cast<std::int64_t>(score.size()); ++slot) {
        if (next < out.anchors.size() && out.anchors[next] == slot) {
            ++next;
        } else {
            out.contexts.push_back(slot);
        }
    }
    return out;
}

ContextGraph contextGraph(const AcgrInput& in, const AcgrOptions& options, const Partition& sides) {
    // Step 3: R = lambda (1 + sem) / 2 + (1 - lambda) spa.
    const at::Tensor unit = unitRows(in.compared);
    const HostMatrix semantic = toHost(at::matmul(gatherRows(unit, sides.contexts),
                                                  gatherRows(unit, sides.anchors).transpose(0, 1)));
    const SpatialTable spatial(in.grid, options.sigma, 1.0 - options.lambda);
    const std::vector<std::int32_t> anchor_patches = patchesOf(in.patches, sides.anchors);

    ContextGraph graph;
    const std::size_t n_anchors = sides.anchors.size();
    graph.edges = static_cast<int>(std::min(toSize(options.edges), n_anchors));
    const auto edges = toSize(graph.edges);
    graph.anchor.resize(sides.contexts.size() * edges);
    graph.weight.resize(sides.contexts.size() * edges);
    const std::vector<float> anchor_score = gatherValues(in.score, sides.anchors);
    std::vector<double> similarity(n_anchors);
    std::vector<char> open(n_anchors, 1);
    for (std::size_t c = 0; c < sides.contexts.size(); ++c) {
        const std::int32_t patch = in.patches[toSize(sides.contexts[c])];
        const std::span<const float> cosine = semantic.row(static_cast<int>(c));
        for (std::size_t a = 0; a < n_anchors; ++a) {
            similarity[a] = options.lambda * (1.0 + static_cast<double>(cosine[a])) / 2.0 +
                            spatial.at(patch, anchor_patches[a]);
        }
        // Step 4: the m largest, ties to the larger c, and the softmax over them.
        const std::span<int> chosen(graph.anchor.data() + c * edges, edges);
        for (int& anchor : chosen) {
            anchor = bestSlot(similarity, open, anchor_score);
            open[toSize(anchor)] = 0;
        }
        for (const int anchor : chosen) {
            open[toSize(anchor)] = 1;
        }
        softmaxOver(similarity,
                    chosen,
                    options.temperature,
                    std::span(graph.weight.data() + c * edges, edges));
    }
    return graph;
}

Reduction acgr(const AcgrInput& in, const AcgrOptions& options, int n_keep) {
    // Step 2; step 1, the score, is the caller's.
    const Partition sides = partition(in.score, n_keep, in.rules);
    Reduction out;
    out.name = "ACGR";
    out.keep = sides.anchors;
    out.deciding_score.assign(in.score.begin(), in.score.end());
    if (options.recovery && !sides.contexts.empty()) {
        addRecovery(in, options, sides, contextGraph(in, options, sides), out);  // steps 3 to 5
    }
    return out;  // step 6 is the caller's: reducedRows() or the engine
}

}  // namespace prunescope
