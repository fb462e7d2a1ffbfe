#pragma once

#include "core/trace/settings.h"

#include <string>
#include <vector>

namespace prunescope {

/// Where a method prunes between the layers of the language model, and how many visual tokens go on
/// from there: known before anything runs, from numbers alone. "Before layer l" is methods.md's
/// "after layer l - 1": a stop reads the output of layer l - 1 and shortens the input of layer l.

struct DecoderShape {
    int visual = 0;  ///< N, visual tokens that enter the language model, of all views together
    int budget = 0;  ///< k, visual tokens that shall remain at the end; at least N means all stay
    int layers = 0;  ///< L, decoder layers
};

struct DecoderStop {
    int layer = 0;     ///< before this layer, 1 <= layer < L
    int keep = 0;      ///< visual rows that stay as they are, >= 1
    int recycled = 0;  ///< rows made of removed ones that join them (SparseVLM v1)

    int count() const { return keep + recycled; }

    bool operator==(const DecoderStop&) const = default;
};

struct DecoderPlan {
    std::vector<DecoderStop> stops;  ///< ascending layers; every stop lowers the count
    std::vector<std::string> notes;  ///< what could not be as the method or the budget asks

    bool operator==(const DecoderPlan&) const = default;
};

/// A method's plan; reads the method's own parameters from `settings`.
using DecoderPlanner = DecoderPlan (*)(const RunSettings& settings, const DecoderShape& shape);

/// FastV (methods.md 3.1): one stop before layer K (`layer`, 2 in the paper, 3 in later scripts),
/// k tokens. The paper's drop ratio R is the budget: k = (1 - R) N. K is taken as it stands in a
/// shallower decoder too, at most L - 1: it names the depth at which attention has settled.
DecoderPlan fastvPlan(const RunSettings& settings, const DecoderShape& shape);

/// SparseVLM (methods.md 3.2): after layers 2, 6, 15 of 32, so before 3, 7, 16, scaled to L.
/// The released lists are reached at their last number (N = 576): v1 at k = 17, 26, 36, 110, v2 at
/// 20, 28, 60, 118. Between two lists the first two numbers are interpolated over k, below the
/// first they shrink with k, above the last they grow towards N; another N scales all (ours). v1
/// adds recycled rows to every stop: with `recycled_in_budget` (ours) the last stop keeps so many
/// fewer that k rows remain, without it k + C, as released.
DecoderPlan sparsevlmPlan(const RunSettings& settings, const DecoderShape& shape);

/// PyramidDrop (methods.md 3.3): `stages` stops at multiples of `interval` (a share of the depth):
/// before layers 8, 16, 24 of 32. Ratios of the original count form a geometric series that ends at
/// k: k = N / 8 gives the paper's 1/2, 1/4, 1/8.
DecoderPlan pyramiddropPlan(const RunSettings& settings, const DecoderShape& shape);

/// DART (methods.md 3.7): one stop before layer K (`layer`, 2). Of k tokens a (`image_pivots`) are
/// pivots and each of the a + b pivots adds q. `count`: "exact" spreads the remainder over the
/// first pivots, so that k remain (ours); "floor" takes q = floor((k - a) / (a + b)); "released"
/// takes q = floor(k / (a + b)), which keeps a more than a multiple: 64 -> 68.
DecoderPlan dartPlan(const RunSettings& settings, const DecoderShape& shape);

/// Layers `at` of a decoder with `depth` layers in one with `layers`: scaled, rounded half up,
/// moved apart where they meet, within 1..layers - 1. When there is no room for all, the first ones
/// go.
std::vector<int> scaledLayers(const std::vector<double>& at, double depth, int layers);

/// SparseVLM v1: rows that recycling makes of `n_deleted` removed ones (0 of 0).
int recycledRows(int n_deleted);

}  // namespace prunescope
