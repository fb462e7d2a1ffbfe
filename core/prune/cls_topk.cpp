#include "core/prune/cls_topk.h"

#include "core/prune/encoder_score.h"
#include "core/prune/row_plan.h"

namespace prunescope {

Selection ClsTopK::select(const SelectView& view) const {
    const Stopwatch watch;
    const std::vector<float> score = toHostVector(clsScore(view.cls_attention));
    const SlotRules rules = slotRules(view.rules, view.patches);
    return plainSelection(view, topSlots(score, keptCount(view), rules), score, watch);
}

}  // namespace prunescope
