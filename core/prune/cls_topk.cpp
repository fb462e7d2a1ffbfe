#include "core/prune/cls_topk.h"

#include "core/prune/encoder_score.h"
#include "core/prune/row_plan.h"

namespace prunescope {

Selection ClsTopK::select(const SelectView& view) const {
    const Stopwatch watch;
    const std::vector<float> score = toHostVector(clsScore(view.cls_attention));
    return plainSelection(view, topSlots(score, keptCount(view)), score, watch);
}

}  // namespace prunescope
