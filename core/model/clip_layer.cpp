#include "core/model/clip_layer.h"

#include <ATen/TensorOperators.h>

namespace prunescope {

ClipLayer readClipLayer(const WeightMap& weights, const std::string& name) {
    return {weights.norm(name + ".layer_norm1"),
            weights.linear(name + ".self_attn.q_proj"),
            weights.linear(name + ".self_attn.k_proj"),
            weights.linear(name + ".self_attn.v_proj"),
            weights.linear(name + ".self_attn.out_proj"),
            weights.norm(name + ".layer_norm2"),
            weights.linear(name + ".mlp.fc1"),
            weights.linear(name + ".mlp.fc2")};
}

at::Tensor clipFeedForward(const ClipLayer& layer,
                           Activation activation,
                           double layer_norm_eps,
                           const at::Tensor& x) {
    const at::Tensor y = layerNorm(layer.norm2, x, layer_norm_eps);
    return x + applyLinear(layer.fc2, activate(activation, applyLinear(layer.fc1, y)));
}

}  // namespace prunescope
