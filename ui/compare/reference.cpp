#include "ui/compare/reference.h"

#include "core/prune/catalog.h"

#include <utility>

#include <QUndoCommand>

namespace prunescope {

class ReferenceCommand : public QUndoCommand {
public:
    ReferenceCommand(Reference* reference, Reference::State after, const QString& text)
        : QUndoCommand(text),
          reference_(reference),
          before_(reference->state_),
          after_(std::move(after)) {}

    void undo() override { reference_->show(before_); }

    void redo() override { reference_->show(after_); }

private:
    Reference* reference_;
    Reference::State before_;
    Reference::State after_;
};

Reference::Reference(Document* document, QObject* parent) : QObject(parent), document_(document) {
    for (const auto changed : {&Document::imageChanged, &Document::modelChanged}) {
        connect(document_, changed, this, [this] {
            error_.clear();
            if (isSet()) {
                Q_EMIT traceChanged();
            }
        });
    }
}

TracePtr Reference::trace() const {
    return isSet() && state_.image == document_->image() ? state_.trace : nullptr;
}

bool Reference::isFrozen() const {
    if (!isSet() || !state_.trace || !document_->model()) {
        return false;
    }
    const ModelIdentity& then = state_.trace->model;
    const LoadReport& now = *document_->model();
    return then.fingerprint != now.fingerprint || then.dtype != now.dtype ||
           then.device != now.device;
}

bool Reference::needsRun() const {
    if (!isSet() || isFrozen() || !error_.isEmpty() || !document_->image() || !document_->model()) {
        return false;
    }
    const TracePtr shown = trace();
    return !shown || !shown->answer.complete || shown->settings != state_.inputs->settings ||
           QString::fromStdString(shown->prompt) != state_.inputs->prompt;
}

QString Reference::title() const {
    if (!isSet()) {
        return {};
    }
    const RunSettings& settings = state_.inputs->settings;
    const MethodSpec* method = findMethod(settings.method);
    QString title = QString::fromStdString(method != nullptr ? method->title : settings.method);
    if (method == nullptr || method->uses_budget) {
        title = tr("%1, %2 tokens").arg(title).arg(settings.budget);
    }
    if (isFrozen()) {
        const ModelIdentity& model = state_.trace->model;
        title += QString(" · %1 %2")
                     .arg(QString::fromStdString(model.name), QString::fromStdString(model.dtype));
    }
    return title;
}

Reference::State Reference::current() const {
    State now{Inputs{document_->settings(), document_->prompt()}, nullptr, document_->image()};
    if (document_->resultMatchesInputs()) {
        now.trace = document_->trace();
    }
    return now;
}

void Reference::setFromCurrent() {
    push(current(), tr("Set as B"));
}

void Reference::set(const Inputs& inputs, TracePtr known, const QString& undo_text) {
    push(State{inputs, std::move(known), document_->image()}, undo_text);
}

void Reference::close() {
    if (isSet()) {
        push(State{}, tr("Close B"));
    }
}

QString Reference::whyNotSwap() const {
    if (!isSet()) {
        return tr("There is no B. Ctrl+B makes the current run B.");
    }
    return isFrozen() ? tr("B was computed with another model.") : QString();
}

void Reference::swap() {
    if (!whyNotSwap().isEmpty()) {
        return;
    }
    const Inputs taken = *state_.inputs;
    const State given = current();
    document_->endMerge();
    document_->undoStack()->beginMacro(tr("Swap A and B"));
    push(given, tr("Set as B"));
    document_->changeSettings(taken.settings, tr("Take B's settings"));
    document_->setPrompt(taken.prompt);
    document_->undoStack()->endMacro();
    document_->endMerge();
}

void Reference::push(State after, const QString& text) {
    document_->endMerge();
    document_->undoStack()->push(new ReferenceCommand(this, std::move(after), text));
}

void Reference::show(const State& state) {
    state_ = state;
    error_.clear();
    Q_EMIT inputsChanged();
    Q_EMIT traceChanged();
}

void Reference::takeResult(TracePtr trace) {
    if (isSet()) {
        state_.trace = std::move(trace);
        state_.image = document_->image();
        Q_EMIT traceChanged();
    }
}

void Reference::takeError(const QString& message) {
    if (isSet()) {
        state_.trace.reset();
        error_ = message;
        Q_EMIT traceChanged();
    }
}

}  // namespace prunescope
