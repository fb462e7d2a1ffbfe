// The shift metrics at N = 576, d = 1024, k = 16: the full side, which is computed once per picture
// and layer; D of one kept set; a null band. Baselines of the same run: the products of all rows as
// a plain loop, D of klDiagFwd as a plain loop, and a band by measuring its draws one by one.
#include "core/base/random.h"
#include "core/metric/rows.h"
#include "core/metric/shift.h"
#include "tests/metric/features.h"

#include <cmath>
#include <string>

#include <benchmark/benchmark.h>

namespace prunescope {
namespace {

constexpr int kRows = 576;
constexpr int kWidth = 1024;
constexpr int kKept = 16;
constexpr int kDraws = 200;

const Features& fullSet() {
    static const Features full = normals(kRows, kWidth, 1, 0.5);
    return full;
}

const Features& keptSet() {
    static const Features kept = fullSet().pick(drawWithoutReplacement(kRows, kKept, 1));
    return kept;
}

void plainProducts(benchmark::State& state) {
    const Rows rows(fullSet().view());
    for ([[maybe_unused]] const auto _ : state) {
        double sum = 0;
        for (int i = 0; i < rows.rows; ++i) {
            for (int j = 0; j <= i; ++j) {
                sum += dot(rows.row(i), rows.row(j));
            }
        }
        benchmark::DoNotOptimize(sum);
    }
}

void ourProducts(benchmark::State& state) {
    const Rows rows(fullSet().view());
    for ([[maybe_unused]] const auto _ : state) {
        benchmark::DoNotOptimize(gram(rows));
    }
}

// methods.md 5.1 item 1 as it is written, channel by channel.
void plainKlDiagFwd(benchmark::State& state) {
    const auto moments = [](const Features& set, int c) {
        double mean = 0;
        double variance = 0;
        for (int i = 0; i < set.rows; ++i) {
            mean += set.at(i, c) / set.rows;
        }
        for (int i = 0; i < set.rows; ++i) {
            variance += (set.at(i, c) - mean) * (set.at(i, c) - mean) / set.rows;
        }
        return std::pair(mean, variance);
    };
    for ([[maybe_unused]] const auto _ : state) {
        double sum = 0;
        for (int c = 0; c < kWidth; ++c) {
            const auto [mean_k, v_k] = moments(keptSet(), c);
            const auto [mean_f, v_f] = moments(fullSet(), c);
            sum += std::log(v_f / v_k) + (v_k + (mean_k - mean_f) * (mean_k - mean_f)) / v_f - 1;
        }
        benchmark::DoNotOptimize(sum / (2 * kWidth));
    }
}

void fullSide(benchmark::State& state, ShiftMetric metric) {
    for ([[maybe_unused]] const auto _ : state) {
        benchmark::DoNotOptimize(ShiftReference(metric, fullSet().view()));
    }
}

void oneKeptSet(benchmark::State& state, ShiftMetric metric) {
    const ShiftReference reference(metric, fullSet().view());
    for ([[maybe_unused]] const auto _ : state) {
        benchmark::DoNotOptimize(reference.measure(keptSet().view()));
    }
}

void nullBand(benchmark::State& state, ShiftMetric metric) {
    const ShiftReference reference(metric, fullSet().view());
    const auto k = static_cast<int>(state.range(0));
    int draws = 0;
    for ([[maybe_unused]] const auto _ : state) {
        const NullBand band = reference.nullBand(k, 0, kDraws);
        benchmark::DoNotOptimize(band.median);
        draws = band.draws;
    }
    state.counters["draws"] = draws;
}

void nullBandByMeasuring(benchmark::State& state, ShiftMetric metric) {
    const ShiftReference reference(metric, fullSet().view());
    const auto k = static_cast<int>(state.range(0));
    for ([[maybe_unused]] const auto _ : state) {
        for (std::uint64_t draw = 0; draw < kDraws; ++draw) {
            const Features kept = fullSet().pick(drawWithoutReplacement(kRows, k, draw));
            benchmark::DoNotOptimize(reference.measure(kept.view()).value);
        }
    }
    state.counters["draws"] = kDraws;
}

void addRows() {
    const auto add = [](const std::string& name, auto function, ShiftMetric metric) {
        return benchmark::RegisterBenchmark(
                   name.c_str(), [=](benchmark::State& state) { function(state, metric); })
            ->Unit(benchmark::kMillisecond);
    };
    benchmark::RegisterBenchmark("baseline/products, plain loop", plainProducts)
        ->Unit(benchmark::kMillisecond);
    benchmark::RegisterBenchmark("products", ourProducts)->Unit(benchmark::kMillisecond);
    benchmark::RegisterBenchmark("baseline/klDiagFwd, plain loop", plainKlDiagFwd)
        ->Unit(benchmark::kMillisecond);
    for (const ShiftMetricInfo& info : shiftMetrics()) {
        add("full side/" + info.id, fullSide, info.metric);
        add("kept set/" + info.id, oneKeptSet, info.metric);
        add("null band/" + info.id, nullBand, info.metric)->Arg(kKept)->Arg(kRows / 2);
        add("baseline/null band by measuring/" + info.id, nullBandByMeasuring, info.metric)
            ->Arg(kKept)
            ->Iterations(1);
    }
}

}  // namespace
}  // namespace prunescope

int main(int argc, char** argv) {
    prunescope::addRows();
    benchmark::Initialize(&argc, argv);
    benchmark::RunSpecifiedBenchmarks();
    return 0;
}
