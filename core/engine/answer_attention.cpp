#include "core/engine/answer_attention.h"

#include "core/model/decoder_pass.h"

#include <algorithm>
#include <numeric>

#include <ATen/TensorOperators.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/mean.h>
#include <ATen/ops/zeros.h>
#include <c10/core/InferenceMode.h>

namespace prunescope {

namespace {

/// Positions at a time: all heads of a long answer at once would take more than the pass itself.
constexpr std::int64_t kBlock = 32;

}  // namespace

std::vector<std::vector<double>> answerAttention(const Vlm& vlm,
                                                 const TokenSequence& text,
                                                 const at::Tensor& visual,
                                                 const std::vector<std::int64_t>& answer,
                                                 const std::stop_token& stop) {
    const auto n_answer = static_cast<std::int64_t>(answer.size());
    const std::int64_t n_visual = visual.size(0);
    if (n_answer == 0 || n_visual == 0) {
        return std::vector<std::vector<double>>(answer.size());
    }
    const c10::InferenceMode guard;
    const auto first_row = static_cast<std::int64_t>(text.before.size());
    const std::int64_t last_of_prompt =
        first_row + n_visual + static_cast<std::int64_t>(text.after.size()) - 1;
    std::vector<at::Tensor> parts{vlm.embed(text.before), visual, vlm.embed(text.after)};
    if (n_answer > 1) {  // the last token predicts nothing that was asked for
        parts.push_back(vlm.embed({answer.begin(), answer.end() - 1}));
    }
    const at::Tensor all = at::cat(parts, 0);
    const auto pass = vlm.newPass(all, static_cast<int>(all.size(0)));
    at::Tensor sum = at::zeros({n_answer, n_visual}, at::kDouble);
    for (int layer = 0; layer < vlm.decoderLayers(); ++layer) {
        pass->advance(layer + 1, stop);
        for (std::int64_t from = 0; from < n_answer; from += kBlock) {
            const std::int64_t n = std::min(kBlock, n_answer - from);
            std::vector<std::int64_t> positions(static_cast<std::size_t>(n));
            std::iota(positions.begin(), positions.end(), last_of_prompt + from);
            const at::Tensor paid = pass->lastAttention(positions)  // [H, n, all]
                                        .narrow(2, first_row, n_visual)
                                        .to(at::kCPU, at::kDouble);
            sum.narrow(0, from, n).add_(at::mean(paid, {0}));
        }
    }
    const at::Tensor mean = (sum / static_cast<double>(vlm.decoderLayers())).contiguous();
    const double* const value = mean.const_data_ptr<double>();
    std::vector<std::vector<double>> attention;
    for (std::int64_t t = 0; t < n_answer; ++t) {
        attention.emplace_back(value + t * n_visual, value + (t + 1) * n_visual);
    }
    return attention;
}

}  // namespace prunescope
