#include "ui/attribution/token_attribution.h"

#include "core/prune/catalog.h"

#include <algorithm>
#include <utility>

namespace prunescope {

TokenAttribution::TokenAttribution(Document* document,
                                   SelectionModel* selection,
                                   Controller* controller,
                                   EngineBridge* engine)
    : document_(document), selection_(selection), controller_(controller), engine_(engine) {
    connect(engine_, &EngineBridge::arrived, this, &TokenAttribution::onEvent);
    connect(document_, &Document::traceChanged, this, &TokenAttribution::follow);
    connect(document_, &Document::inputsChanged, this, &TokenAttribution::follow);
    connect(document_, &Document::stateChanged, this, &TokenAttribution::changed);
    connect(document_, &Document::modelChanged, this, &TokenAttribution::changed);
}

QString TokenAttribution::whyNot() const {
    const TracePtr trace = document_->trace();
    if (!document_->model()) {
        return tr("Open a model first");
    }
    if (!trace || !trace->answer.complete || !document_->resultMatchesInputs()) {
        return tr("Run first: the question is about a finished answer");
    }
    const MethodSpec* method = findMethod(trace->settings.method);
    if (method != nullptr && method->in_decoder) {
        return tr("%1 prunes inside the language model: every token has been read by others "
                  "before it leaves, so none can be taken out of the answer alone")
            .arg(QString::fromStdString(method->title));
    }
    return {};
}

std::vector<ViewPatch> TokenAttribution::droppedAmongSelected() const {
    std::vector<ViewPatch> dropped;
    const TracePtr trace = document_->trace();
    const int view = selection_->view();
    if (!trace || view < 0 || static_cast<std::size_t>(view) >= trace->views.size()) {
        return dropped;
    }
    const ViewTrace& shown = trace->views[static_cast<std::size_t>(view)];
    for (const int patch : selection_->patches()) {
        const bool is_kept = std::ranges::binary_search(shown.kept, patch);
        if (!is_kept && patch >= 0 && patch < shown.grid.count()) {
            dropped.push_back({view, patch});
        }
    }
    return dropped;
}

void TokenAttribution::start() {
    if (!whyNot().isEmpty()) {
        return;
    }
    cancel();
    RunRequest request = controller_->request();
    request.attribution = AttributionRequest{true, droppedAmongSelected(), true};
    BatchRequest batch;
    batch.variants = {std::move(request)};
    batch.ahead = true;
    of_ = document_->trace();
    error_.clear();
    batch_ = engine_->compare(std::move(batch));
    Q_EMIT changed();
}

void TokenAttribution::restore(std::shared_ptr<const Attribution> found) {
    if (found == nullptr || document_->trace() == nullptr) {
        return;
    }
    cancel();
    of_ = document_->trace();
    found_ = std::move(found);
    error_.clear();
    Q_EMIT changed();
}

void TokenAttribution::cancel() {
    if (batch_ != 0) {
        engine_->drop(std::exchange(batch_, 0));
        Q_EMIT changed();
    }
}

void TokenAttribution::onEvent(const Event& event) {
    const RunId id = std::visit([](const auto& any) { return any.id; }, event);
    if (id == 0 || id != batch_) {
        return;
    }
    if (const auto* attributed = std::get_if<Attributed>(&event)) {
        found_ = attributed->attribution;
    } else if (const auto* failed = std::get_if<VariantFailed>(&event)) {
        error_ = QString::fromStdString(failed->message);
    } else if (std::holds_alternative<Idle>(event) || std::holds_alternative<Stopped>(event)) {
        batch_ = 0;
    } else {
        return;
    }
    Q_EMIT changed();
}

// A run that was refined, or repeated as it was, is the same.
bool TokenAttribution::isSameRun(const TracePtr& trace) const {
    return trace == of_ || (trace != nullptr && of_ != nullptr && trace->answer == of_->answer &&
                            trace->settings == of_->settings && trace->prompt == of_->prompt &&
                            trace->image == of_->image && trace->model == of_->model);
}

void TokenAttribution::follow() {
    if (of_ != nullptr && !document_->resultMatchesInputs()) {
        cancel();
    }
    // A run that streams is no other run before its answer is known.
    const TracePtr trace = document_->trace();
    const bool streams = trace != nullptr && !trace->answer.complete;
    if (of_ != nullptr && !streams && !isSameRun(trace)) {
        cancel();
        of_ = nullptr;
        found_ = nullptr;
        error_.clear();
    }
    Q_EMIT changed();
}

}  // namespace prunescope
