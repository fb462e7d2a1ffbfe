#include "ui/selection.h"

#include <algorithm>
#include <utility>

namespace prunescope {

void SelectionModel::setView(int view) {
    if (view == view_) {
        return;
    }
    view_ = view;
    setHoveredPatch(-1);
    setPatches({});
    Q_EMIT viewChanged(view);
}

void SelectionModel::setStage(int stage) {
    if (stage != stage_) {
        stage_ = stage;
        Q_EMIT stageChanged(stage);
    }
}

void SelectionModel::setHoveredPatch(int patch) {
    if (patch != hovered_) {
        hovered_ = patch;
        Q_EMIT hoveredChanged(patch);
    }
}

void SelectionModel::setAnswerToken(int token) {
    token = std::max(token, -1);
    if (token != answer_token_) {
        answer_token_ = token;
        Q_EMIT answerTokenChanged(token);
    }
}

void SelectionModel::setPatches(std::vector<int> patches) {
    std::sort(patches.begin(), patches.end());
    patches.erase(std::unique(patches.begin(), patches.end()), patches.end());
    if (patches != patches_) {
        patches_ = std::move(patches);
        Q_EMIT patchesChanged();
    }
}

void SelectionModel::togglePatch(int patch) {
    std::vector<int> next = patches_;
    const auto at = std::lower_bound(next.begin(), next.end(), patch);
    if (at != next.end() && *at == patch) {
        next.erase(at);
    } else {
        next.insert(at, patch);
    }
    setPatches(std::move(next));
}

}  // namespace prunescope
