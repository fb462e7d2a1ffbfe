#pragma once

#include "core/model/clip_layer.h"
#include "core/model/config.h"
#include "core/model/vlm.h"
#include "core/model/weights.h"

#include <stop_token>
#include <vector>

#include <ATen/core/Tensor.h>

namespace prunescope {

/// A CLIP vision tower up to layer S. Rows are [CLS, patches…].
class VisionEncoder {
public:
    VisionEncoder(const VlmConfig& config, const WeightMap& weights);

    /// As Vlm::encode. @param pixels  float32 [3, H, W]
    EncoderOutput operator()(const at::Tensor& pixels,
                             const EncoderHook& hook,
                             bool want_hidden,
                             const std::stop_token& stop) const;

    /// As Vlm::wideAttention.
    WideAttention wideAttention(const at::Tensor& next_input) const;

    /// One layer that the model does not run, for what the tower would give after S.
    /// @param x       [1 + n, D] the output of layer - 1, any dtype
    /// @param weights of this layer
    /// @return        float32 [1 + n, D]
    at::Tensor deeper(const at::Tensor& x,
                      int layer,
                      const WeightMap& weights,
                      const std::stop_token& stop) const;

private:
    struct Pass;

    /// What PruMerge reads of layer min(S + 1, last); undefined where the checkpoint lacks it.
    struct NextLayer {
        Norm norm1;
        Linear q, k;
    };

    /// What attention leaves for the hook and the output.
    struct Attended {
        at::Tensor out;            // [1 + n, D]
        at::Tensor cls_attention;  // float32 [H, 1 + n], undefined unless asked for
        at::Tensor keys;           // float32 [H, 1 + n, dh]
        at::Tensor values;         // float32 [H, 1 + n, dh]
    };

    static ClipLayer readLayer(const WeightMap& weights, int layer);
    at::Tensor embedPatches(const at::Tensor& pixels) const;
    Attended attend(const ClipLayer& layer,
                    const at::Tensor& x,
                    const at::Tensor& key_bias,
                    bool want_taps) const;
    at::Tensor feedForward(const ClipLayer& layer, const at::Tensor& x) const;

    VisionConfig config_;
    std::vector<int> feature_layers_;
    int last_layer_;
    at::Tensor class_embedding_;     // [D]
    at::Tensor position_embedding_;  // [1 + N, D]
    at::Tensor patch_weight_;        // [D, 3, P, P]
    Norm pre_norm_;
    std::vector<ClipLayer> layers_;
    NextLayer next_;
};

}  // namespace prunescope
