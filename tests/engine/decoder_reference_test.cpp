#include "core/base/error.h"
#include "core/base/random.h"
#include "core/base/stop.h"
#include "core/engine/decoder_stops.h"
#include "core/model/checkpoint.h"
#include "core/model/language_model.h"
#include "core/prune/catalog.h"
#include "core/prune/select.h"
#include "tests/engine/slow_decoder.h"

#include <cmath>
#include <filesystem>
#include <numbers>

#include <ATen/TensorOperators.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/empty.h>
#include <c10/core/InferenceMode.h>

#include <gtest/gtest.h>

namespace prunescope {
namespace {

namespace fs = std::filesystem;

using test::SlowMethod;
using test::SlowPrompt;
using test::SlowResult;

at::Tensor normals(std::vector<std::int64_t> shape, std::uint64_t seed, double scale) {
    const at::Tensor out = at::empty(shape, at::TensorOptions().dtype(at::kFloat));
    SplitMix64 random(seed);
    float* data = out.mutable_data_ptr<float>();
    for (std::int64_t i = 0; i < out.numel(); ++i) {
        const double radius = std::sqrt(-2.0 * std::log(1.0 - random.uniform()));
        data[i] = static_cast<float>(scale * radius *
                                     std::cos(2.0 * std::numbers::pi * random.uniform()));
    }
    return out;
}

/// A decoder: the one of a golden checkpoint, or a deeper one with random weights.
struct Decoder {
    TextConfig config;
    WeightMap weights;
    std::unique_ptr<LanguageModel> model;
};

Decoder decoderOf(const fs::path& folder, at::ScalarType dtype = at::kFloat) {
    Decoder out;
    const VlmConfig config = readConfig(folder);
    Checkpoint checkpoint = openCheckpoint(folder);
    const bool own_head = hasOwnHead(config, checkpoint);
    out.config = config.text;
    out.weights = loadWeights(
        expectedTensors(config, own_head), checkpoint, {at::Device(at::kCPU), dtype}, {}, {});
    out.model = std::make_unique<LanguageModel>(config.text, out.weights, own_head);
    return out;
}

/// Eight layers, four heads of which two share a key head.
Decoder deepDecoder() {
    Decoder out;
    TextConfig& config = out.config;
    config.hidden_size = 24;
    config.intermediate_size = 40;
    config.layers = 8;
    config.heads = 4;
    config.kv_heads = 2;
    config.head_dim = 6;
    config.vocab_size = 50;
    config.max_positions = 256;
    config.rope_theta = 500;
    std::uint64_t seed = 1;
    const auto put = [&](const std::string& name, std::int64_t rows, std::int64_t cols) {
        out.weights.put(name + ".weight", normals({rows, cols}, seed++, 1.5 / std::sqrt(cols)));
    };
    const auto putNorm = [&](const std::string& name) {
        out.weights.put(name + ".weight", normals({24}, seed++, 0.2) + 1.0);
    };
    put("lm.embed_tokens", 50, 24);
    put("lm_head", 50, 24);
    putNorm("lm.norm");
    for (int l = 0; l < config.layers; ++l) {
        const std::string name = "lm.layers." + std::to_string(l) + ".";
        putNorm(name + "input_layernorm");
        putNorm(name + "post_attention_layernorm");
        put(name + "self_attn.q_proj", 24, 24);
        put(name + "self_attn.k_proj", 12, 24);
        put(name + "self_attn.v_proj", 12, 24);
        put(name + "self_attn.o_proj", 24, 24);
        put(name + "mlp.gate_proj", 40, 24);
        put(name + "mlp.up_proj", 40, 24);
        put(name + "mlp.down_proj", 24, 40);
    }
    out.model = std::make_unique<LanguageModel>(config, out.weights, true);
    return out;
}

/// A prompt of random tokens around random visual ones.
PromptEmbeddings promptFor(const Decoder& decoder, std::uint64_t seed, int n_visual) {
    SplitMix64 random(seed);
    const auto ids = [&](int n) {
        std::vector<std::int64_t> out;
        for (int i = 0; i < n; ++i) {
            out.push_back(static_cast<std::int64_t>(
                random.uniform() * static_cast<double>(decoder.config.vocab_size)));
        }
        return out;
    };
    const at::Tensor text = decoder.model->embed(ids(3 + static_cast<int>(seed % 4)));
    const double scale = text.to(at::kFloat).std().item<double>();
    return {text,
            normals({n_visual, decoder.config.hidden_size}, seed + 77, scale),
            decoder.model->embed(ids(2 + static_cast<int>(seed % 9)))};
}

struct Variant {
    const char* name;
    RunSettings settings;
    SlowMethod slow;
};

Variant variant(const char* name,
                const char* method,
                std::map<std::string, ParamValue> params,
                const SlowMethod& slow) {
    Variant out{name, {}, slow};
    out.settings.method = method;
    out.settings.params = std::move(params);
    out.slow.id = method;
    return out;
}

std::vector<Variant> variants() {
    SlowMethod all_queries;
    all_queries.all_queries = true;
    SlowMethod v2;
    v2.v2 = true;
    SlowMethod three;
    three.pivots = 3;
    const std::string all = "all";
    return {
        variant("fastv", "fastv", {}, {}),
        variant("fastv early", "fastv", {{"layer", 1.0}, {"query", all}}, all_queries),
        variant("sparsevlm v1", "sparsevlm", {}, {}),
        variant("sparsevlm v1 as released", "sparsevlm", {{"recycled_in_budget", 0.0}}, {}),
        variant("sparsevlm v2", "sparsevlm", {{"version", std::string("v2")}}, v2),
        variant("pyramiddrop", "pyramiddrop", {}, {}),
        variant("pyramiddrop twice", "pyramiddrop", {{"stages", 2.0}, {"interval", 0.4}}, {}),
        variant("dart", "dart", {}, {}),
        variant("dart released",
                "dart",
                {{"image_pivots", 3.0},
                 {"text_pivots", 3.0},
                 {"layer", 1.0},
                 {"count", std::string("floor")}},
                three),
    };
}

double relativeError(const at::Tensor& a, const at::Tensor& b) {
    const at::Tensor wide = b.to(at::kDouble);
    return ((a.to(at::kDouble) - wide).abs() / (wide.abs() + 1)).max().item<double>();
}

void expectSameRows(const std::vector<DecoderEvent>& events, const SlowResult& slow) {
    ASSERT_EQ(events.size(), slow.kept.size());
    for (std::size_t e = 0; e < events.size(); ++e) {
        EXPECT_EQ(events[e].reduction.keep, slow.kept[e]) << "stop " << e;
        ASSERT_EQ(events[e].reduction.recycled.size(), slow.recycled[e].size());
        for (std::size_t i = 0; i < slow.recycled[e].size(); ++i) {
            EXPECT_EQ(events[e].reduction.recycled[i].members, slow.recycled[e][i]);
        }
    }
}

/// Prefill and some decoding steps, each against a slow pass over everything so far.
void expectEqualToSlow(
    const Decoder& decoder, Variant tested, const PromptEmbeddings& prompt, int budget, int steps) {
    tested.settings.budget = budget;
    tested.slow.rope_theta = decoder.config.rope_theta;
    const auto n_prompt = static_cast<int>(prompt.sequence().size(0));
    const DecoderPlan plan =
        findMethod(tested.settings.method)
            ->decoder_plan(
                tested.settings,
                {static_cast<int>(prompt.visual.size(0)), budget, decoder.config.layers});
    const auto method = makeMethod(tested.settings.method);
    DecoderPass pass(*decoder.model, decoder.model->newCache(n_prompt + steps), prompt.sequence());
    const StopContext context{*method,
                              tested.settings,
                              plan,
                              prompt,
                              decoder.model->rotaryFrequencies(),
                              decoder.config.layers};
    const std::vector<DecoderEvent> events = runStops(pass, context, {}, [](int) {});
    at::Tensor logits = pass.finish(false, {});

    SlowPrompt slow_prompt{
        prompt.before, prompt.visual, prompt.after, prompt.after.narrow(0, 0, 0)};
    for (int step = 0;; ++step) {
        const SlowResult slow =
            slowDecode(decoder.config, decoder.weights, tested.slow, plan, slow_prompt);
        if (step == 0) {
            expectSameRows(events, slow);
        }
        EXPECT_LT(relativeError(logits, slow.logits), 3e-4) << "step " << step;
        if (step == steps) {
            break;
        }
        const at::Tensor next = decoder.model->embed({logits.argmax().item<std::int64_t>()});
        logits = decoder.model->feed(*pass.cache(), next, false, {});
        slow_prompt.generated = at::cat({slow_prompt.generated, next}, 0);
    }
}

class DecoderReference : public testing::TestWithParam<const char*> {};

TEST_P(DecoderReference, LogitsAreThoseOfMasksWithoutACache) {
    const c10::InferenceMode inference;
    const fs::path folder = fs::path(PRUNESCOPE_TEST_DATA) / GetParam();
    const Decoder decoder = decoderOf(folder);
    for (const Variant& tested : variants()) {
        for (const std::uint64_t seed : {1, 2, 3, 4}) {
            SCOPED_TRACE(std::string(tested.name) + ", prompt " + std::to_string(seed));
            const int budget = seed == 4 ? 1 : 3 * static_cast<int>(seed);
            expectEqualToSlow(decoder, tested, promptFor(decoder, seed, 16), budget, 3);
        }
    }
}

INSTANTIATE_TEST_SUITE_P(Checkpoints,
                         DecoderReference,
                         testing::Values("clip_llama_default",
                                         "clip_llama_gqa_a_bf16",
                                         "clip_llama_gqa_b_fp16",
                                         "clip_llama_list_full",
                                         "clip_llama_sparse"),
                         [](const auto& instance) { return std::string(instance.param); });

TEST(DeepDecoder, LogitsAreThoseOfMasksWithoutACache) {
    const c10::InferenceMode inference;
    const Decoder decoder = deepDecoder();
    for (const Variant& tested : variants()) {
        for (const std::uint64_t seed : {5, 6, 7}) {
            SCOPED_TRACE(std::string(tested.name) + ", prompt " + std::to_string(seed));
            const int budget = seed == 5 ? 4 : seed == 6 ? 14 : 40;
            expectEqualToSlow(decoder, tested, promptFor(decoder, seed, 72), budget, 2);
        }
    }
}

TEST(DeepDecoder, KeepingEverythingIsThePlainPass) {
    const c10::InferenceMode inference;
    const Decoder decoder = deepDecoder();
    const PromptEmbeddings prompt = promptFor(decoder, 9, 40);
    const auto n_prompt = static_cast<int>(prompt.sequence().size(0));
    const at::Tensor plain =
        decoder.model->feed(*decoder.model->newCache(n_prompt), prompt.sequence(), false, {});
    for (const Variant& tested : variants()) {
        RunSettings settings = tested.settings;
        settings.budget = 40;
        const DecoderPlan plan =
            findMethod(settings.method)->decoder_plan(settings, {40, 40, decoder.config.layers});
        EXPECT_TRUE(plan.stops.empty() || settings.params.contains("count")) << tested.name;
        DecoderPass pass(*decoder.model, decoder.model->newCache(n_prompt), prompt.sequence());
        EXPECT_TRUE(pass.finish(false, {}).equal(plain)) << tested.name;
    }
}

TEST(DeepDecoder, APrunedCacheGoesBackToItsMark) {
    const c10::InferenceMode inference;
    const Decoder decoder = deepDecoder();
    const PromptEmbeddings prompt = promptFor(decoder, 3, 60);
    RunSettings settings;
    settings.method = "pyramiddrop";
    settings.budget = 10;
    const auto n_prompt = static_cast<int>(prompt.sequence().size(0));
    const DecoderPlan plan =
        findMethod("pyramiddrop")->decoder_plan(settings, {60, 10, decoder.config.layers});
    const auto method = makeMethod("pyramiddrop");
    DecoderPass pass(*decoder.model, decoder.model->newCache(n_prompt + 3), prompt.sequence());
    runStops(pass,
             {*method, settings, plan, prompt, decoder.model->rotaryFrequencies(), 8},
             {},
             [](int) {});
    pass.finish(false, {});
    KvCache& cache = *pass.cache();
    const KvCache::Mark mark = cache.mark();
    const int n_text = n_prompt - 60;
    // Before layers 2, 4 and 6 the counts fall to 33, 18 and 10.
    EXPECT_EQ(cache.layer(1).length, n_prompt);
    EXPECT_EQ(cache.layer(2).length, n_text + 33);
    EXPECT_EQ(cache.layer(4).length, n_text + 18);
    EXPECT_EQ(cache.layer(7).length, n_text + 10);
    EXPECT_EQ(cache.layer(7).next_position, n_text + 10);
    EXPECT_EQ(cache.layer(7).keys.size(1), n_text + 10 + 3) << "no more room than is needed";
    const at::Tensor token = decoder.model->embed({4});
    const at::Tensor first = decoder.model->feed(cache, token, false, {});
    decoder.model->feed(cache, decoder.model->embed({5, 6}), false, {});
    cache.rewind(mark);
    EXPECT_TRUE(decoder.model->feed(cache, token, false, {}).equal(first));
}

TEST(DeepDecoder, SeveralTokensAtOnceGiveWhatSingleStepsGive) {
    const c10::InferenceMode inference;
    const Decoder decoder = deepDecoder();
    const PromptEmbeddings prompt = promptFor(decoder, 4, 60);
    for (const char* id : {"fastv", "sparsevlm", "pyramiddrop", "dart"}) {
        RunSettings settings;
        settings.method = id;
        settings.budget = 12;
        const auto n_prompt = static_cast<int>(prompt.sequence().size(0));
        const DecoderPlan plan = findMethod(id)->decoder_plan(settings, {60, 12, 8});
        const auto method = makeMethod(id);
        DecoderPass pass(*decoder.model, decoder.model->newCache(n_prompt + 3), prompt.sequence());
        runStops(pass,
                 {*method, settings, plan, prompt, decoder.model->rotaryFrequencies(), 8},
                 {},
                 [](int) {});
        pass.finish(false, {});
        const KvCache::Mark mark = pass.cache()->mark();
        at::Tensor single;
        for (const std::int64_t token : {7, 8, 9}) {
            single = decoder.model->feed(*pass.cache(), decoder.model->embed({token}), false, {});
        }
        pass.cache()->rewind(mark);
        const at::Tensor together =
            decoder.model->feed(*pass.cache(), decoder.model->embed({7, 8, 9}), false, {});
        EXPECT_LT(relativeError(together, single), 2e-5) << id;
    }
}

TEST(DeepDecoder, StopsBetweenLayersAndWithinThem) {
    const c10::InferenceMode inference;
    const Decoder decoder = deepDecoder();
    const PromptEmbeddings prompt = promptFor(decoder, 4, 30);
    const auto n_prompt = static_cast<int>(prompt.sequence().size(0));
    DecoderPass pass(*decoder.model, decoder.model->newCache(n_prompt), prompt.sequence());
    pass.advance(3, {});
    std::stop_source source;
    source.request_stop();
    EXPECT_THROW(pass.finish(false, source.get_token()), Cancelled);
    EXPECT_EQ(pass.cache()->length(), 0) << "an unfinished prompt is not in the cache";
    EXPECT_EQ(pass.nextLayer(), 3);
}

TEST(HalfPrecision, DecidesAndAnswersNearFloat) {
    const c10::InferenceMode inference;
    const fs::path folder = fs::path(PRUNESCOPE_TEST_DATA) / "clip_llama_default";
    const Decoder exact = decoderOf(folder);
    for (const at::ScalarType dtype : {at::kBFloat16, at::kHalf}) {
        const Decoder half = decoderOf(folder, dtype);
        for (const char* id : {"fastv", "sparsevlm", "pyramiddrop", "dart"}) {
            RunSettings settings;
            settings.method = id;
            settings.budget = 6;
            const DecoderPlan plan =
                findMethod(id)->decoder_plan(settings, {16, 6, exact.config.layers});
            const auto method = makeMethod(id);
            const PromptEmbeddings prompt = promptFor(exact, 2, 16);
            const auto n_prompt = static_cast<int>(prompt.sequence().size(0));
            DecoderPass pass(*half.model, half.model->newCache(n_prompt), prompt.sequence());
            const auto events =
                runStops(pass,
                         {*method, settings, plan, prompt, half.model->rotaryFrequencies(), 3},
                         {},
                         [](int) {});
            EXPECT_EQ(events.back().reduction.keep.size() + events.back().reduction.recycled.size(),
                      6U);
            const at::Tensor logits = pass.finish(false, {});
            EXPECT_TRUE(logits.isfinite().all().item<bool>()) << id;
            EXPECT_EQ(logits.scalar_type(), at::kFloat);
        }
    }
}

}  // namespace
}  // namespace prunescope
