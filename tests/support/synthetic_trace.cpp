#include "tests/support/synthetic_trace.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <random>

namespace prunescope {

namespace {

constexpr float kNaN = std::numeric_limits<float>::quiet_NaN();
constexpr int kSelectedLayer = 22;

/// State of a view between stages.
struct Walk {
    PatchGrid grid;
    std::vector<std::int32_t> alive;  // ascending
    std::vector<float> mass;          // per patch
    std::vector<float> base_score;    // per patch
    std::mt19937 random;
};

float distance2(const PatchGrid& grid, int a, int b) {
    const float d_row = static_cast<float>(grid.rowOf(a) - grid.rowOf(b));
    const float d_col = static_cast<float>(grid.colOf(a) - grid.colOf(b));
    return d_row * d_row + d_col * d_col;
}

std::vector<std::int32_t> best(const Walk& walk, int n) {
    std::vector<std::int32_t> order = walk.alive;
    std::stable_sort(order.begin(), order.end(), [&](std::int32_t a, std::int32_t b) {
        return walk.base_score[static_cast<std::size_t>(a)] >
               walk.base_score[static_cast<std::size_t>(b)];
    });
    order.resize(static_cast<std::size_t>(n));
    std::sort(order.begin(), order.end());
    return order;
}

void recordSlots(StageTrace& stage, const Walk& walk) {
    const auto n = static_cast<std::size_t>(walk.grid.count());
    stage.slot_from_patch.assign(n, -1);
    for (std::size_t slot = 0; slot < walk.alive.size(); ++slot) {
        const auto patch = static_cast<std::size_t>(walk.alive[slot]);
        stage.slot_from_patch[patch] = static_cast<std::int32_t>(slot);
        stage.mass.push_back(walk.mass[patch]);
    }
    stage.tokens_out = static_cast<int>(walk.alive.size());
}

void sendToNearest(StageTrace& stage, Walk& walk, const std::vector<std::int32_t>& anchors) {
    for (const std::int32_t from : walk.alive) {
        // Every fifth context token sends nothing, so that "dropped" occurs too.
        if (std::binary_search(anchors.begin(), anchors.end(), from) || from % 5 == 0) {
            continue;
        }
        std::vector<std::int32_t> near = anchors;
        const auto n = std::min<std::size_t>(2, near.size());
        std::partial_sort(near.begin(),
                          near.begin() + static_cast<std::ptrdiff_t>(n),
                          near.end(),
                          [&](std::int32_t a, std::int32_t b) {
                              return distance2(walk.grid, a, from) < distance2(walk.grid, b, from);
                          });
        for (std::size_t i = 0; i < n; ++i) {
            const float weight = n == 1 ? 1.0F : (i == 0 ? 0.65F : 0.35F);
            stage.transfers.push_back({from, near[i], weight});
            walk.mass[static_cast<std::size_t>(near[i])] +=
                weight * walk.mass[static_cast<std::size_t>(from)];
        }
    }
}

StageTrace step(Walk& walk, Site site, const std::string& name, int n) {
    StageTrace stage;
    stage.site = site;
    stage.name = name;
    stage.tokens_in = static_cast<int>(walk.alive.size());
    stage.score.assign(static_cast<std::size_t>(walk.grid.count()), kNaN);
    std::normal_distribution<float> jitter(0.0F, 0.03F);
    for (const std::int32_t patch : walk.alive) {
        auto& score = walk.base_score[static_cast<std::size_t>(patch)];
        score += jitter(walk.random);
        stage.score[static_cast<std::size_t>(patch)] = score;
    }
    const std::vector<std::int32_t> anchors = best(walk, n);
    sendToNearest(stage, walk, anchors);
    walk.alive = anchors;
    recordSlots(stage, walk);
    stage.ms = 1.5;
    return stage;
}

/// Clusters of the pool round evenly spread centres, one chosen from each.
void reselect(StageTrace& stage, const Walk& pool, int k) {
    const auto n = static_cast<std::size_t>(pool.grid.count());
    stage.name = "TATCS";
    stage.baseline = best(pool, k);
    for (int i = 0; i < k; ++i) {
        const auto at =
            static_cast<std::size_t>(i) * pool.alive.size() / static_cast<std::size_t>(k);
        stage.centres.push_back(pool.alive[at]);
    }
    stage.cluster_of.assign(n, -1);
    stage.text_relevance.assign(n, kNaN);
    stage.chosen.assign(static_cast<std::size_t>(k), -1);
    std::vector<float> chosen_score(static_cast<std::size_t>(k), -1e9F);
    for (const std::int32_t patch : pool.alive) {
        std::size_t nearest = 0;
        for (std::size_t c = 1; c < stage.centres.size(); ++c) {
            if (distance2(pool.grid, stage.centres[c], patch) <
                distance2(pool.grid, stage.centres[nearest], patch)) {
                nearest = c;
            }
        }
        const auto i = static_cast<std::size_t>(patch);
        stage.cluster_of[i] = static_cast<std::int32_t>(nearest);
        stage.text_relevance[i] =
            static_cast<float>(pool.grid.colOf(patch)) / static_cast<float>(pool.grid.cols);
        const float value = pool.base_score[i] + 0.4F * stage.text_relevance[i];
        if (value > chosen_score[nearest]) {
            chosen_score[nearest] = value;
            stage.chosen[nearest] = patch;
        }
    }
}

void addShifts(ViewTrace& view, const SyntheticOptions& options) {
    const double n = view.grid.count();
    for (StageTrace& stage : view.stages) {
        const double left = stage.tokens_out;
        stage.shift_before = 0.012 * (n / left - 1) * (1 + 0.1 * std::sin(left));
        stage.null_band = {
            0.002 * (n / left - 1), 0.003 * (n / left - 1), 0.0045 * (n / left - 1), 200};
    }
    StageTrace& last = view.stages.back();
    ShiftSummary& shift = view.shift;
    shift.kappa = last.shift_before;
    shift.tau = options.tau;
    shift.fired = options.trigger == Trigger::Always ||
                  (options.trigger == Trigger::Auto && *shift.kappa > options.tau);
    shift.accepted = shift.fired;
    shift.mean_term = *shift.kappa * 0.6;
    shift.variance_term = *shift.kappa * 0.4;
    shift.null_band = last.null_band;
    if (shift.fired) {
        shift.kappa_after = *shift.kappa * 0.55;
        last.shift_after = shift.kappa_after;
    }
}

ViewTrace makeView(const SyntheticOptions& options, unsigned seed) {
    ViewTrace view;
    view.grid = {options.side, options.side, options.patch_px};
    const double shorter = std::min(options.width, options.height);
    const double side = options.pad ? std::max(options.width, options.height) : shorter;
    view.source = {(options.width - side) / 2, (options.height - side) / 2, side, side};
    Walk walk;
    walk.grid = view.grid;
    walk.random.seed(seed);
    const int n = view.grid.count();
    walk.alive.resize(static_cast<std::size_t>(n));
    std::iota(walk.alive.begin(), walk.alive.end(), 0);
    walk.mass.assign(static_cast<std::size_t>(n), 1.0F);
    std::uniform_real_distribution<float> noise(0.0F, 0.35F);
    for (int patch = 0; patch < n; ++patch) {
        const float far = distance2(view.grid, patch, n / 2 + options.side / 2);
        const float spread = static_cast<float>(options.side * options.side);
        walk.base_score.push_back(std::exp(-8 * far / spread) + noise(walk.random));
    }
    const int budget = std::min(options.budget, n);
    const int pool =
        std::min(n, std::max(budget, std::min(n / 2, std::max(4 * budget, budget + 8))));
    const int events = 11;
    for (int j = 1; j <= events; ++j) {
        const double share =
            std::pow(static_cast<double>(pool) / n, static_cast<double>(j) / events);
        const int target = static_cast<int>(std::floor(n * share + 0.5));
        view.stages.push_back(
            step(walk, {Site::Kind::EncoderLayer, 2 * j - 1}, "ACGR", std::max(target, pool)));
    }
    Walk before_selection = walk;
    StageTrace last = step(walk, {Site::Kind::AfterEncoder, kSelectedLayer}, "select", budget);
    view.stages.push_back(last);
    addShifts(view, options);
    if (view.shift.fired) {
        StageTrace& stage = view.stages.back();
        stage.transfers.clear();
        stage.mass.clear();
        reselect(stage, before_selection, budget);
        walk = before_selection;
        walk.alive = {stage.chosen.begin(), stage.chosen.end()};
        std::sort(walk.alive.begin(), walk.alive.end());
        recordSlots(stage, walk);
    }
    view.kept = walk.alive;
    return view;
}

}  // namespace

RunTrace syntheticTrace(const SyntheticOptions& options) {
    RunTrace trace;
    trace.settings.method = "dcp";
    trace.settings.budget = options.budget;
    trace.settings.tau = options.tau;
    trace.settings.trigger = options.trigger;
    trace.settings.image_mode = options.pad ? ImageMode::Pad : ImageMode::Crop;
    trace.prompt = "What is in the picture?";
    trace.model = {"synthetic", "0", "cpu", "fp32", "math", kSelectedLayer + 1, 1};
    trace.image = {"synthetic.png", "0", options.width, options.height};
    for (int i = 0; i < options.views; ++i) {
        trace.views.push_back(makeView(options, 7U + static_cast<unsigned>(i)));
    }
    const int n = options.side * options.side;
    trace.tokens = {n * options.views, options.budget * options.views, 12, 0, 0};
    trace.tokens.sameInEveryLayer();
    trace.answer.text = "A disc over a lake.";
    trace.answer.complete = true;
    return trace;
}

Image syntheticPicture(int width, int height) {
    Image image{width, height, {}};
    image.rgb.reserve(static_cast<std::size_t>(width) * static_cast<std::size_t>(height) * 3);
    for (int y = 0; y < height; ++y) {
        for (int x = 0; x < width; ++x) {
            const double u = static_cast<double>(x) / width;
            const double v = static_cast<double>(y) / height;
            const double far = std::hypot((u - 0.55) * width / height, v - 0.45);
            double red = 120 + 90 * (1 - v);
            double green = 165 + 50 * (1 - v);
            double blue = 225 - 60 * v;
            if (v > 0.6 + 0.05 * std::sin(u * 14)) {
                red = 60 + 40 * u;
                green = 120 + 30 * std::sin(u * 60) * std::sin(v * 80);
                blue = 70;
            }
            if (far < 0.24) {
                red = 236;
                green = 190 - 200 * far;
                blue = 90;
            }
            for (const double value : {red, green, blue}) {
                image.rgb.push_back(static_cast<std::uint8_t>(std::clamp(value, 0.0, 255.0)));
            }
        }
    }
    return image;
}

}  // namespace prunescope
