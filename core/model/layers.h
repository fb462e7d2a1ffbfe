#pragma once

#include "core/model/config.h"
#include "core/model/weights.h"

#include <ATen/core/Tensor.h>

namespace prunescope {

/// The building blocks, as free functions over rows: [n, D] in the model's dtype unless said.

/// [n, in] -> [n, out]
at::Tensor applyLinear(const Linear& linear, const at::Tensor& x);

at::Tensor activate(Activation activation, const at::Tensor& x);

at::Tensor layerNorm(const Norm& norm, const at::Tensor& x, double eps);

/// x / rms(x) in float32, cast to the model's dtype, then times the weight: multiplying before the
/// cast, as fused kernels do, gives other bf16 values than Hugging Face.
at::Tensor rmsNorm(const Norm& norm, const at::Tensor& x, double eps);

/// [n, H * dh] -> [H, n, dh]
at::Tensor splitHeads(const at::Tensor& x, std::int64_t n_heads);

/// [H, n, dh] -> [n, H * dh]
at::Tensor joinHeads(const at::Tensor& x);

/// Cosines and sines of rotary positions; the half table stands twice side by side.
struct RotaryTable {
    at::Tensor cosines;  ///< [T, dh] computed in float32, in the model's dtype
    at::Tensor sines;    ///< [T, dh]
};

/// float32 [dh / 2] radians per position.
at::Tensor rotaryFrequencies(std::int64_t head_dim, double theta, const at::Device& device);

RotaryTable makeRotaryTable(std::int64_t positions,
                            std::int64_t head_dim,
                            double theta,
                            const at::TensorOptions& options);

/// Rows of the table at position ids [n].
RotaryTable rowsOf(const RotaryTable& table, const at::Tensor& positions);

/// Rotates [H, n, dh] by rows [n, dh] of the table: x cos + rotateHalf(x) sin.
at::Tensor rotate(const at::Tensor& x, const at::Tensor& cosines, const at::Tensor& sines);

}  // namespace prunescope
