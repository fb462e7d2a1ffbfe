#include "tests/engine/new_method/stripe.h"

#include "core/prune/row_plan.h"

#include <ATen/ops/zeros.h>

namespace prunescope {

Selection Stripe::select(const SelectView& view) const {
    const Stopwatch watch;
    const MethodParams params(view.settings);
    const std::int64_t k = keptCount(view);
    const auto n = static_cast<std::int64_t>(view.patches.size());
    std::vector<char> kept(toSize(n), 0);
    RowPlan plan;
    for (std::int64_t i = 0; i < k; ++i) {
        const std::int64_t slot = (params.integer("offset") + i * n / k) % n;
        kept[toSize(slot)] = 1;
        plan.rows.push_back({i + 1 < k ? RowKind::Patch : RowKind::Merged, slot});
    }
    kept[toSize(plan.rows.back().slot)] = 0;
    plan.mix = at::zeros({k, n}, at::TensorOptions().dtype(at::kFloat));
    for (std::int64_t slot = 0; slot < n; ++slot) {
        if (kept[toSize(slot)] == 0) {
            plan.mix.select(0, k - 1)
                .narrow(0, slot, 1)
                .fill_(1.0 / static_cast<double>(n - k + 1));
        }
    }
    return planned(view, plan, watch);
}

}  // namespace prunescope
