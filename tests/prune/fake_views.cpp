#include "tests/prune/fake_views.h"

#include "core/base/random.h"
#include "core/prune/row_plan.h"
#include "core/trace/patch_rules.h"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <numeric>

#include <ATen/ops/cat.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/full.h>
#include <ATen/ops/matmul.h>
#include <ATen/ops/softmax.h>

namespace prunescope::testing {

at::Tensor normals(std::vector<std::int64_t> shape, std::uint64_t seed, double scale) {
    const at::Tensor out = at::empty(shape, at::TensorOptions().dtype(at::kFloat));
    SplitMix64 random(seed * 7919 + 1);
    float* data = out.mutable_data_ptr<float>();
    for (std::int64_t i = 0; i < out.numel(); ++i) {
        const double radius = std::sqrt(-2.0 * std::log(1.0 - random.uniform()));
        data[i] = static_cast<float>(scale * radius *
                                     std::cos(2.0 * std::numbers::pi * random.uniform()));
    }
    return out;
}

at::Tensor vectorOf(const std::vector<float>& values) {
    return matrixOf(values, static_cast<int>(values.size())).squeeze(0);
}

at::Tensor matrixOf(const std::vector<float>& values, int cols) {
    const auto rows = static_cast<std::int64_t>(values.size()) / cols;
    const at::Tensor out = at::empty({rows, cols}, at::TensorOptions().dtype(at::kFloat));
    std::copy(values.begin(), values.end(), out.mutable_data_ptr<float>());
    return out;
}

namespace {

// Heads of a fixed linear map of the tokens, CLS first: enough of a layer for a method.
LayerTensors layerTensors(const ToyEncoder& encoder, const at::Tensor& tokens, int layer) {
    const std::int64_t n = tokens.size(0);
    constexpr std::int64_t kHeadWidth = 4;
    const auto heads = static_cast<std::int64_t>(encoder.heads);
    const auto headsOf = [&](std::uint64_t salt) {
        const std::uint64_t seed = encoder.seed * 1000 + salt + static_cast<std::uint64_t>(layer);
        const at::Tensor weight = normals({heads, encoder.width, kHeadWidth}, seed, 0.4);
        const at::Tensor cls = normals({heads, 1, kHeadWidth}, seed + 50, 0.4);
        const at::Tensor out = at::empty({heads, 1 + n, kHeadWidth}, tokens.options());
        out.slice(1, 0, 1).copy_(cls);
        out.slice(1, 1).copy_(at::matmul(tokens.unsqueeze(0), weight));
        return out;
    };
    LayerTensors out;
    out.keys = headsOf(100);
    out.values = headsOf(200);
    const at::Tensor query = normals({heads, 1, kHeadWidth}, encoder.seed + 300);
    out.attention = at::softmax(at::matmul(query, out.keys.transpose(1, 2)).squeeze(1), -1);
    if (encoder.content == ToyEncoder::Content::NanAttention) {
        out.attention.fill_(std::nan(""));
    } else if (encoder.content == ToyEncoder::Content::ZeroAttention) {
        out.attention.zero_();
    }
    return out;
}

// One head over the whole width; attention is zero where that of the heads is.
WideTaps wideTaps(const ToyEncoder& encoder, const at::Tensor& tokens, const at::Tensor& cls) {
    const at::Tensor weight = normals({encoder.width, encoder.width}, encoder.seed + 700, 0.4);
    const at::Tensor query = normals({encoder.width}, encoder.seed + 800);
    WideTaps out;
    out.keys = at::matmul(at::cat({cls, tokens}, 0), weight);
    out.cls_attention = at::softmax(at::matmul(out.keys, query), 0);
    if (encoder.content == ToyEncoder::Content::ZeroAttention) {
        out.cls_attention.zero_();
    }
    return out;
}

}  // namespace

ToyRun runToy(const ToyEncoder& encoder, const RunSettings& settings) {
    const auto method = makeMethod(settings.method);
    const int n = encoder.grid.count();
    const PatchRules& asked = rulesOfView(settings, 0);
    const MethodSpec& spec = *findMethod(settings.method);
    const int budget = std::min(settings.budget, n - static_cast<int>(asked.banned.size()));
    const PatchRules rules = spec.uses_budget && !spec.in_decoder
                                 ? fitting(asked, budget - spec.rows_without_patch)
                                 : PatchRules{{}, asked.banned};
    const bool constant = encoder.content == ToyEncoder::Content::Constant;

    ToyRun out;
    out.full = constant ? at::full({n, encoder.width}, 0.7, at::TensorOptions().dtype(at::kFloat))
                        : normals({n, encoder.width}, encoder.seed);
    out.pool.resize(toSize(n));
    std::iota(out.pool.begin(), out.pool.end(), 0);
    at::Tensor tokens = out.full;
    std::vector<float> mass(toSize(n), 1.0F);
    at::Tensor score;
    if (spec.in_encoder) {
        for (int layer = 0; layer <= encoder.last_layer; ++layer) {
            const LayerTensors tensors = layerTensors(encoder, tokens, layer);
            out.layers.push_back(tensors);
            const LayerView view{settings,
                                 encoder.grid,
                                 layer,
                                 encoder.last_layer,
                                 budget,
                                 out.pool,
                                 tokens,
                                 tensors.attention,
                                 tensors.keys,
                                 tensors.values,
                                 mass,
                                 score,
                                 rules};
            LayerOutcome outcome = method->afterLayer(view);
            score = outcome.score;
            if (!outcome.reduction) {
                continue;
            }
            const Reduction& step = *outcome.reduction;
            out.patches_before.push_back(out.pool);
            tokens = reducedRows(step, tokens);
            score = score.defined() ? gatherRows(score, step.keep) : score;
            mass = step.mass.empty() ? gatherValues(mass, step.keep) : step.mass;
            out.pool = patchesOf(out.pool, step.keep);
            out.event_layers.push_back(layer);
            out.events.push_back(step);
        }
    }
    const LayerTensors tensors = layerTensors(encoder, tokens, encoder.last_layer);
    const HostMatrix full = toHost(out.full);
    const ShiftReference reference(ShiftMetric::KlDiagFwd, full.view());
    const at::Tensor to_text = normals({encoder.width, 16}, encoder.seed + 400);
    const auto project = [&](const at::Tensor& rows) { return at::matmul(rows, to_text); };
    out.tokens = tokens;
    out.last = tensors;
    out.projected = project(tokens);
    out.cls = normals({1, encoder.width}, encoder.seed + 600);
    out.wide = wideTaps(encoder, tokens, out.cls);
    out.threshold = {effectiveTrigger(settings), settings.tau, {}};
    if (out.threshold.trigger == Trigger::Relative) {
        out.threshold.value = settings.phi * reference.nullBand(budget, settings.seed).median;
    }
    const SelectView view{.settings = settings,
                          .grid = encoder.grid,
                          .layer = encoder.last_layer,
                          .budget = budget,
                          .patches = out.pool,
                          .tokens = tokens,
                          .cls = out.cls,
                          .cls_attention = tensors.attention,
                          .keys = tensors.keys,
                          .values = tensors.values,
                          .mass = mass,
                          .score = score,
                          .chained_shift = 0.125,
                          .full = &reference,
                          .text = normals({encoder.text_tokens, 16}, encoder.seed + 500),
                          .project = project,
                          .projected = [&] { return out.projected; },
                          .threshold = out.threshold,
                          .wide_taps = [&] { return out.wide; },
                          .rules = rules};
    out.selection = method->select(view);
    return out;
}

PlainPool plainPool(const ToyRun& run) {
    const auto rowsOf = [](const at::Tensor& tensor) {
        const HostMatrix host = toHost(tensor);
        std::vector<std::vector<double>> out;
        for (int i = 0; i < host.rows; ++i) {
            out.emplace_back(host.row(i).begin(), host.row(i).end());
        }
        return out;
    };
    PlainPool out;
    out.tokens = rowsOf(run.tokens);
    out.keys = rowsOf(run.last.keys.mean(0).slice(0, 1));
    for (const float a : toHostVector(run.last.attention.mean(0).slice(0, 1))) {
        out.attention.push_back(double{a});
    }
    return out;
}

double plainCosine(const std::vector<double>& a, const std::vector<double>& b) {
    double product = 0;
    double aa = 0;
    double bb = 0;
    for (std::size_t c = 0; c < a.size(); ++c) {
        product += a[c] * b[c];
        aa += a[c] * a[c];
        bb += b[c] * b[c];
    }
    return product / (std::max(std::sqrt(aa), 1e-12) * std::max(std::sqrt(bb), 1e-12));
}

std::vector<int> plainOrder(const std::vector<double>& values) {
    std::vector<int> order(values.size());
    std::iota(order.begin(), order.end(), 0);
    std::stable_sort(order.begin(), order.end(), [&](int a, int b) {
        return values[toSize(a)] > values[toSize(b)];
    });
    return order;
}

}  // namespace prunescope::testing
