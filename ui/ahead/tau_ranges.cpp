#include "ui/ahead/tau_ranges.h"

#include "core/prune/catalog.h"

#include <algorithm>
#include <cmath>

namespace prunescope {

Trigger decidingTrigger(const RunSettings& settings) {
    return findMethod(settings.method) == nullptr ? settings.trigger : effectiveTrigger(settings);
}

std::vector<double> tauEdges(const RunTrace& trace) {
    std::vector<double> edges;
    if (decidingTrigger(trace.settings) != Trigger::Auto) {
        return edges;
    }
    for (const ViewTrace& view : trace.views) {
        if (view.shift.kappa && std::isfinite(*view.shift.kappa) && *view.shift.kappa > 0) {
            edges.push_back(*view.shift.kappa);
        }
    }
    std::ranges::sort(edges);
    edges.erase(std::unique(edges.begin(), edges.end()), edges.end());
    return edges;
}

std::vector<TauRange> tauRanges(const std::vector<double>& edges) {
    std::vector<TauRange> ranges(edges.size() + 1);
    for (std::size_t i = 0; i < edges.size(); ++i) {
        ranges[i].to = edges[i];
        ranges[i + 1].from = edges[i];
    }
    return ranges;
}

int rangeAt(const std::vector<double>& edges, double tau) {
    return static_cast<int>(std::ranges::upper_bound(edges, tau) - edges.begin());
}

namespace {

/// The first of the roundings of `edge` to ever more digits that lies in `range`; `round` leads
/// away from the edge, into it.
template <typename Round>
double rounded(double edge, const TauRange& range, Round round, double otherwise) {
    for (double scale = 1e3; scale <= 1e15; scale *= 10) {
        const double tau = round(edge * scale) / scale;
        if (range.holds(tau)) {
            return tau;
        }
    }
    return otherwise;
}

}  // namespace

double tauBelow(const std::vector<double>& edges, std::size_t edge) {
    const double at = edges.at(edge);
    const auto down = [](double value) { return std::ceil(value) - 1; };  // never the edge itself
    return rounded(at, tauRanges(edges)[edge], down, std::nextafter(at, 0.0));
}

double tauAbove(const std::vector<double>& edges, std::size_t edge) {
    const double at = edges.at(edge);
    const auto up = [](double value) { return std::ceil(value); };
    return rounded(at, tauRanges(edges)[edge + 1], up, at);
}

}  // namespace prunescope
