// What it costs to choose: every method that prunes before the language model, on one core, at the
// size of LLaVA-1.5 (576 patches, width 1024). D and the projector are not in these times; of a
// method inside the encoder it is the sum over all layers.
//
// compare_with_numpy.py runs this and the NumPy references side by side.
#include "core/prune/row_plan.h"
#include "tests/bench/percentiles.h"
#include "tests/prune/fake_views.h"

#include <ctime>
#include <numeric>
#include <utility>

#include <ATen/Parallel.h>
#include <ATen/ops/ones.h>
#include <ATen/ops/softmax.h>
#include <c10/core/InferenceMode.h>

#include <benchmark/benchmark.h>

namespace prunescope {
namespace {

using testing::normals;

constexpr int kHeads = 16;
constexpr int kWidth = 1024;
constexpr int kTextWidth = 4096;
constexpr int kQuestion = 12;
constexpr int kLastLayer = 22;
const PatchGrid kGrid{24, 24, 14};

/// Inputs of the right shapes, the same for every method.
struct Inputs {
    at::Tensor tokens = normals({kGrid.count(), kWidth}, 1);
    at::Tensor cls = normals({1, kWidth}, 2);
    at::Tensor attention = at::softmax(normals({kHeads, 1 + kGrid.count()}, 3, 1.5), -1);
    at::Tensor keys = normals({kHeads, 1 + kGrid.count(), kWidth / kHeads}, 4);
    at::Tensor values = normals({kHeads, 1 + kGrid.count(), kWidth / kHeads}, 5, 0.3);
    at::Tensor projected = normals({kGrid.count(), kTextWidth}, 6);
    at::Tensor text = normals({kQuestion, kTextWidth}, 7);
    WideTaps wide{at::softmax(normals({1 + kGrid.count()}, 8), -1),
                  normals({1 + kGrid.count(), kWidth}, 9)};
};

const Inputs& inputs() {
    static const Inputs all;
    return all;
}

/// Milliseconds this thread has computed: what others do on the core meanwhile does not count.
double threadMs() {
    timespec now{};
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return 1e3 * static_cast<double>(now.tv_sec) + 1e-6 * static_cast<double>(now.tv_nsec);
}

/// Adds the time of a call to a sum of milliseconds.
template <typename Call>
auto timed(double& ms, const Call& call) {
    const double start = threadMs();
    auto result = call();
    ms += threadMs() - start;
    return result;
}

/// The tokens that are there between two layers.
struct Pool {
    std::vector<std::int32_t> patches;
    std::vector<float> mass;
    at::Tensor score;

    Pool() : patches(toSize(kGrid.count())), mass(patches.size(), 1.0F) {
        std::iota(patches.begin(), patches.end(), 0);
    }

    std::int64_t size() const { return static_cast<std::int64_t>(patches.size()); }

    void reduce(const Reduction& by) {
        patches = patchesOf(patches, by.keep);
        mass = by.mass.empty() ? gatherValues(mass, by.keep) : by.mass;
        score = score.defined() ? gatherRows(score, by.keep) : score;
    }
};

// The first n tokens stand in for those that are left: a method's cost depends on their number.
at::Tensor firstTokens(const at::Tensor& heads, const Pool& pool) {
    return heads.slice(1, 0, 1 + pool.size()).contiguous();
}

void runLayers(const PruneMethod& method, const RunSettings& settings, Pool& pool, double& ms) {
    for (int layer = 0; layer <= kLastLayer; ++layer) {
        const LayerView view{.settings = settings,
                             .grid = kGrid,
                             .layer = layer,
                             .last_layer = kLastLayer,
                             .budget = settings.budget,
                             .patches = pool.patches,
                             .tokens = inputs().tokens.slice(0, 0, pool.size()),
                             .cls_attention = firstTokens(inputs().attention, pool),
                             .keys = firstTokens(inputs().keys, pool),
                             .values = firstTokens(inputs().values, pool),
                             .mass = pool.mass,
                             .score = pool.score};
        const LayerOutcome outcome = timed(ms, [&] { return method.afterLayer(view); });
        pool.score = outcome.score;
        if (outcome.reduction) {
            pool.reduce(*outcome.reduction);
        }
    }
}

void selectOnce(const PruneMethod& method,
                const RunSettings& settings,
                const Pool& pool,
                double& ms) {
    const at::Tensor projected = inputs().projected.slice(0, 0, pool.size());
    const SelectView view{.settings = settings,
                          .grid = kGrid,
                          .layer = kLastLayer,
                          .budget = settings.budget,
                          .patches = pool.patches,
                          .tokens = inputs().tokens.slice(0, 0, pool.size()).contiguous(),
                          .cls = inputs().cls,
                          .cls_attention = firstTokens(inputs().attention, pool),
                          .keys = firstTokens(inputs().keys, pool),
                          .values = firstTokens(inputs().values, pool),
                          .mass = pool.mass,
                          .score = pool.score,
                          .chained_shift = 0,
                          .full = nullptr,  // D is not measured
                          .text = inputs().text,
                          .project = [&](const at::Tensor&) { return projected; },
                          .projected = [&] { return projected; },
                          .threshold = {effectiveTrigger(settings), settings.tau, {}},
                          .wide_taps = [] { return inputs().wide; }};
    benchmark::DoNotOptimize(timed(ms, [&] { return method.select(view); }));
}

void measure(benchmark::State& state, const MethodSpec& spec) {
    at::set_num_threads(1);
    const c10::InferenceMode guard;
    RunSettings settings;
    settings.method = spec.id;
    settings.trigger = Trigger::Always;  // where there is a re-selection, it runs
    settings.budget = spec.uses_budget ? static_cast<int>(state.range(0)) : kGrid.count();
    const auto method = makeMethod(spec.id);
    std::vector<double> samples;
    for ([[maybe_unused]] const auto _ : state) {
        double ms = 0;
        Pool pool;
        if (spec.in_encoder) {
            runLayers(*method, settings, pool, ms);
        }
        selectOnce(*method, settings, pool, ms);
        samples.push_back(ms);
        state.SetIterationTime(ms / 1000);
    }
    bench::addPercentiles(state, samples);
}

void registerAll() {
    for (const MethodSpec& spec : methodCatalog()) {
        if (!spec.in_decoder) {
            benchmark::RegisterBenchmark(spec.id.c_str(), measure, spec)
                ->UseManualTime()
                ->Unit(benchmark::kMillisecond)
                ->MinTime(0.3)
                ->Arg(64);
        }
    }
}

}  // namespace
}  // namespace prunescope

int main(int argc, char** argv) {
    prunescope::registerAll();
    benchmark::Initialize(&argc, argv);
    benchmark::RunSpecifiedBenchmarks();
    return 0;
}
