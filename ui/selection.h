#pragma once

#include <vector>

#include <QObject>

namespace prunescope {

/// What the user looks at, for all views at once: current patches, hovered patch, current view and
/// stage. Every view reads and writes this one object; none keeps its own. Not undoable.
class SelectionModel : public QObject {
    Q_OBJECT

public:
    explicit SelectionModel(QObject* parent = nullptr) : QObject(parent) {}

    int view() const { return view_; }

    /// Stage index into ViewTrace::stages: -1 before the first, stages.size() - 1 the result.
    int stage() const { return stage_; }

    /// -1: nothing hovered.
    int hoveredPatch() const { return hovered_; }

    /// Ascending, of the current view.
    const std::vector<int>& patches() const { return patches_; }

    void setView(int view);
    void setStage(int stage);
    void setHoveredPatch(int patch);
    void setPatches(std::vector<int> patches);
    void togglePatch(int patch);

Q_SIGNALS:
    void viewChanged(int view);
    void stageChanged(int stage);
    void hoveredChanged(int patch);
    void patchesChanged();

private:
    int view_ = 0;
    int stage_ = -1;
    int hovered_ = -1;
    std::vector<int> patches_;
};

}  // namespace prunescope
