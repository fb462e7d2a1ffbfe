#include "core/prune/row_plan.h"

#include "core/base/error.h"
#include "core/prune/mixing.h"

#include <algorithm>
#include <utility>

#include <ATen/ops/cat.h>

namespace prunescope {

namespace {

bool isMixed(RowKind kind) {
    return kind == RowKind::Merged || kind == RowKind::Extra;
}

// Rows of the pool that leave, by what they hand to every output row.
struct Shares {
    std::vector<Transfer> transfers;
    std::vector<float> mass;  // per output row
};

at::Tensor mixedPart(const RowPlan& plan) {
    std::vector<std::int64_t> mixed;
    for (std::size_t r = 0; r < plan.rows.size(); ++r) {
        if (isMixed(plan.rows[r].kind)) {
            mixed.push_back(static_cast<std::int64_t>(r));
        }
    }
    require(plan.mix.defined(), "a plan with merged rows needs its mix");
    return gatherRows(plan.mix, mixed);
}

// [m, D]: rows of the pool, of the merged rows behind it and of CLS behind these, in plan order.
at::Tensor tokensOf(const SelectView& view, const RowPlan& plan) {
    const std::int64_t pool = view.tokens.size(0);
    std::vector<std::int64_t> source;
    std::int64_t n_mixed = 0;
    bool has_cls = false;
    for (const PlannedRow& row : plan.rows) {
        n_mixed += isMixed(row.kind) ? 1 : 0;
        has_cls = has_cls || row.kind == RowKind::Cls;
    }
    std::int64_t next_mixed = pool;
    for (const PlannedRow& row : plan.rows) {
        if (row.kind == RowKind::Patch) {
            source.push_back(row.slot);
        } else if (isMixed(row.kind)) {
            source.push_back(next_mixed++);
        } else if (row.kind == RowKind::Cls) {
            source.push_back(pool + n_mixed);
        }
    }
    at::Tensor rows = view.tokens;
    if (n_mixed > 0) {
        rows = at::cat({rows, mixedRows(mixedPart(plan), rows)}, 0);
    }
    if (has_cls) {
        require(view.cls.defined(), "a plan with CLS needs the view's CLS row");
        rows = at::cat({rows, view.cls}, 0);
    }
    return gatherRows(rows, source);
}

// The plan's mix with the rows that are taken as they are; CLS rows are 0.
at::Tensor mixOf(const RowPlan& plan, std::int64_t n_rows) {
    if (!plan.mix.defined()) {
        return {};
    }
    const at::Tensor out = plan.mix.to(at::kCPU, at::kFloat).slice(0, 0, n_rows).clone();
    for (std::int64_t r = 0; r < n_rows; ++r) {
        const PlannedRow& row = plan.rows[toSize(r)];
        if (!isMixed(row.kind)) {
            at::Tensor weights = out.select(0, r);
            weights.zero_();
            if (row.kind == RowKind::Patch) {
                weights.narrow(0, row.slot, 1).fill_(1.0);
            }
        }
    }
    return out;
}

// What the rows that leave hand on: their share in every mixed row, and the masses that follow.
Shares sharesOf(const SelectView& view, const RowPlan& plan, std::span<const OutputRow> rows) {
    const std::size_t pool = view.patches.size();
    const std::vector<float>& own = view.mass;
    std::vector<char> stays(pool, 0);
    Shares out;
    for (const PlannedRow& row : plan.rows) {
        const float start = row.kind == RowKind::Cls ? 1.0F : 0.0F;
        out.mass.push_back(row.slot >= 0 ? own[toSize(row.slot)] : start);
        if (row.slot >= 0) {
            stays[toSize(row.slot)] = 1;
        }
    }
    if (!plan.mix.defined()) {
        return out;
    }
    const HostMatrix mix = toHost(plan.mix);
    std::vector<double> sent(pool, 0.0);
    for (std::size_t r = 0; r < plan.rows.size(); ++r) {
        for (std::size_t j = 0; isMixed(plan.rows[r].kind) && j < pool; ++j) {
            sent[j] += static_cast<double>(mix.row(static_cast<int>(r))[j]);
        }
    }
    for (std::size_t r = 0; r < plan.rows.size(); ++r) {
        for (std::size_t j = 0; isMixed(plan.rows[r].kind) && j < pool; ++j) {
            const float weight = mix.row(static_cast<int>(r))[j];
            if (stays[j] == 0 && weight > 0) {
                const auto share = static_cast<float>(static_cast<double>(weight) / sent[j]);
                out.transfers.push_back({view.patches[j], rows[r].patch, share});
                out.mass[r] += own[j] * share;
            }
        }
    }
    return out;
}

}  // namespace

at::Tensor reducedRows(const Reduction& reduction, const at::Tensor& rows) {
    if (!reduction.mix.defined()) {
        return gatherRows(rows, reduction.keep);
    }
    const at::Tensor mixed = mixedRows(reduction.mix, rows);
    if (!reduction.keep_norm) {
        return mixed;
    }
    return mixed.mul(rowNorms(gatherRows(rows, reduction.keep)).div(rowNorms(mixed)));
}

std::vector<OutputRow> patchRows(std::span<const std::int32_t> patches) {
    std::vector<OutputRow> out;
    out.reserve(patches.size());
    for (const std::int32_t patch : patches) {
        out.push_back({RowKind::Patch, patch});
    }
    return out;
}

std::vector<std::int32_t> keptPatches(std::span<const OutputRow> rows) {
    std::vector<std::int32_t> out;
    for (const OutputRow& row : rows) {
        if (row.patch >= 0) {
            out.push_back(row.patch);
        }
    }
    std::sort(out.begin(), out.end());
    return out;
}

Selection planned(const SelectView& view, const RowPlan& plan, const Stopwatch& watch) {
    Selection out;
    for (const PlannedRow& row : plan.rows) {
        out.rows.push_back({row.kind, row.slot < 0 ? -1 : view.patches[toSize(row.slot)]});
    }
    out.tokens = tokensOf(view, plan);
    out.kept = keptPatches(out.rows);
    out.mix = mixOf(plan, out.tokens.size(0));
    out.shift = measuredShift(view, out.tokens);

    StageTrace stage;
    stage.site = {Site::Kind::AfterEncoder, view.layer};
    stage.name = "select";
    stage.tokens_in = static_cast<int>(view.patches.size());
    stage.tokens_out = static_cast<int>(out.rows.size());
    if (!plan.score.empty()) {
        stage.score = perPatch(view.grid.count(), view.patches, plan.score);
    }
    stage.slot_from_patch = slotFromPatch(view.grid.count(), out.rows);
    if (!plan.cluster_of.empty()) {
        stage.cluster_of.assign(toSize(view.grid.count()), -1);
        for (std::size_t i = 0; i < view.patches.size(); ++i) {
            stage.cluster_of[toSize(view.patches[i])] = plan.cluster_of[i];
        }
        stage.centres = patchesOf(view.patches, plan.centres);
    }
    Shares shares = sharesOf(view, plan, out.rows);
    stage.transfers = std::move(shares.transfers);
    if (std::ranges::any_of(shares.mass, [](float mass) { return mass != 1.0F; })) {
        stage.mass = std::move(shares.mass);
    }
    stage.shift_before = out.shift.kappa;
    stage.ms = watch.ms();
    out.stages.push_back(std::move(stage));
    return out;
}

Selection plainSelection(const SelectView& view,
                         const std::vector<std::int64_t>& slots,
                         std::span<const float> score,
                         const Stopwatch& watch) {
    RowPlan plan;
    plan.score.assign(score.begin(), score.end());
    for (const std::int64_t slot : slots) {
        plan.rows.push_back({RowKind::Patch, slot});
    }
    return planned(view, plan, watch);
}

}  // namespace prunescope
