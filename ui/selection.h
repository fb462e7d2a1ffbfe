#pragma once

#include <vector>

#include <QObject>

namespace prunescope {

/// What the user looks at, for all views at once: current patches, hovered patch, current view,
/// stage and answer token. Every view reads and writes this one object; none keeps its own. Not
/// undoable.
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

    /// Index into the tokens of the run's answer; -1: the answer as a whole.
    int answerToken() const { return answer_token_; }

    void setView(int view);
    void setStage(int stage);
    void setHoveredPatch(int patch);
    void setPatches(std::vector<int> patches);
    void togglePatch(int patch);
    void setAnswerToken(int token);

Q_SIGNALS:
    void viewChanged(int view);
    void stageChanged(int stage);
    void hoveredChanged(int patch);
    void patchesChanged();
    void answerTokenChanged(int token);

private:
    int view_ = 0;
    int stage_ = -1;
    int hovered_ = -1;
    int answer_token_ = -1;
    std::vector<int> patches_;
};

}  // namespace prunescope
