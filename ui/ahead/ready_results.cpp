#include "ui/ahead/ready_results.h"

#include <algorithm>

namespace prunescope {

namespace {

/// What all results that are ready together share.
RunTrace shared(const RunTrace& trace) {
    RunTrace out;
    out.settings = trace.settings;
    out.settings.budget = 0;
    out.settings.tau = 0;
    out.prompt = trace.prompt;
    out.model.fingerprint = trace.model.fingerprint;
    out.model.device = trace.model.device;
    out.model.dtype = trace.model.dtype;
    out.image.hash = trace.image.hash;
    return out;
}

}  // namespace

bool ReadyResults::areOf(const RunTrace& trace) const {
    return !at_.empty() && of_ == shared(trace);
}

void ReadyResults::add(const RunTrace& trace) {
    if (!areOf(trace)) {
        at_.clear();
        of_ = shared(trace);
    }
    const int budget = trace.settings.budget;
    auto found = std::ranges::find(at_, budget, &AtBudget::budget);
    if (found == at_.end()) {
        AtBudget fresh{budget, tauEdges(trace), {}};
        fresh.ready.resize(fresh.edges.size() + 1);
        found = at_.insert(at_.begin(), std::move(fresh));
    }
    found->ready[static_cast<std::size_t>(rangeAt(found->edges, trace.settings.tau))] = true;
    std::rotate(at_.begin(), found, found + 1);
    if (at_.size() > kMost) {
        at_.pop_back();
    }
}

void ReadyResults::forgetOldest() {
    if (at_.size() > 1) {
        at_.pop_back();
    }
}

const ReadyResults::AtBudget* ReadyResults::find(int budget) const {
    const auto found = std::ranges::find(at_, budget, &AtBudget::budget);
    return found == at_.end() ? nullptr : &*found;
}

bool ReadyResults::has(int budget, double tau) const {
    const AtBudget* at = find(budget);
    return at != nullptr && at->ready[static_cast<std::size_t>(rangeAt(at->edges, tau))];
}

std::vector<TauRange> ReadyResults::ranges(int budget) const {
    const AtBudget* at = find(budget);
    return at == nullptr ? std::vector<TauRange>() : tauRanges(at->edges);
}

std::vector<int> ReadyResults::budgets(double tau) const {
    std::vector<int> out;
    for (const AtBudget& at : at_) {
        if (has(at.budget, tau)) {
            out.push_back(at.budget);
        }
    }
    std::ranges::sort(out);
    return out;
}

}  // namespace prunescope
