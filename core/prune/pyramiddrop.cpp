#include "core/prune/pyramiddrop.h"

#include "core/prune/decoder_score.h"
#include "core/prune/select.h"

namespace prunescope {

DecoderReduction PyramidDrop::beforeDecoderLayer(const DecoderView& view) const {
    DecoderReduction out;
    out.name = "drop";
    out.score = visualAttention(view.next_attention({view.n_rows - 1}), view);
    out.keep = topSlots(out.score, view.stop.keep, view.rules);
    out.positions = DecoderReduction::Positions::Renumber;
    return out;
}

}  // namespace prunescope
