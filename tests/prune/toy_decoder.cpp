#include "tests/prune/toy_decoder.h"

#include "core/prune/select.h"
#include "tests/prune/fake_views.h"

#include <cmath>
#include <limits>
#include <numeric>

#include <ATen/TensorOperators.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/full.h>
#include <ATen/ops/matmul.h>
#include <ATen/ops/softmax.h>
#include <ATen/ops/tanh.h>
#include <ATen/ops/zeros.h>

namespace prunescope::testing {

namespace {

/// Causal softmax rows of a toy layer over x [T, D]: [H, r, T].
at::Tensor attentionRows(const ToyDecoder& decoder,
                         const at::Tensor& x,
                         int layer,
                         const std::vector<std::int64_t>& rows) {
    const std::int64_t total = x.size(0);
    const auto n_rows = static_cast<std::int64_t>(rows.size());
    if (decoder.content == ToyDecoder::Content::NanAttention) {
        return at::full({decoder.heads, n_rows, total}, std::nan(""), x.options());
    }
    if (decoder.content == ToyDecoder::Content::ZeroAttention) {
        return at::zeros({decoder.heads, n_rows, total}, x.options());
    }
    const std::uint64_t seed = decoder.seed * 100 + static_cast<std::uint64_t>(layer);
    const at::Tensor weight = normals({decoder.heads, decoder.width, decoder.width}, seed, 0.3);
    const at::Tensor q = at::matmul(gatherRows(x, rows).unsqueeze(0), weight);
    at::Tensor scores = at::matmul(q, x.transpose(0, 1).unsqueeze(0));
    for (std::int64_t r = 0; r < n_rows; ++r) {
        const std::int64_t behind = total - rows[toSize(r)] - 1;
        scores.select(1, r)
            .narrow(1, rows[toSize(r)] + 1, behind)
            .fill_(-std::numeric_limits<float>::infinity());
    }
    return at::softmax(scores, -1);
}

at::Tensor rowsOf(const ToyDecoder& decoder, int n, std::uint64_t salt) {
    if (decoder.content == ToyDecoder::Content::Constant) {
        return at::full({n, decoder.width}, 0.3, at::TensorOptions().dtype(at::kFloat));
    }
    return normals({n, decoder.width}, decoder.seed + salt);
}

/// A toy layer: mixes channels, leaves rows apart.
at::Tensor afterLayer(const ToyDecoder& decoder, const at::Tensor& x, int layer) {
    const std::uint64_t seed = decoder.seed * 100 + 50 + static_cast<std::uint64_t>(layer);
    return at::tanh(at::matmul(x, normals({decoder.width, decoder.width}, seed, 0.4)));
}

at::Tensor visualAfter(const at::Tensor& visual, const DecoderReduction& event) {
    std::vector<at::Tensor> parts{gatherRows(visual, event.keep)};
    for (const RecycledRow& made : event.recycled) {
        parts.push_back(gatherRows(visual, made.members).mean(0, true));
    }
    return at::cat(parts, 0);
}

}  // namespace

ToyDecoderRun runToyDecoder(const ToyDecoder& decoder, const RunSettings& settings) {
    const MethodSpec& spec = *findMethod(settings.method);
    const auto method = makeMethod(settings.method);
    ToyDecoderRun out;
    out.plan = spec.decoder_plan(settings, {decoder.visual, settings.budget, decoder.layers});
    at::Tensor before = rowsOf(decoder, decoder.text_before, 1000);
    at::Tensor visual = rowsOf(decoder, decoder.visual, 2000);
    at::Tensor after = rowsOf(decoder, decoder.text_after, 3000);
    out.kept.resize(toSize(decoder.visual));
    std::iota(out.kept.begin(), out.kept.end(), 0);
    if (!decoder.order.empty()) {
        visual = gatherRows(visual, decoder.order);
        out.kept.assign(decoder.order.begin(), decoder.order.end());
    }
    const at::Tensor embeddings = visual;
    const at::Tensor text = after;
    auto stop = out.plan.stops.begin();
    for (int layer = 0; layer < decoder.layers; ++layer) {
        const at::Tensor input = at::cat({before, visual, after}, 0);
        before = afterLayer(decoder, before, layer);
        visual = afterLayer(decoder, visual, layer);
        after = afterLayer(decoder, after, layer);
        if (stop == out.plan.stops.end() || stop->layer != layer + 1) {
            continue;
        }
        const at::Tensor now = at::cat({before, visual, after}, 0);
        DecoderView view{.settings = settings, .stop = *stop++, .layers = decoder.layers};
        view.first_visual = decoder.text_before;
        view.n_visual = visual.size(0);
        view.n_rows = now.size(0);
        view.positions.resize(toSize(view.n_rows));
        std::iota(view.positions.begin(), view.positions.end(), 0);
        view.hidden = [&] { return now; };
        view.normed = [&] { return now * 1.5; };
        view.keys = [&] { return input.view({view.n_rows, 2, decoder.width / 2}).transpose(0, 1); };
        view.attention = [&](const std::vector<std::int64_t>& rows) {
            return attentionRows(decoder, input, layer, rows);
        };
        view.next_attention = [&](const std::vector<std::int64_t>& rows) {
            return attentionRows(decoder, now, layer + 1, rows);
        };
        std::vector<std::int32_t> rows(out.kept.begin(), out.kept.end());
        view.rules = slotRules({decoder.pinned, {}}, rows);
        view.visual_embeddings = embeddings;
        view.text_embeddings = text;
        view.rotary_frequencies = at::full({2}, 0.01, at::TensorOptions().dtype(at::kFloat));
        const DecoderReduction event = method->beforeDecoderLayer(view);
        out.tokens_before.push_back(out.kept);
        std::vector<int> kept;
        for (const std::int64_t row : event.keep) {
            kept.push_back(out.kept.at(toSize(row)));
        }
        for (const RecycledRow& made : event.recycled) {
            kept.push_back(out.kept.at(toSize(made.centre)));
        }
        out.kept = std::move(kept);
        visual = visualAfter(visual, event);
        out.events.push_back(event);
    }
    return out;
}

}  // namespace prunescope::testing
