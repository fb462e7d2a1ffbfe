#pragma once

#include "core/prune/catalog.h"
#include "core/prune/decoder_plan.h"

#include <optional>
#include <vector>

namespace prunescope {

/// "k tokens" means three things (methods.md 0.4). A method that prunes before the language model
/// has the same number in all three.
struct VisualCounts {
    int final = 0;             ///< visual tokens that remain at the end
    double layer_mean_in = 0;  ///< mean over decoder layers of the visual tokens that enter a layer
    double layer_mean_out = 0;  ///< the same of those that leave it: pruning between two layers is
                                ///< booked on the layer before, as SparseVLM's lists are

    bool operator==(const VisualCounts&) const = default;
};

/// Which of the two layer means equal budgets are made of.
enum class CountBasis { LayerInputs, LayerOutputs };

/// [L] visual tokens that enter each decoder layer.
std::vector<int> layerInputs(const DecoderPlan& plan, const DecoderShape& shape);

VisualCounts visualCounts(const DecoderPlan& plan, const DecoderShape& shape);

/// The method's counts at the settings' budget, before anything runs. Extra rows of vision-side
/// methods are not known here.
VisualCounts visualCounts(const MethodSpec& method,
                          const RunSettings& settings,
                          const DecoderShape& shape);

/// The equal-budget rule of methods.md 0.4: the budget at which the mean over the layers comes
/// nearest to `k_eq`, the smaller one on a tie. FastV with K = 2 of 32 layers and N = 576 gives
/// r = (32 k_eq - 576 K) / (32 - K): 166, 98, 30 for 192, 128, 64. Methods that prune before the
/// language model get round(k_eq), at most N. Nothing when even one remaining token means more
/// (FastV below 36). `settings.budget` and `shape.budget` are not read.
std::optional<int> equalBudget(const MethodSpec& method,
                               const RunSettings& settings,
                               const DecoderShape& shape,
                               double k_eq,
                               CountBasis basis);

}  // namespace prunescope
