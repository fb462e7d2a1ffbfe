#include "core/prune/decoder_score.h"

#include "core/prune/select.h"

#include <ATen/ops/mean.h>

namespace prunescope {

at::Tensor visualColumns(const at::Tensor& attention, const DecoderView& view) {
    return attention.narrow(2, view.first_visual, view.n_visual);
}

std::vector<float> visualAttention(const at::Tensor& attention, const DecoderView& view) {
    return toHostVector(at::mean(visualColumns(attention, view), at::IntArrayRef{0, 1}));
}

}  // namespace prunescope
