#pragma once

#include "core/engine/stages.h"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <vector>

namespace prunescope {

/// D of random draws of `k` from referenceAt(), seeded by the settings; none where k is 0.
NullBand nullBandAt(
    const RunContext& context, RunTrace& trace, const FullFeatures& full, int layer, int k);

/// The null bands of every stage and view of a trace. A stage between decoder layers draws from the
/// rows that it chose among. Refers to all that it is made from.
class NullBands {
public:
    using Clock = std::chrono::steady_clock;

    /// Fills in those that the cache holds.
    /// @param pruned  what decoderStage() gave
    NullBands(const RunContext& context,
              const PerView<FullFeatures>& full,
              const std::optional<PrunedPrompt>& pruned,
              RunTrace& trace);

    bool areComplete() const { return open_.empty(); }

    /// Draws missing ones, one after the other, and begins none at `until` or later.
    /// @return whether that made them complete
    bool drawUntil(Clock::time_point until);

    /// Draws all that are missing.
    void drawRest() { drawUntil(Clock::time_point::max()); }

private:
    struct Band {
        std::size_t view = 0;
        int stage = 0;  ///< whose band it is; -1: the view's result
        std::uint64_t key = 0;
        int k = 0;
        std::function<std::shared_ptr<const ShiftReference>()> rows;  ///< drawn from
    };

    void addBands(std::size_t v, const PerView<FullFeatures>& full, const PrunedPrompt* pruned);
    void fill(const Band& band);

    const RunContext& context_;
    RunTrace& trace_;
    std::vector<Band> open_;  // those that are missing, in the order of the stages
};

}  // namespace prunescope
