#include "core/prune/random.h"

#include "core/base/random.h"
#include "core/prune/row_plan.h"

namespace prunescope {

Selection RandomKeep::select(const SelectView& view) const {
    const Stopwatch watch;
    const std::vector<std::int32_t> drawn = drawWithoutReplacement(
        static_cast<std::int32_t>(view.patches.size()), keptCount(view), view.settings.seed);
    return plainSelection(view, {drawn.begin(), drawn.end()}, {}, watch);
}

}  // namespace prunescope
