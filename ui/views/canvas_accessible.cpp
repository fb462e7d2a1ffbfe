// What the canvas says to screen readers: its patches as rows, with the words of the hover card.
#include "ui/views/canvas.h"
#include "ui/views/stage_labels.h"

#include <algorithm>

namespace prunescope {

QString Canvas::rowsCaption() const {
    const ViewTrace* now = view();
    return now != nullptr ? stageLabel(*now, stageOf(now)) : QString();
}

int Canvas::rowCount() const {
    const ViewTrace* now = view();
    return now != nullptr ? now->grid.count() : 0;
}

QString Canvas::rowName(int patch) const {
    const ViewTrace* now = view();
    return now == nullptr ? QString()
                          : tr("patch %1, row %2, column %3")
                                .arg(patch)
                                .arg(now->grid.rowOf(patch))
                                .arg(now->grid.colOf(patch));
}

QString Canvas::rowText(int patch) const {
    const ViewTrace* now = view();
    if (now == nullptr) {
        return {};
    }
    QString said = patchText(*now, stageOf(now), patch);
    const QString effect = effectOf(patch);
    if (!effect.isEmpty()) {
        said += QStringLiteral(" · ") + effect;
    }
    const QString notes = notesAbout(document_->remarks(), selection_->view(), patch);
    return notes.isEmpty() ? said : said + QStringLiteral(" · ") + tr("Note: %1").arg(notes);
}

QRect Canvas::rowRect(int patch) const {
    return transform_.hasGrid() ? transform_.widgetRectOf(patch).toAlignedRect() : QRect();
}

bool Canvas::isRowSelected(int patch) const {
    const std::vector<int> patches = ownPatches();
    return std::find(patches.begin(), patches.end(), patch) != patches.end();
}

void Canvas::selectRow(int patch, bool selected) {
    if (isRowSelected(patch) != selected) {
        selection_->togglePatch(selectedPatch(patch));
    }
}

int Canvas::currentRow() const {
    const int hovered = ownPatch(selection_->hoveredPatch());
    const std::vector<int> patches = ownPatches();
    return hovered >= 0 || patches.empty() ? hovered : patches.front();
}

}  // namespace prunescope
