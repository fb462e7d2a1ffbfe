#include "core/prune/dart.h"

#include "core/prune/cover.h"
#include "core/prune/select.h"

#include <algorithm>
#include <limits>
#include <span>

#include <ATen/ops/abs.h>
#include <ATen/ops/sum.h>

namespace prunescope {

namespace {

/// Rows first..first+n-1 with the largest key norms, at most `count`, as places in the sequence.
std::vector<std::int64_t> pivotsAmong(const std::vector<float>& norms,
                                      std::int64_t first,
                                      std::int64_t n,
                                      int count,
                                      const SlotRules& rules) {
    const std::span<const float> part = std::span(norms).subspan(toSize(first), toSize(n));
    std::vector<std::int64_t> rows =
        topSlots(part, static_cast<int>(std::min<std::int64_t>(count, n)), rules);
    for (std::int64_t& row : rows) {
        row += first;
    }
    return rows;
}

int wholeParam(const DecoderView& view, const char* name) {
    return static_cast<int>(numberParam(*findMethod("dart"), view.settings, name));
}

}  // namespace

DecoderReduction Dart::beforeDecoderLayer(const DecoderView& view) const {
    const at::Tensor keys = view.keys();
    const std::vector<float> norms = toHostVector(at::sum(at::abs(keys), at::IntArrayRef{0, 2}));
    const int keep = view.stop.keep;
    const int n_image = std::min(wholeParam(view, "image_pivots"), keep);
    std::vector<std::int64_t> pivots =
        pivotsAmong(norms, view.first_visual, view.n_visual, n_image, view.rules);
    std::vector<char> taken(toSize(view.n_visual), 0);
    DecoderReduction out;
    out.name = "select";
    out.score.assign(toSize(view.n_visual), std::numeric_limits<float>::quiet_NaN());
    for (const std::int64_t pivot : pivots) {
        taken[toSize(pivot - view.first_visual)] = 1;
        out.score[toSize(pivot - view.first_visual)] = 1.0F;
    }
    int n_taken = n_image;
    for (const std::int64_t row : view.rules.pinnedSlots()) {  // those that are no pivots
        n_taken += taken[toSize(row)] == 0 ? 1 : 0;
        taken[toSize(row)] = 1;
    }
    const std::vector<std::int64_t> text_pivots =
        pivotsAmong(norms, view.firstText(), view.textRows(), wholeParam(view, "text_pivots"), {});
    pivots.insert(pivots.end(), text_pivots.begin(), text_pivots.end());

    const at::Tensor y = view.normed();
    const FineCosines cosines =
        fineCosines(gatherRows(y, pivots), y.narrow(0, view.first_visual, view.n_visual));
    const int left = keep - n_taken;
    const auto n_pivots = static_cast<int>(pivots.size());
    for (int p = 0; p < n_pivots; ++p) {
        const int share = left / n_pivots + (p < left % n_pivots ? 1 : 0);
        const std::span<const double> row = cosines.row(p);
        std::vector<std::int64_t> candidates;
        std::vector<float> unlike;
        for (std::int64_t i = 0; i < view.n_visual; ++i) {
            if (taken[toSize(i)] == 0) {
                candidates.push_back(i);
                unlike.push_back(static_cast<float>(-row[toSize(i)]));
            }
        }
        for (const std::int64_t place : topSlots(unlike, share)) {
            const std::int64_t i = candidates[toSize(place)];
            taken[toSize(i)] = 1;
            out.score[toSize(i)] = 1.0F + unlike[toSize(place)];
        }
    }
    for (std::int64_t i = 0; i < view.n_visual; ++i) {
        if (taken[toSize(i)] != 0) {
            out.keep.push_back(i);
        }
    }
    return out;
}

}  // namespace prunescope
