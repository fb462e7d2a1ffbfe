#pragma once

#include "ui/theme/fate_style.h"

#include <array>

#include <QObject>

namespace prunescope {

enum class EdgeMode { None, Selected, TopK };

/// What of the overlay is shown. A plain value.
struct OverlayOptions {
    bool on = true;
    std::array<bool, kFateCount> show{true, true, true, true, true, true};  ///< by PatchFate
    bool clusters = true;
    bool cluster_fill = false;  ///< mean colour instead of an outline
    bool effects = true;        ///< what single tokens did to the answer, once it is known
    bool attention = true;      ///< where the chosen answer token looks, once it is known
    EdgeMode edges = EdgeMode::Selected;
    double opacity = 1;

    bool shows(PatchFate fate) const { return show[static_cast<std::size_t>(fate)]; }

    void setShown(PatchFate fate, bool shown) { show[static_cast<std::size_t>(fate)] = shown; }

    bool operator==(const OverlayOptions&) const = default;
};

/// The options that a canvas and its legend share. Not undoable.
class OverlaySettings : public QObject {
    Q_OBJECT

public:
    using QObject::QObject;

    const OverlayOptions& options() const { return options_; }

    void setOptions(const OverlayOptions& options);

    /// The toggles of the keys 1..5: kept, merged, dropped, re-selected, clusters.
    void toggleGroup(int number);

    /// Shows one fate alone, or everything when it already is alone.
    void solo(PatchFate fate);
    void toggleClusterFill();
    void cycleEdges();
    void changeOpacity(double delta);

Q_SIGNALS:
    void changed();

private:
    OverlayOptions options_;
};

}  // namespace prunescope
