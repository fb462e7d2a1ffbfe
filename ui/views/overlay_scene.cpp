#include "ui/views/overlay_scene.h"

#include "ui/theme/cluster_colors.h"

#include <algorithm>
#include <iterator>

namespace prunescope {

namespace {

void addClusters(OverlayScene& scene, const StageTrace& stage) {
    scene.cluster_of = stage.cluster_of;
    const std::vector<int> hues = clusterHues(scene.grid, stage.cluster_of);
    const auto& representatives = stage.chosen.empty() ? stage.centres : stage.chosen;
    scene.clusters.clear();
    for (std::size_t i = 0; i < hues.size(); ++i) {
        ClusterShape shape;
        shape.loops = boundaryLoops(scene.grid, stage.cluster_of, static_cast<std::int32_t>(i));
        shape.representative = i < representatives.size() ? representatives[i] : -1;
        shape.hue = hues[i];
        scene.clusters.push_back(std::move(shape));
    }
}

}  // namespace

int OverlayScene::count(PatchFate fate) const {
    return static_cast<int>(std::count(fates.begin(), fates.end(), fate));
}

OverlayScene makeScene(const ViewTrace& view, int stage) {
    OverlayScene scene;
    scene.grid = view.grid;
    scene.stage = std::min(stage, static_cast<int>(view.stages.size()) - 1);
    scene.fates = patchFates(view, scene.stage);
    scene.mass = patchMass(view, scene.stage);
    for (const float mass : scene.mass) {
        scene.max_mass = std::max(scene.max_mass, mass);
    }
    const auto n = static_cast<std::size_t>(view.grid.count());
    scene.main_anchor.assign(n, -1);
    std::vector<float> best(n, 0.0F);
    for (int s = 0; s <= scene.stage; ++s) {
        const StageTrace& now = view.stages[static_cast<std::size_t>(s)];
        for (const Transfer& transfer : now.transfers) {
            const auto from = static_cast<std::size_t>(transfer.from_patch);
            if (transfer.weight > best[from]) {
                best[from] = transfer.weight;
                scene.main_anchor[from] = transfer.to_patch;
            }
        }
        std::ranges::copy_if(now.transfers,
                             std::back_inserter(scene.transfers),
                             [](const Transfer& transfer) { return transfer.to_patch >= 0; });
        if (!now.cluster_of.empty()) {
            addClusters(scene, now);
        }
    }
    return scene;
}

}  // namespace prunescope
