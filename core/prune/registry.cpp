#include "core/base/error.h"
#include "core/prune/avgpool.h"
#include "core/prune/cdpruner.h"
#include "core/prune/cls_topk.h"
#include "core/prune/dart.h"
#include "core/prune/dcp.h"
#include "core/prune/divprune.h"
#include "core/prune/fastv.h"
#include "core/prune/flowcut.h"
#include "core/prune/grid.h"
#include "core/prune/holov.h"
#include "core/prune/none.h"
#include "core/prune/prumerge.h"
#include "core/prune/prune_method.h"
#include "core/prune/prunesid.h"
#include "core/prune/pyramiddrop.h"
#include "core/prune/random.h"
#include "core/prune/row_plan.h"
#include "core/prune/scope.h"
#include "core/prune/sparsevlm.h"
#include "core/prune/tome.h"
#include "core/prune/visionzip.h"
#include "core/prune/vispruner.h"

#include <array>
#include <numeric>
#include <string_view>

namespace prunescope {

namespace {

template <typename Method>
std::unique_ptr<PruneMethod> make() {
    return std::make_unique<Method>();
}

struct Entry {
    std::string_view id;
    std::unique_ptr<PruneMethod> (*make)();
};

// In the order of the catalog. A table, not static constructors: a static library drops objects
// that nothing names.
constexpr std::array kMethods{
    Entry{kUnprunedMethod, &make<KeepAll>},
    Entry{"random", &make<RandomKeep>},
    Entry{"grid", &make<GridKeep>},
    Entry{"cls-topk", &make<ClsTopK>},
    Entry{"dcp", &make<DcpPrune>},
    Entry{"visionzip", &make<VisionZip>},
    Entry{"holov", &make<HoloV>},
    Entry{"flowcut", &make<FlowCut>},
    Entry{"prunesid", &make<PruneSid>},
    Entry{"scope", &make<Scope>},
    Entry{"vispruner", &make<VisPruner>},
    Entry{"divprune", &make<DivPrune>},
    Entry{"cdpruner", &make<CdPruner>},
    Entry{"tome", &make<ToMe>},
    Entry{"prumerge", &make<PruMerge>},
    Entry{"avgpool", &make<AveragePool>},
    Entry{"fastv", &make<FastV>},
    Entry{"sparsevlm", &make<SparseVlm>},
    Entry{"pyramiddrop", &make<PyramidDrop>},
    Entry{"dart", &make<Dart>},
};

}  // namespace

LayerOutcome PruneMethod::afterLayer(const LayerView&) const {
    return {};
}

int PruneMethod::encoderTarget(const RunSettings&, const PatchGrid&, int budget) const {
    return budget;
}

Selection PruneMethod::select(const SelectView& view) const {
    const SlotRules rules = slotRules(view.rules, view.patches);
    if (rules.bans() > 0) {
        const Stopwatch watch;
        std::vector<std::int64_t> slots(view.patches.size());
        std::iota(slots.begin(), slots.end(), 0);
        std::erase_if(slots, [&](std::int64_t slot) { return rules.isBanned(toSize(slot)); });
        Selection out = plainSelection(view, slots, {}, watch);
        out.stages.back().name = "ban";
        return out;
    }
    Selection out;
    out.tokens = view.tokens;
    out.rows = patchRows(view.patches);
    out.kept = view.patches;
    out.shift = measuredShift(view, view.tokens);
    return out;
}

DecoderReduction PruneMethod::beforeDecoderLayer(const DecoderView&) const {
    throw Error(ErrorCode::Internal, "This method does not prune inside the language model.");
}

std::unique_ptr<PruneMethod> makeMethod(const std::string& id) {
    for (const Entry& entry : kMethods) {
        if (entry.id == id) {
            return entry.make();
        }
    }
    throw Error(ErrorCode::Usage, "there is no pruning method \"" + id + "\"");
}

}  // namespace prunescope
