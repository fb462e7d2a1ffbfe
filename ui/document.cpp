#include "ui/document.h"

#include <utility>

#include <QUndoCommand>

namespace prunescope {

namespace {

enum CommandId { kPromptCommand = 1, kSettingsCommand, kRemarksCommand };

}  // namespace

class ImageCommand : public QUndoCommand {
public:
    struct Picture {
        std::shared_ptr<const Image> image;
        QString name;
        QString path;
    };

    ImageCommand(Document* document, Picture after)
        : QUndoCommand(Document::tr("Open %1").arg(after.name)),
          document_(document),
          before_{document->image_, document->image_name_, document->image_path_},
          after_(std::move(after)),
          notes_(document->remarks_.notes),
          rules_(document->settings_.patch_rules) {}

    void undo() override { show(before_, notes_, rules_); }

    void redo() override { show(after_, {}, {}); }

private:
    void show(const Picture& picture,
              const std::vector<SessionNote>& notes,
              const std::vector<PatchRules>& rules) {
        const bool has_other_notes = document_->remarks_.notes != notes;
        const bool has_other_rules = document_->settings_.patch_rules != rules;
        document_->remarks_.notes = notes;
        document_->settings_.patch_rules = rules;
        document_->image_ = picture.image;
        document_->image_name_ = picture.name;
        document_->image_path_ = picture.path;
        Q_EMIT document_->imageChanged();
        if (has_other_notes) {
            Q_EMIT document_->remarksChanged();
        }
        if (has_other_rules) {
            Q_EMIT document_->settingsChanged();
        }
        document_->inputsMoved();
    }

    Document* document_;
    Picture before_;
    Picture after_;
    std::vector<SessionNote> notes_;  // of the picture before, as its pins and bans
    std::vector<PatchRules> rules_;
};

class PromptCommand : public QUndoCommand {
public:
    PromptCommand(Document* document, QString after)
        : QUndoCommand(Document::tr("Edit prompt")),
          document_(document),
          before_(document->prompt_),
          after_(std::move(after)),
          generation_(document->merge_generation_) {}

    int id() const override { return kPromptCommand; }

    void undo() override { show(before_); }

    void redo() override { show(after_); }

    bool mergeWith(const QUndoCommand* other) override {
        const auto* next = dynamic_cast<const PromptCommand*>(other);
        if (next == nullptr || next->generation_ != generation_) {
            return false;
        }
        after_ = next->after_;
        setObsolete(after_ == before_);
        return true;
    }

private:
    void show(const QString& prompt) {
        document_->prompt_ = prompt;
        Q_EMIT document_->promptChanged();
        document_->inputsMoved();
    }

    Document* document_;
    QString before_;
    QString after_;
    int generation_;
};

class SettingsCommand : public QUndoCommand {
public:
    SettingsCommand(Document* document, RunSettings after, const QString& text, QString merge_key)
        : QUndoCommand(text),
          document_(document),
          before_(document->settings_),
          after_(std::move(after)),
          merge_key_(std::move(merge_key)),
          generation_(document->merge_generation_) {}

    int id() const override { return kSettingsCommand; }

    void undo() override { show(before_); }

    void redo() override { show(after_); }

    bool mergeWith(const QUndoCommand* other) override {
        const auto* next = dynamic_cast<const SettingsCommand*>(other);
        if (next == nullptr || merge_key_.isEmpty() || next->merge_key_ != merge_key_ ||
            next->generation_ != generation_) {
            return false;
        }
        after_ = next->after_;
        setText(next->text());
        setObsolete(after_ == before_);
        return true;
    }

private:
    void show(const RunSettings& settings) {
        document_->settings_ = settings;
        Q_EMIT document_->settingsChanged();
        document_->inputsMoved();
    }

    Document* document_;
    RunSettings before_;
    RunSettings after_;
    QString merge_key_;
    int generation_;
};

class RemarksCommand : public QUndoCommand {
public:
    RemarksCommand(Document* document, Remarks after, const QString& text, QString merge_key)
        : QUndoCommand(text),
          document_(document),
          before_(document->remarks_),
          after_(std::move(after)),
          merge_key_(std::move(merge_key)),
          generation_(document->merge_generation_) {}

    int id() const override { return kRemarksCommand; }

    void undo() override { show(before_); }

    void redo() override { show(after_); }

    bool mergeWith(const QUndoCommand* other) override {
        const auto* next = dynamic_cast<const RemarksCommand*>(other);
        if (next == nullptr || merge_key_.isEmpty() || next->merge_key_ != merge_key_ ||
            next->generation_ != generation_) {
            return false;
        }
        after_ = next->after_;
        setObsolete(after_ == before_);
        return true;
    }

private:
    void show(const Remarks& remarks) {
        document_->remarks_ = remarks;
        Q_EMIT document_->remarksChanged();
    }

    Document* document_;
    Remarks before_;
    Remarks after_;
    QString merge_key_;
    int generation_;
};

Document::Document(QObject* parent) : QObject(parent) {
    // A step that was undone or redone is closed: what comes next is a step of its own.
    connect(&undo_, &QUndoStack::indexChanged, this, [this] {
        if (undo_.canRedo()) {
            endMerge();
        }
    });
}

void Document::setImage(std::shared_ptr<const Image> image,
                        const QString& name,
                        const QString& path) {
    endMerge();
    undo_.push(new ImageCommand(this, {std::move(image), name, path}));
}

void Document::setPrompt(const QString& prompt) {
    if (prompt != prompt_) {
        undo_.push(new PromptCommand(this, prompt));
    }
}

void Document::setSample(std::shared_ptr<const Image> image,
                         const QString& name,
                         const QString& path,
                         const QString& prompt) {
    endMerge();
    undo_.beginMacro(tr("Open %1").arg(name));
    setImage(std::move(image), name, path);
    setPrompt(prompt);
    undo_.endMacro();
    endMerge();
}

void Document::changeSettings(const RunSettings& settings,
                              const QString& text,
                              const QString& merge_key) {
    if (!(settings == settings_)) {
        undo_.push(new SettingsCommand(this, settings, text, merge_key));
    }
}

void Document::changeRemarks(const Remarks& remarks,
                             const QString& text,
                             const QString& merge_key) {
    if (!(remarks == remarks_)) {
        undo_.push(new RemarksCommand(this, remarks, text, merge_key));
    }
}

void Document::endMerge() {
    ++merge_generation_;
}

void Document::setLive(bool live) {
    if (live != live_) {
        live_ = live;
        Q_EMIT liveChanged(live);
    }
}

bool Document::resultMatchesInputs() const {
    return trace_ != nullptr && result_inputs_ == inputs();
}

void Document::inputsMoved() {
    switch (state_) {
        case RunState::Ready:
        case RunState::Stale:
        case RunState::Cancelled:
            settle();
            break;
        default:
            break;
    }
    Q_EMIT inputsChanged();
}

// The state of rest: nothing runs, and what is shown either belongs to the inputs or does not.
void Document::settle() {
    progress_.reset();
    if (!model_) {
        setState(RunState::NoModel);
    } else {
        setState(trace_ == nullptr || resultMatchesInputs() ? RunState::Ready : RunState::Stale);
    }
}

void Document::setState(RunState state) {
    state_ = state;
    Q_EMIT stateChanged();
}

void Document::clearResults() {
    trace_.reset();
    unpruned_.reset();
    curve_.clear();
    curve_complete_ = false;
    method_curves_.clear();
    streamed_answer_.clear();
    streamed_unpruned_.clear();
    last_valid_ = {};
    result_inputs_ = {};
    Q_EMIT traceChanged();
    Q_EMIT unprunedChanged();
    Q_EMIT answerGrew();
    Q_EMIT curveChanged();
}

// The un-pruned answer depends on picture and prompt, not on how tokens are pruned.
bool Document::unprunedStays(const Inputs& next) const {
    return next.image == result_inputs_.image && next.prompt == result_inputs_.prompt &&
           next.settings.image_mode == result_inputs_.settings.image_mode &&
           next.settings.max_new_tokens == result_inputs_.settings.max_new_tokens;
}

bool Document::curveStays(const Inputs& next) const {
    RunSettings settings = next.settings;
    settings.budget = result_inputs_.settings.budget;
    settings.max_new_tokens = result_inputs_.settings.max_new_tokens;
    return next.image == result_inputs_.image && next.prompt == result_inputs_.prompt &&
           settings == result_inputs_.settings;
}

// The curves of the other methods do not depend on which method is the current one.
bool Document::methodCurvesStay(const Inputs& next) const {
    Inputs same_method = next;
    same_method.settings.method = result_inputs_.settings.method;
    same_method.settings.params = result_inputs_.settings.params;
    return curveStays(same_method);
}

void Document::expectRun(RunId id) {
    run_id_ = id;
    run_inputs_ = inputs();
    error_.reset();
    progress_.reset();
    setState(RunState::Running);
}

void Document::expectLoad(RunId id, const QString& directory) {
    load_id_ = id;
    run_id_ = 0;
    loading_directory_ = directory;
    model_.reset();
    error_.reset();
    progress_.reset();
    setState(RunState::LoadingModel);
    Q_EMIT modelChanged();
}

void Document::dismissError() {
    if (error_) {
        error_.reset();
        settle();
    }
}

void Document::restore(std::shared_ptr<const Image> image,
                       const QString& name,
                       const QString& prompt,
                       const RunSettings& settings,
                       TracePtr trace,
                       TracePtr unpruned,
                       const Remarks& remarks) {
    run_id_ = 0;
    endMerge();
    undo_.beginMacro(tr("Open session of %1").arg(name));
    setImage(std::move(image), name, {});
    setPrompt(prompt);
    changeSettings(settings, tr("Settings of the session"));
    changeRemarks(remarks, tr("Notes and bookmarks of the session"));
    undo_.endMacro();
    endMerge();
    clearResults();
    if (trace) {
        showTrace(std::move(trace));
    } else {
        settle();
    }
    if (unpruned) {
        unpruned_ = std::move(unpruned);
        streamed_unpruned_ = QString::fromStdString(unpruned_->answer.text);
        Q_EMIT unprunedChanged();
        Q_EMIT answerGrew();
    }
}

void Document::showTrace(TracePtr trace) {
    clearResults();
    trace_ = std::move(trace);
    result_inputs_ = inputs();
    streamed_answer_ = QString::fromStdString(trace_->answer.text);
    last_valid_ = {trace_, result_inputs_};
    Q_EMIT traceChanged();
    Q_EMIT answerGrew();
    settle();
}

void Document::apply(const Event& event) {
    const RunId id = std::visit([](const auto& any) { return any.id; }, event);
    if (id != 0 && (id == run_id_ || id == load_id_)) {
        std::visit([this](const auto& any) { on(any); }, event);
    }
}

void Document::on(const Progress& event) {
    progress_ = event;
    Q_EMIT stateChanged();
}

// Nothing that belongs to other inputs stays beside the result that comes.
void Document::dropOutdated() {
    if (!unprunedStays(run_inputs_)) {
        unpruned_.reset();
        streamed_unpruned_.clear();
        Q_EMIT unprunedChanged();
    }
    if (!curveStays(run_inputs_)) {
        curve_.clear();
        curve_complete_ = false;
        if (!methodCurvesStay(run_inputs_)) {
            method_curves_.clear();
        }
        Q_EMIT curveChanged();
    }
}

void Document::on(const Selected& event) {
    dropOutdated();
    trace_ = event.trace;
    result_inputs_ = run_inputs_;
    streamed_answer_.clear();
    Q_EMIT traceChanged();
    Q_EMIT answerGrew();
    Q_EMIT stateChanged();
}

void Document::on(const Refined& event) {
    trace_ = event.trace;
    result_inputs_ = run_inputs_;
    if (trace_->answer.complete) {
        last_valid_ = {trace_, result_inputs_};
    }
    Q_EMIT traceChanged();
}

void Document::on(const AnswerToken& event) {
    (event.unpruned ? streamed_unpruned_ : streamed_answer_) = QString::fromStdString(event.text);
    Q_EMIT answerGrew();
}

void Document::on(const Finished& event) {
    const bool came_at_once = !(result_inputs_ == run_inputs_);  // all of it from the cache
    dropOutdated();
    trace_ = event.trace;
    result_inputs_ = run_inputs_;
    streamed_answer_ = QString::fromStdString(trace_->answer.text);
    last_valid_ = {trace_, result_inputs_};
    Q_EMIT traceChanged();
    Q_EMIT answerGrew();
    if (came_at_once) {
        Q_EMIT stateChanged();
    }
}

void Document::on(const UnprunedFinished& event) {
    unpruned_ = event.trace;
    streamed_unpruned_ = QString::fromStdString(unpruned_->answer.text);
    Q_EMIT unprunedChanged();
    Q_EMIT answerGrew();
}

void Document::on(const BudgetCurve& event) {
    if (event.method.empty()) {
        curve_ = event.points;
        curve_complete_ = event.complete;
    } else {
        std::erase_if(method_curves_,
                      [&](const MethodCurve& curve) { return curve.method == event.method; });
        method_curves_.push_back({event.method, event.points});
    }
    Q_EMIT curveChanged();
}

void Document::on(const Idle&) {
    run_id_ = 0;
    settle();
}

void Document::on(const ModelLoaded& event) {
    load_id_ = 0;
    clearResults();
    model_ = event.report;
    settle();
    Q_EMIT modelChanged();
}

void Document::on(const Stopped& event) {
    progress_.reset();
    if (event.id == load_id_) {
        load_id_ = 0;
        settle();
        return;
    }
    run_id_ = 0;
    if (trace_ != last_valid_.trace) {
        trace_ = last_valid_.trace;
        result_inputs_ = last_valid_.inputs;
        streamed_answer_ = trace_ ? QString::fromStdString(trace_->answer.text) : QString();
        Q_EMIT traceChanged();
        Q_EMIT answerGrew();
    }
    settle();
    if (state_ == RunState::Ready) {
        setState(RunState::Cancelled);
    }
}

// A failed run never leaves the previous number beside the new inputs.
void Document::on(const Failed& event) {
    (event.loading ? load_id_ : run_id_) = 0;
    progress_.reset();
    clearResults();
    error_ = ErrorText{QString::fromStdString(event.message), QString::fromStdString(event.hint)};
    setState(event.code == ErrorCode::OutOfMemory ? RunState::OutOfMemory : RunState::Error);
}

}  // namespace prunescope
