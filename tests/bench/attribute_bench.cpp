// What each of 16 kept tokens did to the answer, of a run that is finished, on the bundled model.
// The baseline is what cannot be spared: 16 prefills with one row less, by whole runs whose stages
// above the prefill come from the cache.
#include "core/engine/run.h"
#include "core/image/decode.h"
#include "core/model/bundled.h"
#include "tests/bench/percentiles.h"

#include <chrono>
#include <filesystem>
#include <memory>
#include <vector>

namespace prunescope {
namespace {

using Clock = std::chrono::steady_clock;

double msSince(Clock::time_point start) {
    return std::chrono::duration<double, std::milli>(Clock::now() - start).count();
}

struct Fixture {
    Fixture() : vlm(Vlm::load(bundledModel(), {.device = "cpu", .dtype = "fp32", .threads = 2})) {
        request.image = std::make_shared<const Image>(loadImage(bundledSample().image).image);
        request.prompt = "Is there a dog in the picture?";
        request.settings.method = "dcp";
        request.settings.budget = 16;
        wantAnswerAlone(request);
    }

    /// A cache that holds the finished run and nothing more.
    std::unique_ptr<StageCache> afterRun() const {
        auto cache = std::make_unique<StageCache>();
        run({*vlm, *cache, request});
        return cache;
    }

    std::unique_ptr<Vlm> vlm;
    RunRequest request;
};

const Fixture& fixture() {
    static const Fixture all;
    return all;
}

void separatePrefills(benchmark::State& state) {
    const Fixture& f = fixture();
    std::vector<double> samples;
    for ([[maybe_unused]] const auto _ : state) {
        const auto cache = f.afterRun();
        const RunTrace base = run({*f.vlm, *cache, f.request});
        double ms = 0;
        for (const std::int32_t patch : base.views.front().kept) {
            RunRequest without = f.request;
            without.omit = {{0, patch}};
            const RunTrace trace = run({*f.vlm, *cache, without});
            ms += trace.timings_ms.prefill + trace.timings_ms.decode;
        }
        samples.push_back(ms);
        state.SetIterationTime(ms / 1000);
    }
    bench::addPercentiles(state, samples);
}

/// @param first_only  time to the first effect instead of all
/// @param attention   as the window asks: also where the answer looks, before the first effect
void attribution(benchmark::State& state, bool first_only, bool attention) {
    const Fixture& f = fixture();
    RunRequest request = f.request;
    request.attribution = AttributionRequest{true, {}, attention};
    std::vector<double> samples;
    for ([[maybe_unused]] const auto _ : state) {
        const auto cache = f.afterRun();
        double first = 0;
        const auto start = Clock::now();
        const auto emit = [&](const Event& event) {
            const auto* known = std::get_if<Attributed>(&event);
            if (known != nullptr && known->attribution->effects.size() == 1) {
                first = msSince(start);
            }
        };
        attribute({*f.vlm, *cache, request, {}, emit});
        samples.push_back(first_only ? first : msSince(start));
        state.SetIterationTime(samples.back() / 1000);
    }
    bench::addPercentiles(state, samples);
}

BENCHMARK(separatePrefills)
    ->Name("baseline: 16 separate prefills and their answers")
    ->UseManualTime()
    ->Iterations(10)
    ->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(attribution, first, true, false)
    ->Name("16 tokens: first effect")
    ->UseManualTime()
    ->Iterations(10)
    ->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(attribution, all, false, false)
    ->Name("16 tokens: all effects")
    ->UseManualTime()
    ->Iterations(10)
    ->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(attribution, first_after_attention, true, true)
    ->Name("16 tokens: attention and first effect")
    ->UseManualTime()
    ->Iterations(10)
    ->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(attribution, all_with_attention, false, true)
    ->Name("16 tokens: attention and all effects")
    ->UseManualTime()
    ->Iterations(10)
    ->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace prunescope

BENCHMARK_MAIN();
