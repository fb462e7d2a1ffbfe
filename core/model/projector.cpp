#include "core/model/projector.h"

#include "core/base/error.h"
#include "core/model/layers.h"

namespace prunescope {

Projector::Projector(const VlmConfig& config, const WeightMap& weights)
    : activation_(config.projector_activation),
      first_(weights.linear("proj.linear_1")),
      second_(weights.linear("proj.linear_2")) {}

at::Tensor Projector::operator()(const at::Tensor& features) const {
    require(features.dim() == 2 && features.size(1) == first_.weight.size(1),
            "projector input must be [m, " + std::to_string(first_.weight.size(1)) + "]");
    const at::Tensor x = features.to(first_.weight.device(), first_.weight.scalar_type());
    return applyLinear(second_, activate(activation_, applyLinear(first_, x)));
}

}  // namespace prunescope
