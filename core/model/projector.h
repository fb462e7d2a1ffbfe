#pragma once

#include "core/model/config.h"
#include "core/model/weights.h"

#include <ATen/core/Tensor.h>

namespace prunescope {

/// Two matrix products with an activation between: encoder width -> language model width.
class Projector {
public:
    Projector(const VlmConfig& config, const WeightMap& weights);

    /// [m, D * layers] -> [m, Dt], in the weights' dtype.
    at::Tensor operator()(const at::Tensor& features) const;

private:
    Activation activation_;
    Linear first_;
    Linear second_;
};

}  // namespace prunescope
