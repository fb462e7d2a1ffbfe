#include "core/prune/select.h"

#include "core/base/error.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <functional>
#include <limits>
#include <numeric>
#include <utility>

#include <ATen/ops/empty.h>
#include <ATen/ops/index_select.h>
#include <ATen/ops/linalg_vector_norm.h>

namespace prunescope {

namespace {

constexpr double kLeastNorm = 1e-12;
constexpr int kListedChannels = 10;

double rankable(double score) {
    return std::isnan(score) ? -std::numeric_limits<double>::infinity() : score;
}

// The k-th largest score. No pick of a ranking of k lies below its ties.
double largestButFew(std::span<const double> score, std::size_t k) {
    std::vector<double> values(score.size());
    std::transform(score.begin(), score.end(), values.begin(), rankable);
    const auto kth = values.begin() + static_cast<std::ptrdiff_t>(k) - 1;
    std::nth_element(values.begin(), kth, values.end(), std::greater<>());
    return *kth;
}

std::vector<std::int64_t> atLeast(std::span<const double> score, double bar) {
    std::vector<std::int64_t> out;
    for (std::size_t i = 0; i < score.size(); ++i) {
        if (!(rankable(score[i]) < bar)) {  // the bar below an infinity is no number
            out.push_back(static_cast<std::int64_t>(i));
        }
    }
    return out;
}

template <typename Number>
int bestOf(std::span<const Number> value,
           std::span<const char> allowed,
           std::span<const float> preference) {
    const auto usable = [&](std::size_t i) { return allowed.empty() || allowed[i] != 0; };
    Number largest = -std::numeric_limits<Number>::infinity();
    for (std::size_t i = 0; i < value.size(); ++i) {
        largest = usable(i) && value[i] > largest ? value[i] : largest;
    }
    const double bar = tieBar(static_cast<double>(largest));
    const auto ties = [&](std::size_t i) {
        return usable(i) && static_cast<double>(value[i]) >= bar;
    };
    std::size_t best = 0;
    while (best < value.size() && !ties(best)) {
        ++best;
    }
    if (best == value.size()) {  // every value is NaN
        best = 0;
        while (best < value.size() && !usable(best)) {
            ++best;
        }
        return best < value.size() ? static_cast<int>(best) : -1;
    }
    if (preference.empty()) {
        return static_cast<int>(best);
    }
    float liked = -std::numeric_limits<float>::infinity();
    for (std::size_t i = best; i < value.size(); ++i) {
        liked = ties(i) ? std::max(liked, preference[i]) : liked;
    }
    for (std::size_t i = best; i < value.size(); ++i) {
        if (ties(i) && tiesWith(preference[i], liked)) {
            return static_cast<int>(i);
        }
    }
    return static_cast<int>(best);
}

}  // namespace

int roundHalfUp(double x) {
    return static_cast<int>(std::floor(x + 0.5));
}

HostMatrix toHost(const at::Tensor& tensor) {
    const at::Tensor host = tensor.to(at::kCPU, at::kFloat).contiguous();
    HostMatrix out;
    out.rows = host.dim() == 0 ? 1 : static_cast<int>(host.size(0));
    out.cols = host.dim() < 2 ? 1 : static_cast<int>(host.size(1));
    const float* data = host.const_data_ptr<float>();
    out.values.assign(data, data + host.numel());
    return out;
}

std::vector<float> toHostVector(const at::Tensor& tensor) {
    return toHost(tensor).values;
}

at::Tensor toDevice(const std::vector<float>& values, int rows, int cols, const at::Tensor& like) {
    require(values.size() == toSize(rows) * toSize(cols), "toDevice: wrong number of values");
    const at::Tensor host = at::empty({rows, cols}, at::TensorOptions().dtype(at::kFloat));
    std::memcpy(host.mutable_data_ptr<float>(), values.data(), values.size() * sizeof(float));
    return sentTo(like.device(), host);
}

namespace {

std::vector<std::int64_t> rankedFreely(std::span<const double> score, int k) {
    const std::size_t wanted = std::min(toSize(std::max(k, 0)), score.size());
    if (wanted == 0) {
        return {};
    }
    std::vector<std::int64_t> order = atLeast(score, tieBar(largestButFew(score, wanted)));
    const auto value = [&](std::int64_t slot) { return rankable(score[toSize(slot)]); };
    std::sort(order.begin(), order.end(), [&](std::int64_t a, std::int64_t b) {
        return value(a) != value(b) ? value(a) > value(b) : a < b;
    });
    std::vector<std::int64_t> slots;
    std::size_t head = 0;  // the largest that is left; taken ones behind it are marked -1
    while (head < order.size() && slots.size() < wanted) {
        if (order[head] < 0) {
            ++head;
            continue;
        }
        std::size_t pick = head;
        for (std::size_t i = head + 1; i < order.size(); ++i) {
            if (order[i] >= 0 && !tiesWith(value(order[i]), value(order[head]))) {
                break;
            }
            pick = order[i] >= 0 && order[i] < order[pick] ? i : pick;
        }
        slots.push_back(order[pick]);
        order[pick] = -1;
    }
    return slots;
}

}  // namespace

std::vector<std::int64_t> rankedSlots(std::span<const double> score,
                                      int k,
                                      const SlotRules& rules) {
    if (!rules.any()) {
        return rankedFreely(score, k);
    }
    std::vector<std::int64_t> slots = rankedFreely(score, static_cast<int>(score.size()));
    std::erase_if(slots, [&](std::int64_t slot) { return rules.isBanned(toSize(slot)); });
    std::stable_partition(slots.begin(), slots.end(), [&](std::int64_t slot) {
        return rules.isPinned(toSize(slot));
    });
    slots.resize(std::min(slots.size(), toSize(std::max(k, 0))));
    return slots;
}

std::vector<std::int64_t> rankedSlots(std::span<const float> score, int k, const SlotRules& rules) {
    return rankedSlots(std::vector<double>(score.begin(), score.end()), k, rules);
}

std::vector<std::int64_t> topSlots(std::span<const float> score, int k, const SlotRules& rules) {
    std::vector<std::int64_t> slots = rankedSlots(score, k, rules);
    std::sort(slots.begin(), slots.end());
    return slots;
}

int bestSlot(std::span<const double> value,
             std::span<const char> allowed,
             std::span<const float> preference) {
    return bestOf(value, allowed, preference);
}

int bestSlot(std::span<const float> value,
             std::span<const char> allowed,
             std::span<const float> preference) {
    return bestOf(value, allowed, preference);
}

LazyGreedy::LazyGreedy(std::span<const double> value, std::vector<char> open)
    : value_(value), open_(std::move(open)) {
    order();
}

bool LazyGreedy::isBehind(int a, int b) const {
    const double of_a = rankable(value_[toSize(a)]);
    const double of_b = rankable(value_[toSize(b)]);
    return of_a != of_b ? of_a < of_b : a > b;
}

void LazyGreedy::order() {
    heap_.clear();
    for (std::size_t j = 0; j < open_.size(); ++j) {
        if (open_[j] != 0) {
            heap_.push_back(static_cast<int>(j));
        }
    }
    std::ranges::make_heap(heap_, [this](int a, int b) { return isBehind(a, b); });
}

int LazyGreedy::take(const std::function<void(int)>& refresh,
                     const std::function<double(int)>& slack,
                     std::span<const float> preference) {
    const auto behind = [this](int a, int b) { return isBehind(a, b); };
    std::vector<char> fresh(open_.size(), 0);
    std::vector<int> looked;
    double largest = -std::numeric_limits<double>::infinity();
    // Behind the first that cannot tie, neither the best nor its tie can be.
    while (!heap_.empty() &&
           tiesWith(value_[toSize(heap_.front())] + slack(heap_.front()), largest)) {
        const int j = heap_.front();
        std::ranges::pop_heap(heap_, behind);
        heap_.pop_back();
        refresh(j);
        fresh[toSize(j)] = 1;
        looked.push_back(j);
        largest = std::max(largest, value_[toSize(j)]);
    }
    // Values that are no numbers leave nothing fresh; then the tie rule decides among all.
    const int best = bestSlot(value_, looked.empty() ? open_ : fresh, preference);
    open_[toSize(best)] = 0;
    if (looked.empty()) {
        order();
    }
    for (const int j : looked) {
        if (j != best) {
            heap_.push_back(j);
            std::ranges::push_heap(heap_, behind);
        }
    }
    return best;
}

at::Tensor rowNorms(const at::Tensor& rows) {
    return at::linalg_vector_norm(rows, 2, at::IntArrayRef{-1}, true).clamp_min(kLeastNorm);
}

at::Tensor unitRows(const at::Tensor& rows) {
    return rows.div(rowNorms(rows));
}

at::Tensor gatherRows(const at::Tensor& rows, const std::vector<std::int64_t>& slots) {
    const at::Tensor index =
        at::empty({static_cast<std::int64_t>(slots.size())}, at::TensorOptions().dtype(at::kLong));
    std::copy(slots.begin(), slots.end(), index.mutable_data_ptr<std::int64_t>());
    return at::index_select(rows, 0, sentTo(rows.device(), index));
}

std::vector<float> gatherValues(std::span<const float> values,
                                std::span<const std::int64_t> slots) {
    std::vector<float> out;
    out.reserve(slots.size());
    for (const std::int64_t slot : slots) {
        out.push_back(values[toSize(slot)]);
    }
    return out;
}

at::Tensor sentTo(const at::Device& device, const at::Tensor& host) {
    // Memory that is not pinned is copied to the driver's before the call returns; a blocking copy
    // would wait for all kernels before it.
    constexpr bool kNonBlocking = true;
    return host.to(device, host.scalar_type(), kNonBlocking);
}

std::vector<float> perPatch(int n_patches,
                            std::span<const std::int32_t> patches,
                            std::span<const float> values) {
    std::vector<float> out(toSize(n_patches), std::numeric_limits<float>::quiet_NaN());
    for (std::size_t i = 0; i < patches.size(); ++i) {
        out[toSize(patches[i])] = values[i];
    }
    return out;
}

std::vector<std::int32_t> slotFromPatch(int n_patches, std::span<const std::int32_t> kept) {
    std::vector<std::int32_t> out(toSize(n_patches), -1);
    for (std::size_t i = 0; i < kept.size(); ++i) {
        out[toSize(kept[i])] = static_cast<std::int32_t>(i);
    }
    return out;
}

std::vector<std::int32_t> slotFromPatch(int n_patches, std::span<const OutputRow> rows) {
    std::vector<std::int32_t> out(toSize(n_patches), -1);
    for (std::size_t i = 0; i < rows.size(); ++i) {
        if (rows[i].patch >= 0) {
            out[toSize(rows[i].patch)] = static_cast<std::int32_t>(i);
        }
    }
    return out;
}

std::vector<std::int32_t> patchesOf(std::span<const std::int32_t> patches,
                                    std::span<const std::int64_t> slots) {
    std::vector<std::int32_t> out;
    out.reserve(slots.size());
    for (const std::int64_t slot : slots) {
        out.push_back(patches[toSize(slot)]);
    }
    return out;
}

int keptCount(const SelectView& view) {
    require(view.budget >= 1, "select: a budget below 1");
    return std::min(view.budget, static_cast<int>(view.patches.size()));
}

at::Tensor placedRows(ShiftPlace place,
                      const at::Tensor& rows,
                      const std::function<at::Tensor(const at::Tensor&)>& project) {
    switch (place) {
        case ShiftPlace::Projected:
            return project ? project(rows) : rows;
        case ShiftPlace::Normalised:
            return unitRows(rows);
        case ShiftPlace::Encoder:
            break;
    }
    return rows;
}

ShiftSummary measuredShift(const SelectView& view,
                           const at::Tensor& kept_tokens,
                           const ShiftReference* reference) {
    return measuredShift(view.settings,
                         reference != nullptr ? reference : view.full,
                         placedRows(view.settings.place, kept_tokens, view.project));
}

ShiftSummary measuredShift(const RunSettings& settings,
                           const ShiftReference* reference,
                           const at::Tensor& placed_rows) {
    ShiftSummary out;
    out.metric = settings.metric;
    out.place = settings.place;
    out.tau = settings.tau;
    if (reference != nullptr &&
        placed_rows.size(0) > 0) {  // broken weights may leave padding alone
        ShiftValue shift = reference->measure(toHost(placed_rows).view(), kListedChannels);
        out.kappa = shift.value;
        out.mean_term = shift.mean_term;
        out.variance_term = shift.variance_term;
        out.channels = std::move(shift.channels);
    }
    return out;
}

}  // namespace prunescope
