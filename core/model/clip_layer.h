#pragma once

#include "core/model/layers.h"
#include "core/model/weights.h"

#include <string>

namespace prunescope {

/// A layer of either of CLIP's towers: x += out(attention(norm1(x))), x += fc2(act(fc1(norm2(x)))).
struct ClipLayer {
    Norm norm1;
    Linear q, k, v, out;
    Norm norm2;
    Linear fc1, fc2;
};

/// @param name  "vision.encoder.layers.0"
ClipLayer readClipLayer(const WeightMap& weights, const std::string& name);

/// The second half: [n, D] -> [n, D].
at::Tensor clipFeedForward(const ClipLayer& layer,
                           Activation activation,
                           double layer_norm_eps,
                           const at::Tensor& x);

}  // namespace prunescope
