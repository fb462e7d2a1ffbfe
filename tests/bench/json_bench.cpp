// Time of JSON from outside against its length: the last lines fit a curve to each row. Ours has to
// stay in proportion (N) where the library's watched parse grows with the square.
#include "core/base/json.h"

#include <string>

#include <benchmark/benchmark.h>

namespace prunescope {
namespace {

std::string manySmallObjects(std::int64_t n) {
    std::string text = "[{\"a\":1}";
    for (std::int64_t i = 1; i < n; ++i) {
        text += ",{\"a\":1}";
    }
    return text + "]";
}

template <typename Parse>
void measure(benchmark::State& state, const Parse& parse) {
    const std::string text = manySmallObjects(state.range(0));
    for ([[maybe_unused]] const auto _ : state) {
        benchmark::DoNotOptimize(parse(text));
    }
    state.SetComplexityN(state.range(0));
    state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(text.size()));
}

// Baseline: no limits, equal keys pass.
void plain(benchmark::State& state) {
    measure(state, [](const std::string& text) { return nlohmann::json::parse(text); });
}

void watchedByTheLibrary(benchmark::State& state) {
    measure(state, [](const std::string& text) {
        return nlohmann::json::parse(
            text, [](int, nlohmann::json::parse_event_t, nlohmann::json&) { return true; });
    });
}

void ours(benchmark::State& state) {
    measure(state, [](const std::string& text) { return parseJson(text, "text"); });
}

BENCHMARK(plain)->RangeMultiplier(4)->Range(1 << 10, 1 << 18)->Complexity();
BENCHMARK(ours)->RangeMultiplier(4)->Range(1 << 10, 1 << 18)->Complexity();
BENCHMARK(watchedByTheLibrary)->RangeMultiplier(4)->Range(1 << 10, 1 << 14)->Complexity();

}  // namespace
}  // namespace prunescope

BENCHMARK_MAIN();
