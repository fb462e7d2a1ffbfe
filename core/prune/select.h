#pragma once

#include "core/metric/shift.h"
#include "core/prune/prune_method.h"
#include "core/prune/slot_rules.h"

#include <chrono>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include <ATen/core/Tensor.h>

namespace prunescope {

/// Building blocks that several methods share: host copies, ranking with settled ties, and the
/// trace of a plain selection. Index logic runs on the host in plain loops: the sets are small, and
/// a LibTorch call per token would cost more than the work.

/// floor(x + 1/2), the only rounding in use (methods.md 4.4).
int roundHalfUp(double x);

template <typename Integer>
constexpr std::size_t toSize(Integer value) {
    return static_cast<std::size_t>(value);
}

/// A float32 matrix on the host, row-major.
struct HostMatrix {
    std::vector<float> values;
    int rows = 0;
    int cols = 0;

    std::span<const float> row(int i) const {
        return std::span(values).subspan(toSize(i) * toSize(cols), toSize(cols));
    }

    TokenMatrix view() const { return {values, rows, cols}; }
};

/// Any device, any dtype, [n] or [n, m]. A vector becomes one column.
HostMatrix toHost(const at::Tensor& tensor);
std::vector<float> toHostVector(const at::Tensor& tensor);

/// float32 [rows, cols] on `like`'s device.
at::Tensor toDevice(const std::vector<float>& values, int rows, int cols, const at::Tensor& like);

/// Slots of the k largest scores, one after the other. Scores within 1e-6 of the largest left,
/// relative, are ties and go to the lower slot (methods.md 4.4); NaN ranks last.
/// Pinned ones come first, in the same order among each other; banned ones never.
std::vector<std::int64_t> rankedSlots(std::span<const double> score,
                                      int k,
                                      const SlotRules& rules = {});
std::vector<std::int64_t> rankedSlots(std::span<const float> score,
                                      int k,
                                      const SlotRules& rules = {});

/// The same slots, ascending.
std::vector<std::int64_t> topSlots(std::span<const float> score,
                                   int k,
                                   const SlotRules& rules = {});

/// The slot with the largest value among `allowed` (empty: all). Values within 1e-6 of the largest,
/// relative, are ties: larger `preference` (empty: none) by the same tolerance, then lower slot.
/// methods.md 4.4.
int bestSlot(std::span<const double> value,
             std::span<const char> allowed,
             std::span<const float> preference);
int bestSlot(std::span<const float> value,
             std::span<const char> allowed,
             std::span<const float> preference);

/// The least value that ties with `largest` under the rule above.
inline double tieBar(double largest) {
    constexpr double kTie = 1e-6;  // relative, methods.md 4.4
    return largest - kTie * std::fabs(largest);
}

/// Whether `value` ties with `largest`.
inline bool tiesWith(double value, double largest) {
    return value >= tieBar(largest);
}

/// A greedy choice by values that only fall as it goes on: an old one is an upper bound, and is
/// brought up to date where it could still win. Between two choices no value of an open slot
/// changes.
class LazyGreedy {
public:
    /// `value` outlives this.
    LazyGreedy(std::span<const double> value, std::vector<char> open);

    /// Takes out the open slot with the largest value, by the tie rule of bestSlot(). At least one
    /// is open.
    /// @param refresh  brings the value of a slot up to date
    /// @param slack    how much a value may grow by that, for rounding
    int take(const std::function<void(int)>& refresh,
             const std::function<double(int)>& slack,
             std::span<const float> preference);

private:
    /// Whether a comes behind b: larger values first, no number last, of equals the lower slot.
    bool isBehind(int a, int b) const;
    void order();

    std::span<const double> value_;
    std::vector<char> open_;
    std::vector<int> heap_;  ///< the open slots
};

/// float32 [n, 1] lengths of the rows, at least 1e-12.
at::Tensor rowNorms(const at::Tensor& rows);

/// Rows scaled to length 1 (zero rows stay zero), so that products are cosines.
at::Tensor unitRows(const at::Tensor& rows);

at::Tensor gatherRows(const at::Tensor& rows, const std::vector<std::int64_t>& slots);

/// The same of values on the host.
std::vector<float> gatherValues(std::span<const float> values, std::span<const std::int64_t> slots);

/// A host tensor on `device`, without waiting for what the device still has to do. The values are
/// taken when this returns.
at::Tensor sentTo(const at::Device& device, const at::Tensor& host);

/// Values of slots spread over all patches of the grid, NaN where a patch has no slot.
std::vector<float> perPatch(int n_patches,
                            std::span<const std::int32_t> patches,
                            std::span<const float> values);

/// Per patch: its place in `kept`, or -1.
std::vector<std::int32_t> slotFromPatch(int n_patches, std::span<const std::int32_t> kept);

/// The same for output rows, of which some stand for no patch.
std::vector<std::int32_t> slotFromPatch(int n_patches, std::span<const OutputRow> rows);

std::vector<std::int32_t> patchesOf(std::span<const std::int32_t> patches,
                                    std::span<const std::int64_t> slots);

/// Milliseconds since construction.
class Stopwatch {
public:
    double ms() const {
        return std::chrono::duration<double, std::milli>(Clock::now() - start_).count();
    }

private:
    using Clock = std::chrono::steady_clock;
    Clock::time_point start_ = Clock::now();
};

/// Rows as they are compared at a place. @param project  to the language model's width; where there
/// is none, ShiftPlace::Projected leaves the rows as they are
at::Tensor placedRows(ShiftPlace place,
                      const at::Tensor& rows,
                      const std::function<at::Tensor(const at::Tensor&)>& project);

/// The summary every method fills: D of the kept tokens against `reference`, or, without one,
/// against the full set. @param reference  a set at the place of the settings
ShiftSummary measuredShift(const SelectView& view,
                           const at::Tensor& kept_tokens,
                           const ShiftReference* reference = nullptr);

/// The same of rows that are at the place of the settings already; null: nothing to compare with.
ShiftSummary measuredShift(const RunSettings& settings,
                           const ShiftReference* reference,
                           const at::Tensor& placed_rows);

/// Tokens that can be kept of this pool: the budget, or all where the budget is larger.
int keptCount(const SelectView& view);

}  // namespace prunescope
