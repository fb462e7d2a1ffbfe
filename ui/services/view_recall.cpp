#include "ui/services/view_recall.h"

#include <algorithm>
#include <utility>

#include <QTimer>

namespace prunescope {

ViewRecall::ViewRecall(const Document* document, SelectionModel* selection, QObject* parent)
    : QObject(parent), document_(document), selection_(selection) {
    // Behind those who follow the last stage of a new trace.
    connect(document_, &Document::traceChanged, this, &ViewRecall::take, Qt::QueuedConnection);
}

void ViewRecall::recall(const ViewPlace& place) {
    waiting_ = place;
    take();
}

void ViewRecall::take() {
    const TracePtr trace = document_->trace();
    if (!waiting_ || !trace || !document_->resultMatchesInputs()) {
        return;
    }
    const ViewPlace place = *std::exchange(waiting_, std::nullopt);
    if (place.view < 0 || place.view >= static_cast<int>(trace->views.size())) {
        return;
    }
    const ViewTrace& view = trace->views[static_cast<std::size_t>(place.view)];
    selection_->setView(place.view);
    selection_->setStage(std::clamp(place.stage, -1, static_cast<int>(view.stages.size()) - 1));
    std::vector<int> patches = place.patches;
    std::erase_if(patches, [&](int patch) { return patch < 0 || patch >= view.grid.count(); });
    selection_->setPatches(std::move(patches));
}

}  // namespace prunescope
