#include "core/engine/visual_rows.h"

#include "core/base/error.h"
#include "core/engine/stage_tools.h"
#include "core/prune/select.h"

#include <algorithm>

#include <ATen/ops/cat.h>
#include <c10/core/InferenceMode.h>

namespace prunescope {

namespace {

std::string nameOf(const ViewPatch& patch, const RunTrace& trace) {
    return "patch " + std::to_string(patch.patch) +
           (trace.views.size() > 1 ? " of view " + std::to_string(patch.view) : "");
}

auto standsFor(const ViewPatch& patch) {
    return [patch](const PlacedRow& placed) {
        return placed.view == patch.view && placed.row.patch == patch.patch && patch.patch >= 0;
    };
}

}  // namespace

std::vector<PlacedRow> visualRows(const RunContext& context,
                                  const PerView<SelectedTokens>& selections) {
    std::vector<PlacedRow> rows;
    for (std::size_t v = 0; v < selections.size(); ++v) {
        const int view = static_cast<int>(v);
        if (holdsCls(context)) {
            rows.push_back({view, {RowKind::Cls, -1}});
        }
        for (const OutputRow& row : selections[v]->selection.rows) {
            rows.push_back({view, row});
        }
    }
    return rows;
}

int rowOf(const std::vector<PlacedRow>& rows, const ViewPatch& patch) {
    const auto found = std::ranges::find_if(rows, standsFor(patch));
    if (found == rows.end()) {
        throw Error(ErrorCode::Usage,
                    "No kept token stands for patch " + std::to_string(patch.patch) + " of view " +
                        std::to_string(patch.view) + ".",
                    "Choose among the kept patches of this run.");
    }
    return static_cast<int>(found - rows.begin());
}

int placeFor(const std::vector<PlacedRow>& rows, const ViewPatch& patch, const RunTrace& trace) {
    if (patch.view < 0 || toSize(patch.view) >= trace.views.size() || patch.patch < 0 ||
        patch.patch >= trace.views[toSize(patch.view)].grid.count()) {
        throw Error(ErrorCode::Usage, "There is no " + nameOf(patch, trace) + ".");
    }
    if (std::ranges::any_of(rows, standsFor(patch))) {
        throw Error(ErrorCode::Usage,
                    "A kept token stands for " + nameOf(patch, trace) + " already.",
                    "Choose among the dropped patches of this run.");
    }
    int behind = 0;
    for (std::size_t i = 0; i < rows.size(); ++i) {
        if (rows[i].view != patch.view || rows[i].row.kind == RowKind::Padding) {
            continue;
        }
        if (rows[i].row.patch > patch.patch) {
            return static_cast<int>(i);
        }
        behind = static_cast<int>(i) + 1;
    }
    return behind;
}

at::Tensor projectedPatch(const RunContext& context,
                          const PerView<FullFeatures>& full,
                          const ViewPatch& patch) {
    const at::Tensor& features = full.at(toSize(patch.view))->output.features;
    return context.vlm.project(features.narrow(0, patch.patch, 1));
}

at::Tensor withoutRow(const at::Tensor& visual, int row) {
    return at::cat({visual.narrow(0, 0, row), visual.slice(0, row + 1)}, 0);
}

at::Tensor withRow(const at::Tensor& visual, int place, const at::Tensor& added) {
    return at::cat({visual.narrow(0, 0, place), added, visual.slice(0, place)}, 0);
}

void requireRowsBeforeModel(const RunContext& context) {
    const MethodSpec& spec = methodOf(context);
    if (spec.in_decoder) {
        throw Error(ErrorCode::Usage,
                    spec.title +
                        " prunes inside the language model: every token has been read by others "
                        "before it leaves, so none can be taken out of the answer alone.",
                    "Choose a method that prunes before the language model.");
    }
}

at::Tensor changedRows(const RunContext& context,
                       const PerView<FullFeatures>& full,
                       const PerView<SelectedTokens>& selections,
                       at::Tensor visual,
                       RunTrace& trace) {
    const RunRequest& request = context.request;
    if (request.omit.empty() && request.leave_in.empty()) {
        return visual;
    }
    const c10::InferenceMode guard;
    std::vector<PlacedRow> rows = visualRows(context, selections);
    for (const ViewPatch& patch : request.leave_in) {
        const int place = placeFor(rows, patch, trace);
        visual = withRow(visual, place, projectedPatch(context, full, patch));
        rows.insert(rows.begin() + place, {patch.view, {RowKind::Patch, patch.patch}});
        trace.notes.push_back("The answer is given with " + nameOf(patch, trace) +
                              " put back after the selection.");
    }
    for (const ViewPatch& patch : request.omit) {
        const int row = rowOf(rows, patch);
        visual = withoutRow(visual, row);
        rows.erase(rows.begin() + row);
        trace.notes.push_back("The answer is given without the token of " + nameOf(patch, trace) +
                              ", taken away after the selection.");
    }
    trace.tokens.visual_kept = static_cast<int>(rows.size());
    trace.tokens.sameInEveryLayer();
    return visual;
}

}  // namespace prunescope
