#include "core/engine/null_bands.h"

#include "core/base/stop.h"
#include "core/engine/parallel.h"
#include "core/engine/shift_stage.h"
#include "core/engine/stage_tools.h"

#include <algorithm>

namespace prunescope {

namespace {

std::uint64_t bandKey(const RunContext& context, std::uint64_t rows_key, int k) {
    return Hasher().add(rows_key).add(k).add(context.request.settings.seed).value();
}

/// The rows are asked for only where the band is not in the cache.
NullBand drawn(const RunContext& context,
               RunTrace& trace,
               std::uint64_t key,
               int k,
               const std::function<std::shared_ptr<const ShiftReference>()>& rows) {
    return *cached<NullBand>(context, trace, CachedStage::NullBand, key, [&] {
        constexpr int kDraws = 200;
        throwIfStopped(context.stop);
        // PruMerge+ may output an extra row beside all N patches; no draw is larger than N.
        const auto from = rows();
        return from->nullBand(
            std::min(k, from->rows()), context.request.settings.seed, kDraws, forRanges);
    });
}

}  // namespace

NullBand nullBandAt(
    const RunContext& context, RunTrace& trace, const FullFeatures& full, int layer, int k) {
    if (k < 1) {
        return {};
    }
    const std::uint64_t key = bandKey(context, referenceKey(context, full, layer), k);
    return drawn(context, trace, key, k, [&] { return referenceAt(context, trace, full, layer); });
}

NullBands::NullBands(const RunContext& context,
                     const PerView<FullFeatures>& full,
                     const std::optional<PrunedPrompt>& pruned,
                     RunTrace& trace)
    : context_(context), trace_(trace) {
    for (std::size_t v = 0; v < full.size(); ++v) {
        addBands(v, full, pruned ? &*pruned : nullptr);
    }
    std::erase_if(open_, [this](const Band& band) {
        const bool is_known = context_.cache.contains(CachedStage::NullBand, band.key);
        if (is_known) {
            fill(band);
        }
        return is_known;
    });
}

// The bands of a view's stages in their order, then that of its result.
void NullBands::addBands(std::size_t v,
                         const PerView<FullFeatures>& full,
                         const PrunedPrompt* pruned) {
    ViewTrace& view = trace_.views[v];
    const int n_measured = measuredRows(view);
    if (n_measured < 1) {
        view.shift.null_band = {};  // that of the threshold is none of these rows
    }
    const auto add = [&](int stage, std::uint64_t rows_key, int k, auto rows) {
        if (k > 0) {
            open_.push_back({v, stage, bandKey(context_, rows_key, k), k, std::move(rows)});
        }
    };
    const auto add_at = [&](int stage, int layer, int k) {
        add(stage, referenceKey(context_, *full[v], layer), k, [this, full = full[v].get(), layer] {
            return referenceAt(context_, trace_, *full, layer);
        });
    };
    int nth_in_decoder = 0;
    for (std::size_t s = 0; s < view.stages.size(); ++s) {
        const StageTrace& stage = view.stages[s];
        const auto index = static_cast<int>(s);
        if (stage.site.kind == Site::Kind::DecoderLayer) {
            const int nth = nth_in_decoder++;
            const auto rows_key =
                Hasher().add(pruned->key).add(static_cast<int>(v)).add(nth).value();
            add(index, rows_key, stage.tokens_out, [outcome = pruned->outcome, v, nth] {
                const DecoderViewOutcome& chosen = outcome->views.at(v);
                return std::shared_ptr<const ShiftReference>(
                    outcome, &chosen.before.at(static_cast<std::size_t>(nth)));
            });
        } else if (stage.site.kind == Site::Kind::EncoderLayer) {
            add_at(index, stage.site.layer, std::min(stage.tokens_out, view.grid.count()));
        } else {
            add_at(index, kSelectedPlace, std::min(stage.tokens_out, n_measured));
        }
    }
    constexpr int kResult = -1;
    add_at(kResult, kSelectedPlace, n_measured);
}

void NullBands::fill(const Band& band) {
    ViewTrace& view = trace_.views[band.view];
    NullBand& shown = band.stage < 0 ? view.shift.null_band
                                     : view.stages[static_cast<std::size_t>(band.stage)].null_band;
    shown = drawn(context_, trace_, band.key, band.k, band.rows);
    dropNonFinite(view);
}

bool NullBands::drawUntil(Clock::time_point until) {
    if (areComplete()) {
        return false;
    }
    std::size_t n_drawn = 0;
    while (n_drawn < open_.size() && Clock::now() < until) {
        fill(open_[n_drawn++]);
    }
    open_.erase(open_.begin(), open_.begin() + static_cast<std::ptrdiff_t>(n_drawn));
    return areComplete();
}

}  // namespace prunescope
