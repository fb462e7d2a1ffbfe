#include "core/prune/fastv.h"

#include "core/prune/decoder_score.h"
#include "core/prune/select.h"

#include <numeric>

namespace prunescope {

DecoderReduction FastV::beforeDecoderLayer(const DecoderView& view) const {
    std::vector<std::int64_t> queries{view.n_rows - 1};
    if (choiceParam(*findMethod("fastv"), view.settings, "query") == "all") {
        queries.resize(toSize(view.n_rows));
        std::iota(queries.begin(), queries.end(), 0);
    }
    DecoderReduction out;
    out.name = "select";
    out.score = visualAttention(view.attention(queries), view);
    out.keep = topSlots(out.score, view.stop.keep, view.rules);
    return out;
}

}  // namespace prunescope
