#include "core/prune/none.h"

#include "core/prune/select.h"

namespace prunescope {

Selection KeepAll::select(const SelectView& view) const {
    Selection out;
    out.tokens = view.tokens;
    out.kept = view.patches;
    out.shift = measuredShift(view, view.tokens);
    return out;
}

}  // namespace prunescope
