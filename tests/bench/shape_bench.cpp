// LLaVA-1.5-7B's shapes with random weights: the encoder pass, the prompt's pass through the
// language model and the time per answer token, of the un-pruned run and of three budgets (of the
// smallest alone in a second precision). The weights are made on the device, in its own precision,
// so that no 14 GB file is needed. The un-pruned rows are the baseline; shape_reference.py measures
// Hugging Face's own modules beside them.
//
// Without a GPU the model is cut to a few layers of the same width.
#include "core/engine/run.h"
#include "core/image/sample.h"
#include "core/model/config.h"
#include "core/model/precision.h"
#include "core/model/vlm_source.h"
#include "core/prune/catalog.h"
#include "tests/bench/percentiles.h"

#include <chrono>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <string>
#include <variant>
#include <vector>

#include <ATen/Context.h>
#include <ATen/ops/ones.h>
#include <ATen/ops/randn.h>
#include <ATen/ops/zeros.h>
#include <c10/core/CachingDeviceAllocator.h>
#include <c10/core/InferenceMode.h>
#include <torch/version.h>

#include <CLI/CLI.hpp>

namespace prunescope {
namespace {

using Clock = std::chrono::steady_clock;

double msSince(Clock::time_point start) {
    return std::chrono::duration<double, std::milli>(Clock::now() - start).count();
}

struct Options {
    std::string device = "auto";
    std::vector<std::string> dtypes;  ///< empty: fp16 and bf16 on a GPU, fp32 on a CPU
    std::vector<int> budgets{64, 32, 16};
    int layers = 0;          ///< of the language model; 0: 32 on a GPU, 2 on a CPU
    int encoder_layers = 0;  ///< 0: 24 on a GPU, 4 on a CPU
    int iterations = 10;
    int answer_tokens = 9;
    double seconds = 1e9;  ///< no row begins later than this after the start
};

/// Runs before the measured ones: kernels are loaded and workspaces taken at their first use.
constexpr int kWarmUps = 3;

VlmConfig shapes(const Options& options, const std::filesystem::path& tokenizer_dir) {
    VlmConfig config = readConfig(tokenizer_dir);
    config.vision.hidden_size = 1024;
    config.vision.intermediate_size = 4096;
    config.vision.layers = options.encoder_layers;
    config.vision.heads = 16;
    config.vision.image_size = 336;
    config.vision.patch_size = 14;
    config.feature_layers = {options.encoder_layers - 1};  // "-2"
    config.text = TextConfig{};                            // Llama 7B
    config.text.layers = options.layers;
    config.text.vocab_size = 32064;
    config.text.max_positions = 4096;
    config.text.rms_norm_eps = 1e-5;
    config.stop_ids.clear();  // every answer has the same length
    return config;
}

/// Norms pass their input on, biases add nothing, the rest is normal with the deviation that such
/// models are initialised with.
WeightMap randomWeights(const std::vector<ExpectedTensor>& expected, const Placement& placement) {
    constexpr double kDeviation = 0.02;
    const auto options = at::TensorOptions().dtype(placement.dtype).device(placement.device);
    at::manual_seed(0);
    WeightMap weights;
    for (const ExpectedTensor& want : expected) {
        const bool is_vector = want.shape.size() == 1;
        if (want.name.ends_with(".bias")) {
            weights.put(want.name, at::zeros(want.shape, options));
        } else if (is_vector && want.name.ends_with(".weight")) {
            weights.put(want.name, at::ones(want.shape, options));
        } else {
            weights.put(want.name, at::randn(want.shape, options).mul_(kDeviation));
        }
    }
    return weights;
}

std::unique_ptr<Vlm> randomModel(const Options& options, const std::string& dtype) {
    const c10::InferenceMode inference;
    const auto starter = std::filesystem::path(PRUNESCOPE_SOURCE_DIR) / "tests/golden/starter";
    const VlmConfig config = shapes(options, starter);
    const std::vector<ExpectedTensor> expected = expectedTensors(config, true);
    const Placement placement = choosePlacement(options.device, dtype, dtype, elementsOf(expected));
    LoadReport report;
    report.name = "LLaVA-1.5-7B shapes, random weights";
    report.fingerprint = report.name + dtype;
    report.device = placement.device.str();
    report.dtype = nameOf(placement.dtype);
    return Vlm::assemble({report,
                          config,
                          placement,
                          loadTokenizer(starter),
                          readChatTemplate(starter),
                          readPreprocessConfig(starter, config.vision.image_size),
                          randomWeights(expected, placement),
                          true});
}

/// Highest number of bytes on a GPU since the last call of resetPeak(), 0 elsewhere.
double peakBytes([[maybe_unused]] const Vlm& vlm) {
#if TORCH_VERSION_MAJOR > 2 || TORCH_VERSION_MINOR >= 9
    const at::Device device(vlm.report().device);
    if (!device.is_cpu()) {
        const auto stats = at::getDeviceAllocator(device.type())->getDeviceStats(device.index());
        return static_cast<double>(stats.allocated_bytes[0].peak);  // 0: all pools
    }
#endif
    return 0;
}

void resetPeak([[maybe_unused]] const Vlm& vlm) {
#if TORCH_VERSION_MAJOR > 2 || TORCH_VERSION_MINOR >= 9
    const at::Device device(vlm.report().device);
    if (!device.is_cpu()) {
        at::getDeviceAllocator(device.type())->resetPeakStats(device.index());
    }
#endif
}

/// One model at a time: the next precision takes the place of the last.
class Models {
public:
    explicit Models(const Options& options) : options_(options) {}

    const Vlm& in(const std::string& dtype) {
        if (dtype != dtype_) {
            vlm_.reset();
            vlm_ = randomModel(options_, dtype);
            dtype_ = dtype;
        }
        return *vlm_;
    }

private:
    Options options_;
    std::string dtype_;
    std::unique_ptr<Vlm> vlm_;
};

RunRequest requestOf(const Options& options, int budget) {
    RunRequest request;
    request.image = std::make_shared<const Image>(checkerImage(400, 300, 23));
    request.prompt = "Is there a dog in the picture?";
    request.settings.method = budget > 0 ? "dcp" : kUnprunedMethod;
    request.settings.budget = budget > 0 ? budget : 576;
    request.settings.max_new_tokens = options.answer_tokens;
    wantAnswerAlone(request);
    return request;
}

void addColumn(benchmark::State& state, const std::string& name, const std::vector<double>& ms) {
    state.counters[name + "_p50"] = bench::percentile(ms, 0.5);
    state.counters[name + "_p95"] = bench::percentile(ms, 0.95);
}

/// Whole runs with an empty cache. `xf` is the encoder pass without pruning, `encode` the pruning
/// one, with its decisions; the answer's first token comes from the prompt's pass, `token` is one
/// of those after it. `first` is how long that first token took to come; `run` is all of it with D
/// and its null bands, which come behind the answer.
void runs(benchmark::State& state, const Vlm& vlm, const RunRequest& request) {
    std::vector<double> full_pass;
    std::vector<double> encode;
    std::vector<double> select;
    std::vector<double> prefill;
    std::vector<double> token;
    std::vector<double> first;
    std::vector<double> whole;
    int n_text = 0;
    for (int i = 0; i < kWarmUps; ++i) {
        StageCache cache;
        n_text = run({vlm, cache, request}).tokens.text;
    }
    resetPeak(vlm);
    const bool prunes = request.settings.method != kUnprunedMethod;
    for ([[maybe_unused]] const auto _ : state) {
        StageCache cache;
        double first_ms = 0;
        const auto start = Clock::now();
        const auto emit = [&](const Event& event) {
            if (first_ms == 0 && std::holds_alternative<AnswerToken>(event)) {
                first_ms = msSince(start);
            }
        };
        const RunTrace trace = run({vlm, cache, request, {}, emit});
        first.push_back(first_ms);
        const Timings& took = trace.cost_ms;
        full_pass.push_back(prunes ? took.reference : took.encode);
        encode.push_back(prunes ? took.encode : 0);
        select.push_back(took.select);
        prefill.push_back(took.project + took.prefill);
        token.push_back(took.decode / (request.settings.max_new_tokens - 1));
        whole.push_back(msSince(start));
        state.SetIterationTime(whole.back() / 1000);
    }
    constexpr double kGiB = 1024.0 * 1024 * 1024;
    addColumn(state, "run", whole);
    addColumn(state, "first", first);
    addColumn(state, "xf", full_pass);
    addColumn(state, "encode", encode);
    addColumn(state, "select", select);
    addColumn(state, "prefill", prefill);
    addColumn(state, "token", token);
    state.counters["text"] = n_text;
    state.counters["peak_GiB"] = peakBytes(vlm) / kGiB;
}

/// Every budget in the first precision, the last budget in the others; 0 is the baseline.
std::vector<int> budgetsIn(const Options& options, const std::string& dtype) {
    std::vector<int> budgets{0};
    const auto begin = options.budgets.begin();
    const auto end = options.budgets.end();
    budgets.insert(
        budgets.end(), dtype == options.dtypes.front() || begin == end ? begin : end - 1, end);
    return budgets;
}

void registerRows(const Options& options) {
    const auto models = std::make_shared<Models>(options);
    const auto start = Clock::now();
    for (const std::string& dtype : options.dtypes) {
        for (const int budget : budgetsIn(options, dtype)) {
            const std::string name =
                dtype + (budget > 0 ? ": dcp to " + std::to_string(budget)
                                    : std::string(": baseline, all 576 visual tokens"));
            benchmark::RegisterBenchmark(name.c_str(),
                                         [=](benchmark::State& state) {
                                             if (msSince(start) > options.seconds * 1000) {
                                                 state.SkipWithError("out of time");
                                                 return;
                                             }
                                             const Vlm& vlm = models->in(dtype);
                                             runs(state, vlm, requestOf(options, budget));
                                         })
                ->UseManualTime()
                ->Iterations(options.iterations)
                ->Unit(benchmark::kMillisecond);
        }
    }
}

}  // namespace
}  // namespace prunescope

int main(int argc, char** argv) {
    benchmark::Initialize(&argc, argv);
    prunescope::Options options;
    CLI::App app("Times at LLaVA-1.5-7B's shapes with random weights");
    app.add_option("--device", options.device, "auto, cpu, cuda, cuda:N");
    app.add_option("--dtypes", options.dtypes, "fp16, bf16, fp32")->delimiter(',');
    app.add_option("--budgets", options.budgets, "kept visual tokens")->delimiter(',');
    app.add_option("--layers", options.layers, "of the language model");
    app.add_option("--encoder-layers", options.encoder_layers, "of the vision tower");
    app.add_option("--iterations", options.iterations, "runs per row")->check(CLI::PositiveNumber);
    app.add_option("--answer-tokens", options.answer_tokens, "tokens per answer")
        ->check(CLI::Range(2, 512));
    app.add_option("--seconds", options.seconds, "no row begins later than this");
    CLI11_PARSE(app, argc, argv);
    const bool on_gpu = options.device != "cpu" && at::hasCUDA();
    if (options.dtypes.empty()) {
        options.dtypes =
            on_gpu ? std::vector<std::string>{"fp16", "bf16"} : std::vector<std::string>{"fp32"};
    }
    options.layers = options.layers > 0 ? options.layers : (on_gpu ? 32 : 2);
    options.encoder_layers =
        options.encoder_layers > 0 ? options.encoder_layers : (on_gpu ? 24 : 4);
    std::printf("clip %d x 1024, llama %d x 4096\n", options.encoder_layers, options.layers);
    prunescope::registerRows(options);
    benchmark::RunSpecifiedBenchmarks();
    return 0;
}
