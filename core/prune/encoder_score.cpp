#include "core/prune/encoder_score.h"

#include <limits>

#include <ATen/ops/full_like.h>
#include <ATen/ops/matmul.h>
#include <ATen/ops/nan_to_num.h>
#include <ATen/ops/softmax.h>
#include <ATen/ops/where.h>

namespace prunescope {

namespace {

at::Tensor withoutNan(const at::Tensor& x) {
    return at::nan_to_num(x, 0.0, 0.0, 0.0);
}

}  // namespace

at::Tensor clsScore(const at::Tensor& cls_attention) {
    return withoutNan(cls_attention.slice(1, 1)).mean(0);
}

at::Tensor shares(const at::Tensor& nonnegative) {
    const at::Tensor sum = nonnegative.sum();
    const auto n = static_cast<double>(nonnegative.size(0));
    // The division is of no use where the sum is 0; `where` keeps its NaN out.
    return at::where(sum.gt(0), nonnegative.div(sum), at::full_like(nonnegative, 1.0 / n));
}

at::Tensor flowCutScore(const at::Tensor& cls_attention, const at::Tensor& values) {
    // Step 1: attention of CLS to the patches that are left.
    const at::Tensor attention = shares(clsScore(cls_attention));
    // Step 2: softmax over all tokens, CLS among them, of <v_CLS, v_j>, unscaled; then without CLS.
    const at::Tensor cls_value = values.slice(1, 0, 1).transpose(1, 2);  // [H, dh, 1]
    const at::Tensor logits = at::matmul(values, cls_value).squeeze(2);  // [H, 1 + n]
    const at::Tensor semantic = shares(withoutNan(at::softmax(logits, 1)).mean(0).slice(0, 1));
    // Step 3: L1 norm of the head-mean value.
    const at::Tensor strength = withoutNan(values.mean(0).slice(0, 1).abs().sum(1));
    // Step 4.
    return attention.add(semantic).mul(strength);
}

}  // namespace prunescope
