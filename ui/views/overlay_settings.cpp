#include "ui/views/overlay_settings.h"

#include <algorithm>

namespace prunescope {

void OverlaySettings::setOptions(const OverlayOptions& options) {
    if (options_ == options) {
        return;
    }
    options_ = options;
    Q_EMIT changed();
}

void OverlaySettings::toggleGroup(int number) {
    OverlayOptions next = options_;
    const auto toggle = [&next](PatchFate first, PatchFate second) {
        const bool shown = !next.shows(first);
        next.setShown(first, shown);
        next.setShown(second, shown);
    };
    switch (number) {
        case 1:
            toggle(PatchFate::Kept, PatchFate::Enriched);
            break;
        case 2:
            toggle(PatchFate::Merged, PatchFate::Merged);
            break;
        case 3:
            toggle(PatchFate::Dropped, PatchFate::Dropped);
            break;
        case 4:
            toggle(PatchFate::Reselected, PatchFate::Evicted);
            break;
        case 5:
            next.clusters = !next.clusters;
            break;
        default:
            break;
    }
    setOptions(next);
}

void OverlaySettings::solo(PatchFate fate) {
    OverlayOptions next = options_;
    std::array<bool, kFateCount> alone{};
    alone[static_cast<std::size_t>(fate)] = true;
    const bool is_alone = next.show == alone;
    if (is_alone) {
        next.show.fill(true);
    } else {
        next.show = alone;
    }
    next.clusters = is_alone;
    setOptions(next);
}

void OverlaySettings::toggleClusterFill() {
    OverlayOptions next = options_;
    next.clusters = true;
    next.cluster_fill = !next.cluster_fill;
    setOptions(next);
}

void OverlaySettings::cycleEdges() {
    OverlayOptions next = options_;
    next.edges = static_cast<EdgeMode>((static_cast<int>(next.edges) + 1) % 3);
    setOptions(next);
}

void OverlaySettings::changeOpacity(double delta) {
    OverlayOptions next = options_;
    next.opacity = std::clamp(next.opacity + delta, 0.0, 1.0);
    setOptions(next);
}

}  // namespace prunescope
