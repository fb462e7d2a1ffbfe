// From a slider to what a person sees: the real window, document, controller and engine on the
// bundled model. Each row is a latency in milliseconds; the first rows are what the machine and Qt
// take without us.
#include "core/prune/catalog.h"
#include "tests/bench/percentiles.h"
#include "tests/bench/window_stage.h"

#include <functional>
#include <memory>
#include <string>
#include <tuple>
#include <vector>

namespace prunescope::bench {
namespace {

std::unique_ptr<WindowStage> g_stage;  // made after the application, gone before it

using Sample = std::function<double(WindowStage&)>;

void measure(benchmark::State& state, const Sample& sample) {
    std::vector<double> samples;
    for ([[maybe_unused]] const auto _ : state) {
        samples.push_back(sample(*g_stage));
        state.SetIterationTime(samples.back() / 1000);
    }
    addPercentiles(state, samples);
}

double repaintOf(WindowStage& stage, const char* widget) {
    auto* shown = stage.window().findChild<QWidget*>(widget);
    return stage.paintAfter([shown] { shown->update(); });
}

void setOverlay(WindowStage& stage, bool on) {
    OverlayOptions options = stage.session().overlay.options();
    options.on = on;
    stage.session().overlay.setOptions(options);
}

// Two positions whose results are all in the cache, in turn.
double cachedBudget(WindowStage& stage) {
    static bool is_low = false;
    is_low = !is_low;
    const int position = is_low ? 500 : 700;
    const double ms = stage.overlayAfter([&] { stage.slide("budget", position); });
    stage.rest();
    return ms;
}

double cachedBudgetWithoutOverlay(WindowStage& stage) {
    setOverlay(stage, false);
    const double ms = cachedBudget(stage);
    setOverlay(stage, true);
    return ms;
}

// The encoder pass is in the cache; selection with TATCS runs. Up and down the slider.
double freshThreshold(WindowStage& stage) {
    static int position = 0;
    position = position % 450 + 1;
    const double ms = stage.overlayAfter([&] { stage.slide("tau", position); });
    stage.rest();
    return ms;
}

// Another method that selects after the encoder: the pass is shared, the selection is computed,
// since there are more of them than selections are kept.
double otherMethod(WindowStage& stage) {
    static const std::vector<std::string> methods = [] {
        std::vector<std::string> out;
        for (const MethodSpec& spec : methodCatalog()) {
            if (!spec.in_encoder && !spec.in_decoder && spec.uses_budget) {
                out.push_back(spec.id);
            }
        }
        return out;
    }();
    static std::size_t next = 0;
    RunSettings settings = stage.session().document.settings();
    settings.method = methods[next++ % methods.size()];
    settings.params.clear();
    const double ms =
        stage.overlayAfter([&] { stage.session().document.changeSettings(settings, "Method"); });
    stage.rest();
    return ms;
}

double freshBudget(WindowStage& stage) {
    const int position = stage.freshBudgetPosition();
    const double ms = stage.overlayAfter([&] { stage.slide("budget", position); });
    stage.rest();
    return ms;
}

// Another pool leaves the encoder, which therefore runs anew.
double freshPool(WindowStage& stage) {
    static int n_asked = 0;
    RunSettings settings = stage.session().document.settings();
    settings.params["pool_share"] = 0.2 + 0.002 * n_asked++;  // another count of 576 each time
    const double ms =
        stage.overlayAfter([&] { stage.session().document.changeSettings(settings, "Pool"); });
    stage.rest();
    return ms;
}

// The next move comes while the engine still answers the one before.
double freshThresholdWhileBusy(WindowStage& stage) {
    static int position = 450;
    position = position % 450 + 1;
    return stage.overlayAfter([&] { stage.slide("tau", position); });
}

// Back to the method that has a threshold, after the row of other methods.
void useDefaultMethod(WindowStage& stage) {
    RunSettings settings = stage.session().document.settings();
    settings.method = RunSettings{}.method;
    settings.params.clear();
    stage.session().document.changeSettings(settings, "Method");
    stage.rest();
}

double answer(WindowStage& stage) {
    useDefaultMethod(stage);
    const int position = stage.freshBudgetPosition();
    const double ms = stage.answerAfter([&] { stage.slide("budget", position); });
    stage.rest();
    return ms;
}

// Over the breakpoint of a budget that no run has had: selection and answer are computed.
template <double (WindowStage::*After)(const std::function<void()>&)>
double overBreakpoint(WindowStage& stage) {
    stage.setAhead(false);
    useDefaultMethod(stage);
    stage.slide("budget", stage.freshBudgetPosition());
    stage.rest();
    const double ms = (stage.*After)([&] { stage.crossBreakpoint(); });
    stage.rest();
    return ms;
}

// The same with both sides computed while the engine had nothing else to do.
template <double (WindowStage::*After)(const std::function<void()>&)>
double overBreakpointAhead(WindowStage& stage) {
    stage.setAhead(true);
    useDefaultMethod(stage);
    const double ms = (stage.*After)([&] { stage.crossBreakpoint(); });
    stage.rest();
    return ms;
}

void registerRows() {
    constexpr auto kOverlay = &WindowStage::overlayAfter;
    constexpr auto kAnswer = &WindowStage::answerAfter;
    const std::tuple<const char*, Sample, int> rows[] = {
        {"baseline: repaint of a button",
         [](WindowStage& stage) { return repaintOf(stage, "runButton"); },
         200},
        {"baseline: repaint of the canvas",
         [](WindowStage& stage) { return repaintOf(stage, "canvas"); },
         200},
        {"budget, cached, overlay off", cachedBudgetWithoutOverlay, 60},
        {"budget, cached (goal p95 16.7)", cachedBudget, 200},
        {"threshold, encoder pass cached (goal p95 16.7)", freshThreshold, 200},
        {"threshold, while the engine is busy", freshThresholdWhileBusy, 200},
        {"budget, encoder pass cached (goal p95 16.7)", freshBudget, 100},
        {"pool share, encoder pass runs (goal p95 100)", freshPool, 100},
        {"method, encoder pass cached (goal p95 16.7)", otherMethod, 110},
        {"answer after the last change (goal 400)", answer, 100},
        {"threshold across a breakpoint, not computed ahead", overBreakpoint<kOverlay>, 30},
        {"threshold across a breakpoint, computed ahead", overBreakpointAhead<kOverlay>, 100},
        {"answer across a breakpoint, not computed ahead", overBreakpoint<kAnswer>, 30},
        {"answer across a breakpoint, computed ahead", overBreakpointAhead<kAnswer>, 100},
    };
    for (const auto& [name, sample, count] : rows) {
        benchmark::RegisterBenchmark(
            name, [sample = sample](benchmark::State& state) { measure(state, sample); })
            ->UseManualTime()
            ->Unit(benchmark::kMillisecond)
            ->Iterations(count);
    }
}

}  // namespace
}  // namespace prunescope::bench

int main(int argc, char** argv) {
    using namespace prunescope::bench;
    return runOn(g_stage, registerRows, argc, argv);
}
