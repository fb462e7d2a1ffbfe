#pragma once

#include "core/prune/decoder_plan.h"
#include "core/prune/slot_rules.h"
#include "core/trace/settings.h"

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include <ATen/core/Tensor.h>

namespace prunescope {

/// What a method sees between two layers of the language model, while the whole prompt passes
/// through it. The sequence is [text before | visual rows | text after], T rows; text never leaves.
/// Tensors are float32 on the model's device, and computed only when a function is called: the
/// layers themselves run fused attention, which makes no probabilities.
struct DecoderView {
    const RunSettings& settings;
    DecoderStop stop;  ///< the stop of the plan that is due; stop.layer = l
    int layers = 0;    ///< L

    std::int64_t first_visual = 0;             ///< place of the first visual row
    std::int64_t n_visual = 0;                 ///< n, visual rows now
    std::int64_t n_rows = 0;                   ///< T, all rows now; T - 1 is the last prompt token
    std::vector<std::int64_t> positions = {};  ///< [T] position id of each row

    /// [T, Dt] input of layer l = output of layer l - 1.
    std::function<at::Tensor()> hidden = {};
    /// [T, Dt] the same after the model's final norm.
    std::function<at::Tensor()> normed = {};
    /// [Hkv, T, dh] keys of layer l - 1, rotated.
    std::function<at::Tensor()> keys = {};
    /// [H, r, T] softmax of the full causal rows `rows` of layer l - 1, as it ran.
    std::function<at::Tensor(const std::vector<std::int64_t>& rows)> attention = {};
    /// [H, r, T] the same of layer l, as it would run on all T rows with their position ids.
    std::function<at::Tensor(const std::vector<std::int64_t>& rows)> next_attention = {};

    at::Tensor visual_embeddings = {};   ///< [N, Dt] what entered the language model
    at::Tensor text_embeddings = {};     ///< [Lt, Dt] of all tokens after the picture
    at::Tensor rotary_frequencies = {};  ///< [dh / 2] radians per position

    SlotRules rules = {};  ///< [n] of the visual rows: pins only, since banned ones never enter

    std::int64_t firstText() const { return first_visual + n_visual; }

    std::int64_t textRows() const { return n_rows - firstText(); }
};

/// A row made of removed ones: their plain mean.
struct RecycledRow {
    std::vector<std::int64_t> members;  ///< removed visual rows, ascending, not empty
    std::int64_t centre = 0;            ///< the member that it stands for
};

/// Who goes on. Rows are numbered within the visual span, 0..n-1.
struct DecoderReduction {
    enum class Positions {
        Keep,      ///< every row keeps the id it has; a recycled one gets its centre's
        Renumber,  ///< 0..T'-1 from here on, and later tokens follow on in these layers
    };

    std::string name;                   ///< the stage's name in the trace
    std::vector<std::int64_t> keep;     ///< [stop.keep] ascending rows that stay
    std::vector<RecycledRow> recycled;  ///< [stop.recycled] rows put behind the kept ones
    std::vector<float> score;           ///< [n] that decided, or empty
    Positions positions = Positions::Keep;
};

}  // namespace prunescope
