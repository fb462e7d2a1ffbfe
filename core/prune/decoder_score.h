#pragma once

#include "core/prune/decoder_view.h"

#include <vector>

#include <ATen/core/Tensor.h>

namespace prunescope {

/// Mean over heads and rows of the visual columns of attention [H, r, T] -> [n], on the host.
std::vector<float> visualAttention(const at::Tensor& attention, const DecoderView& view);

/// The visual columns of attention [H, r, T] -> [H, r, n].
at::Tensor visualColumns(const at::Tensor& attention, const DecoderView& view);

}  // namespace prunescope
