#include "core/prune/decoder_plan.h"

#include "core/prune/catalog.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>

namespace prunescope {

namespace {

int rounded(double x) {
    return static_cast<int>(std::floor(x + 0.5));
}

int count(std::size_t n) {
    return static_cast<int>(n);
}

int wholeParam(const char* id, const RunSettings& settings, const char* name) {
    return static_cast<int>(numberParam(*findMethod(id), settings, name));
}

/// A decoder of one layer has no place between two.
bool hasPlace(const DecoderShape& shape, DecoderPlan& plan) {
    if (shape.layers < 2 && shape.budget < shape.visual) {
        plan.notes.push_back(
            "The decoder has a single layer, so nothing can be pruned between layers.");
    }
    return shape.layers >= 2 && shape.budget < shape.visual;
}

/// FastV's and DART's K.
int earlyLayer(int asked, const DecoderShape& shape, DecoderPlan& plan) {
    const int layer = std::min(asked, shape.layers - 1);
    if (layer != asked) {
        plan.notes.push_back("The decoder has " + std::to_string(shape.layers) +
                             " layers: pruned before layer " + std::to_string(layer) + ", not " +
                             std::to_string(asked) + ".");
    }
    return layer;
}

void noteDroppedStages(std::size_t asked, std::size_t got, DecoderPlan& plan) {
    if (got < asked) {
        plan.notes.push_back("The decoder has room for " + std::to_string(got) + " of the " +
                             std::to_string(asked) + " stages; the first ones are left out.");
    }
}

constexpr std::size_t kSparseStages = 3;

/// Counts after SparseVLM's three layers.
using SparseList = std::array<double, kSparseStages>;

/// The released lists for N = 576 (methods.md 3.2), by their last count.
constexpr double kListPatches = 576;
constexpr std::array<SparseList, 4> kListsV1{
    {{66, 30, 17}, {238, 48, 26}, {303, 110, 36}, {300, 200, 110}}};
constexpr std::array<SparseList, 4> kListsV2{
    {{66, 34, 20}, {246, 54, 28}, {238, 108, 60}, {300, 200, 118}}};

/// The list that ends at `last` of 576.
SparseList listEndingAt(const std::array<SparseList, 4>& lists, double last) {
    if (last <= lists.front().back()) {
        const double share = last / lists.front().back();
        return {lists.front()[0] * share, lists.front()[1] * share, last};
    }
    SparseList below = lists.front();
    for (std::size_t i = 1; i <= lists.size(); ++i) {
        constexpr SparseList kAll{kListPatches, kListPatches, kListPatches};
        const SparseList& above = i < lists.size() ? lists.at(i) : kAll;
        if (last <= above.back()) {
            const double t = (last - below.back()) / (above.back() - below.back());
            return {
                below[0] + t * (above[0] - below[0]), below[1] + t * (above[1] - below[1]), last};
        }
        below = above;
    }
    return below;
}

/// The most rows to keep of `n` so that with what recycling adds `total` go on; 0: impossible.
int keptForTotal(int n, int total) {
    for (int keep = std::min(n, total); keep >= 1; --keep) {
        if (keep + recycledRows(n - keep) == total) {
            return keep;
        }
    }
    return 0;
}

/// The last stop, at which k rows shall remain.
DecoderStop lastSparseStop(int layer, int n, int budget, bool counted, DecoderPlan& plan) {
    if (!counted) {
        return {layer, budget, recycledRows(n - budget)};
    }
    const int keep = keptForTotal(n, budget);
    if (keep == 0) {
        plan.notes.push_back(
            "A budget of " + std::to_string(budget) +
            " leaves no room for recycled tokens: none are made at the last stage.");
        return {layer, budget, 0};
    }
    return {layer, keep, budget - keep};
}

}  // namespace

std::vector<int> scaledLayers(const std::vector<double>& at, double depth, int layers) {
    const std::size_t room = static_cast<std::size_t>(std::max(layers - 1, 0));
    const std::size_t n = std::min(at.size(), room);
    std::vector<int> out;
    for (std::size_t i = at.size() - n; i < at.size(); ++i) {
        const int lowest = out.empty() ? 1 : out.back() + 1;
        out.push_back(std::max(lowest, rounded(at[i] * layers / depth)));
    }
    int highest = layers - 1;
    for (std::size_t i = n; i-- > 0; --highest) {
        highest = std::min(highest, out[i]);
        out[i] = highest;
    }
    return out;
}

int recycledRows(int n_deleted) {
    if (n_deleted <= 0) {
        return 0;
    }
    // int(0.3 n) + 1 of them, in whole numbers; a tenth of those and one are clusters.
    const int chosen = 3 * n_deleted / 10 + 1;
    return chosen / 10 + 1;
}

DecoderPlan fastvPlan(const RunSettings& settings, const DecoderShape& shape) {
    DecoderPlan plan;
    if (hasPlace(shape, plan)) {
        const int layer = earlyLayer(wholeParam("fastv", settings, "layer"), shape, plan);
        plan.stops.push_back({layer, shape.budget, 0});
    }
    return plan;
}

DecoderPlan sparsevlmPlan(const RunSettings& settings, const DecoderShape& shape) {
    DecoderPlan plan;
    if (!hasPlace(shape, plan)) {
        return plan;
    }
    const MethodSpec& method = *findMethod("sparsevlm");
    const bool recycles = choiceParam(method, settings, "version") == "v1";
    const bool counted = numberParam(method, settings, "recycled_in_budget") != 0;
    const std::vector<int> layers = scaledLayers({3, 7, 16}, 32, shape.layers);
    noteDroppedStages(kSparseStages, layers.size(), plan);
    const double scale = shape.visual / kListPatches;
    const SparseList list = listEndingAt(recycles ? kListsV1 : kListsV2, shape.budget / scale);
    int n = shape.visual;
    for (std::size_t i = 0; i < layers.size(); ++i) {
        const bool last = i + 1 == layers.size();
        const double asked = list.at(kSparseStages - layers.size() + i) * scale;
        const int keep = last ? shape.budget : std::max(shape.budget, rounded(asked));
        if (keep >= n) {
            continue;
        }
        DecoderStop stop{layers[i], keep, 0};
        if (recycles && last) {
            stop = lastSparseStop(layers[i], n, keep, counted, plan);
        } else if (recycles) {
            stop.recycled = recycledRows(n - keep);
        }
        if (stop.count() < n) {
            n = stop.count();
            plan.stops.push_back(stop);
        }
    }
    return plan;
}

DecoderPlan pyramiddropPlan(const RunSettings& settings, const DecoderShape& shape) {
    DecoderPlan plan;
    if (!hasPlace(shape, plan)) {
        return plan;
    }
    const int asked = wholeParam("pyramiddrop", settings, "stages");
    const double interval = numberParam(*findMethod("pyramiddrop"), settings, "interval");
    std::vector<double> at;
    for (int j = 1; j <= asked; ++j) {
        at.push_back(interval * j);
    }
    const std::vector<int> layers = scaledLayers(at, 1.0, shape.layers);
    noteDroppedStages(at.size(), layers.size(), plan);
    int n = shape.visual;
    for (std::size_t i = 0; i < layers.size(); ++i) {
        const double exponent = static_cast<double>(i + 1) / count(layers.size());
        const double share = static_cast<double>(shape.budget) / shape.visual;
        const bool last = i + 1 == layers.size();
        const int keep =
            last ? shape.budget
                 : std::max(shape.budget, rounded(shape.visual * std::pow(share, exponent)));
        if (keep < n) {
            plan.stops.push_back({layers[i], keep, 0});
            n = keep;
        }
    }
    return plan;
}

DecoderPlan dartPlan(const RunSettings& settings, const DecoderShape& shape) {
    DecoderPlan plan;
    if (!hasPlace(shape, plan)) {
        return plan;
    }
    const int layer = earlyLayer(wholeParam("dart", settings, "layer"), shape, plan);
    const int image_pivots = wholeParam("dart", settings, "image_pivots");
    const int pivots = image_pivots + wholeParam("dart", settings, "text_pivots");
    const std::string rule = choiceParam(*findMethod("dart"), settings, "count");
    int keep = shape.budget;
    if (rule == "floor" && shape.budget >= image_pivots) {
        keep = image_pivots + pivots * ((shape.budget - image_pivots) / pivots);
    } else if (rule == "released") {
        keep = image_pivots + pivots * (shape.budget / pivots);
    }
    if (keep != shape.budget) {
        plan.notes.push_back("DART keeps " + std::to_string(std::min(keep, shape.visual)) +
                             " tokens at a budget of " + std::to_string(shape.budget) + ": " +
                             std::to_string(image_pivots) + " and a multiple of " +
                             std::to_string(pivots) + ".");
    }
    if (keep < shape.visual) {
        plan.stops.push_back({layer, keep, 0});
    }
    return plan;
}

}  // namespace prunescope
