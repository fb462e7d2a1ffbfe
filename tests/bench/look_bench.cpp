// Looking around in a result: hover, selection, layers and switches of the overlay, in the real
// window at 1920 x 1080, on made-up runs with one view, with a base view and four crops, and with
// as many patches in one grid. Milliseconds from the input to the painted window (p50, p95, …), and
// until all that follows from it is done as well (done_p95). The first row is what the machine and
// Qt take without us.
#include "tests/bench/look_stage.h"
#include "tests/bench/percentiles.h"

#include <array>
#include <memory>
#include <random>
#include <string>
#include <vector>

namespace prunescope::bench {
namespace {

constexpr int kSamples = 100;

std::unique_ptr<LookStage> g_stage;  // made after the application, gone before it

/// One kind of input; each call must change what is painted.
struct Row {
    const char* name;
    std::function<void(LookStage&)> prepare;
    std::function<void(LookStage&, int)> act;  ///< with the number of the sample
};

const auto kNothing = [](LookStage&) {};

template <typename Change>
auto withOptions(Change change) {
    return [change](LookStage& stage, int i) {
        OverlayOptions options = stage.session().overlay.options();
        change(options, i);
        stage.session().overlay.setOptions(options);
    };
}

auto fateSwitch(PatchFate fate) {
    return withOptions(
        [fate](OverlayOptions& options, int i) { options.setShown(fate, i % 2 == 1); });
}

void selectAll(LookStage& stage) {
    stage.drag(0, stage.patches() - 1, Qt::ShiftModifier);
}

void hoverNext(LookStage& stage, int /*i*/) {
    stage.move(stage.anotherPatch());
}

void clickNext(LookStage& stage, int /*i*/) {
    stage.click(stage.anotherPatch());
}

void scrub(LookStage& stage, int i) {
    stage.slideStage(i);
}

std::vector<Row> lookingRows() {
    return {
        {"baseline: repaint of the canvas",
         kNothing,
         [](LookStage& stage, int) { stage.canvas().update(); }},
        {"hover", kNothing, hoverNext},
        {"hover, all patches selected", selectAll, hoverNext},
        {"hover, strongest edges of all anchors",
         [](LookStage& stage) { stage.setEdges(EdgeMode::TopK); },
         hoverNext},
        {"hover, zoomed in", [](LookStage& stage) { stage.zoom(3); }, hoverNext},
        {"click", kNothing, clickNext},
        {"click, token history on show",
         [](LookStage& stage) { stage.raise("tokenHistoryDock"); },
         clickNext},
        {"box of a quarter",
         kNothing,
         [](LookStage& stage, int i) { stage.dragQuarter(i % 2 == 0); }},
        {"box of a quarter, token history on show",
         [](LookStage& stage) { stage.raise("tokenHistoryDock"); },
         [](LookStage& stage, int i) { stage.dragQuarter(i % 2 == 0); }},
        {"box of all, token history on show",
         [](LookStage& stage) { stage.raise("tokenHistoryDock"); },
         [](LookStage& stage, int i) { i % 2 == 0 ? selectAll(stage) : stage.click(1); }},
        {"layer scrub", kNothing, scrub},
        {"layer scrub, all selected, token history on show",
         [](LookStage& stage) {
             stage.raise("tokenHistoryDock");
             selectAll(stage);
         },
         scrub},
        {"layer scrub, token ledger on show",
         [](LookStage& stage) { stage.raise("ledgerDock"); },
         scrub},
    };
}

std::vector<Row> switchRows() {
    return {
        {"switch: overlay", kNothing, withOptions([](OverlayOptions& options, int i) {
             options.on = i % 2 == 1;
         })},
        {"switch: kept", kNothing, fateSwitch(PatchFate::Kept)},
        {"switch: merged", kNothing, fateSwitch(PatchFate::Merged)},
        {"switch: dropped", kNothing, fateSwitch(PatchFate::Dropped)},
        {"switch: clusters", kNothing, withOptions([](OverlayOptions& options, int i) {
             options.clusters = i % 2 == 1;
         })},
        {"switch: clusters filled", kNothing, withOptions([](OverlayOptions& options, int i) {
             options.cluster_fill = i % 2 == 0;
         })},
        {"switch: edges", kNothing, withOptions([](OverlayOptions& options, int i) {
             constexpr std::array kModes{EdgeMode::TopK, EdgeMode::None, EdgeMode::Selected};
             options.edges = kModes[static_cast<std::size_t>(i) % kModes.size()];
         })},
        {"switch: what tokens did",
         [](LookStage& stage) { stage.showEffects(); },
         withOptions([](OverlayOptions& options, int i) { options.effects = i % 2 == 1; })},
        {"switch: attention",
         [](LookStage& stage) { stage.showEffects(); },
         withOptions([](OverlayOptions& options, int i) { options.attention = i % 2 == 1; })},
        {"opacity", kNothing, withOptions([](OverlayOptions& options, int i) {
             options.opacity = 0.3 + 0.1 * (i % 7);
         })},
        {"view", kNothing, [](LookStage& stage, int i) { stage.showView(i); }},
        {"compare: difference",
         [](LookStage& stage) { stage.showReference(); },
         [](LookStage& stage, int i) {
             stage.session().compare_settings.setMode(i % 2 == 0 ? CompareMode::Difference
                                                                 : CompareMode::Current);
         }},
        {"compare: hover over the difference",
         [](LookStage& stage) {
             stage.showReference();
             stage.session().compare_settings.setMode(CompareMode::Difference);
         },
         hoverNext},
        {"compare: layer scrub over the split",
         [](LookStage& stage) {
             stage.showReference();
             stage.session().compare_settings.setMode(CompareMode::Split);
         },
         scrub},
    };
}

void measure(benchmark::State& state, const Row& row, Pattern pattern) {
    LookStage& stage = *g_stage;
    stage.show(pattern);
    row.prepare(stage);
    stage.settle();
    std::vector<double> painted;
    std::vector<double> done;
    int i = 0;
    for ([[maybe_unused]] const auto _ : state) {
        const LookStage::Times times = stage.measure([&] { row.act(stage, i); });
        ++i;
        painted.push_back(times.painted_ms);
        done.push_back(times.done_ms);
        state.SetIterationTime(times.painted_ms / 1000);
    }
    addPercentiles(state, painted);
    state.counters["done_p95"] = percentile(done, 0.95);
}

void registerRows() {
    std::vector<Row> rows = lookingRows();
    for (Row& row : switchRows()) {
        rows.push_back(std::move(row));
    }
    constexpr std::array kPatterns{std::pair{"576", Pattern::OneView},
                                   std::pair{"5 x 576", Pattern::BaseAndCrops},
                                   std::pair{"2916 in one grid", Pattern::OneLargeGrid}};
    for (const Row& row : rows) {
        for (const auto& [name, pattern] : kPatterns) {
            if (std::string(row.name) == "view" && pattern != Pattern::BaseAndCrops) {
                continue;
            }
            const std::string title = std::string(row.name) + "/" + name;
            benchmark::RegisterBenchmark(
                title.c_str(),
                [row, pattern = pattern](benchmark::State& state) { measure(state, row, pattern); })
                ->UseManualTime()
                ->Unit(benchmark::kMillisecond)
                ->Iterations(kSamples);
        }
    }
}

}  // namespace
}  // namespace prunescope::bench

int main(int argc, char** argv) {
    using namespace prunescope::bench;
    return runOn(g_stage, registerRows, argc, argv);
}
