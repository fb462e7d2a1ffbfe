#include "core/model/layers.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/gelu.h>
#include <ATen/ops/layer_norm.h>
#include <ATen/ops/linear.h>
#include <ATen/ops/mean.h>
#include <ATen/ops/pow.h>
#include <ATen/ops/reciprocal.h>
#include <ATen/ops/relu.h>
#include <ATen/ops/rsqrt.h>
#include <ATen/ops/sigmoid.h>
#include <ATen/ops/silu.h>

namespace prunescope {

at::Tensor applyLinear(const Linear& linear, const at::Tensor& x) {
    return at::linear(x, linear.weight, linear.bias);
}

at::Tensor activate(Activation activation, const at::Tensor& x) {
    switch (activation) {
        case Activation::QuickGelu: {
            constexpr double kSlope = 1.702;
            return (x * kSlope).sigmoid_().mul_(x);
        }
        case Activation::Gelu:
            return at::gelu(x, "none");
        case Activation::GeluTanh:
            return at::gelu(x, "tanh");
        case Activation::Silu:
            return at::silu(x);
        case Activation::Relu:
            break;
    }
    return at::relu(x);
}

at::Tensor layerNorm(const Norm& norm, const at::Tensor& x, double eps) {
    return at::layer_norm(x, {x.size(-1)}, norm.weight, norm.bias, eps);
}

at::Tensor rmsNorm(const Norm& norm, const at::Tensor& x, double eps) {
    const at::Tensor wide = x.to(at::kFloat);
    const at::Tensor scale = at::rsqrt(at::mean(wide * wide, {-1}, true) + eps);
    return (wide * scale).to(x.scalar_type()) * norm.weight;
}

at::Tensor splitHeads(const at::Tensor& x, std::int64_t n_heads) {
    return x.view({x.size(0), n_heads, x.size(1) / n_heads}).transpose(0, 1);
}

at::Tensor joinHeads(const at::Tensor& x) {
    return x.transpose(0, 1).reshape({x.size(1), x.size(0) * x.size(2)});
}

at::Tensor rotaryFrequencies(std::int64_t head_dim, double theta, const at::Device& device) {
    const auto exact = at::TensorOptions().dtype(at::kFloat).device(device);
    const at::Tensor exponents = at::arange(0, head_dim, 2, exact) / static_cast<double>(head_dim);
    return at::reciprocal(at::pow(theta, exponents));
}

RotaryTable makeRotaryTable(std::int64_t positions,
                            std::int64_t head_dim,
                            double theta,
                            const at::TensorOptions& options) {
    const auto exact = at::TensorOptions().dtype(at::kFloat).device(options.device());
    const at::Tensor frequencies = rotaryFrequencies(head_dim, theta, options.device());
    const at::Tensor half = at::arange(positions, exact).unsqueeze(1) * frequencies;
    const at::Tensor angles = at::cat({half, half}, 1);
    return {angles.cos().to(options.dtype()), angles.sin().to(options.dtype())};
}

RotaryTable rowsOf(const RotaryTable& table, const at::Tensor& positions) {
    return {table.cosines.index_select(0, positions), table.sines.index_select(0, positions)};
}

at::Tensor rotate(const at::Tensor& x, const at::Tensor& cosines, const at::Tensor& sines) {
    const std::int64_t half = x.size(-1) / 2;
    const at::Tensor turned = at::cat({x.slice(-1, half).neg(), x.slice(-1, 0, half)}, -1);
    return x * cosines + turned * sines;
}

}  // namespace prunescope
