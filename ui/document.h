#pragma once

#include "core/engine/event.h"
#include "core/image/image.h"
#include "core/session/session.h"
#include "core/trace/run_trace.h"

#include <memory>
#include <optional>
#include <vector>

#include <QObject>
#include <QString>
#include <QUndoStack>

namespace prunescope {

/// The states of interaction.md 2.4.
enum class RunState {
    NoModel,
    LoadingModel,
    Ready,  ///< nothing to show yet, or the result below is exact
    Running,
    Stale,      ///< inputs changed since the result
    Cancelled,  ///< back at the last valid result
    Error,
    OutOfMemory,
};

struct ErrorText {
    QString message;
    QString hint;
};

/// What the user wrote down: kept in the session, decides nothing of a run.
struct Remarks {
    std::vector<SessionNote> notes;
    std::vector<SessionBookmark> bookmarks;  ///< ascending slots

    bool operator==(const Remarks&) const = default;
};

/// What a session is about: inputs (picture, prompt, settings: undoable) and the latest results.
/// All views read this one object. GUI thread only; results are immutable snapshots.
class Document : public QObject {
    Q_OBJECT

public:
    explicit Document(QObject* parent = nullptr);

    // ---- inputs, each change an undo step -------------------------------------------------------
    std::shared_ptr<const Image> image() const { return image_; }

    QString imageName() const { return image_name_; }

    QString imagePath() const { return image_path_; }

    QString prompt() const { return prompt_; }

    const RunSettings& settings() const { return settings_; }

    const Remarks& remarks() const { return remarks_; }

    QUndoStack* undoStack() { return &undo_; }

    /// Notes, pins and bans are about one picture: they go with the old one, in the same step.
    void setImage(std::shared_ptr<const Image> image, const QString& name, const QString& path);
    void setPrompt(const QString& prompt);

    /// Pushes one undo step named `text`. Steps with the same non-empty `merge_key` merge into one
    /// until endMerge(): a drag is one step.
    void changeSettings(const RunSettings& settings,
                        const QString& text,
                        const QString& merge_key = {});
    void endMerge();

    /// As changeSettings(), for notes and bookmarks.
    void changeRemarks(const Remarks& remarks, const QString& text, const QString& merge_key = {});

    bool live() const { return live_; }

    void setLive(bool live);

    // ---- results
    // ---------------------------------------------------------------------------------
    /// The pruned run on show; its answer grows while it streams. Null before the first.
    TracePtr trace() const { return trace_; }

    TracePtr unpruned() const { return unpruned_; }

    const std::vector<BudgetPoint>& curve() const { return curve_; }

    bool curveComplete() const { return curve_complete_; }

    /// The curves of all methods as they come, in the order they came; empty unless asked for.
    const std::vector<MethodCurve>& methodCurves() const { return method_curves_; }

    /// False when the result on show is of another picture, prompt or settings than the inputs.
    bool resultMatchesInputs() const;

    QString streamedAnswer() const { return streamed_answer_; }

    QString streamedUnpruned() const { return streamed_unpruned_; }

    RunState state() const { return state_; }

    const std::optional<ErrorText>& error() const { return error_; }

    const std::optional<Progress>& progress() const { return progress_; }

    const std::optional<LoadReport>& model() const { return model_; }

    /// Every engine event goes through here; events of other runs than the current are dropped.
    void apply(const Event& event);

    /// The controller says which run and which load events are wanted from now on.
    void expectRun(RunId id);
    void expectLoad(RunId id, const QString& directory);

    QString loadingDirectory() const { return loading_directory_; }

    void dismissError();

    /// Picture and prompt in one undo step, as a sample brings them.
    void setSample(std::shared_ptr<const Image> image,
                   const QString& name,
                   const QString& path,
                   const QString& prompt);

    /// Inputs of a saved session as one undo step, and its results as they were; both traces may be
    /// null. A run that is under way is forgotten.
    void restore(std::shared_ptr<const Image> image,
                 const QString& name,
                 const QString& prompt,
                 const RunSettings& settings,
                 TracePtr trace,
                 TracePtr unpruned,
                 const Remarks& remarks = {});

    /// Shows a result that was computed earlier (a trace file, the bundled sample).
    void showTrace(TracePtr trace);

Q_SIGNALS:
    void inputsChanged();    ///< picture, prompt or settings: a run may be due
    void settingsChanged();  ///< settings only (also on undo and redo)
    void imageChanged();
    void promptChanged();
    void remarksChanged();
    void liveChanged(bool live);
    void traceChanged();  ///< selection, stages or the finished answer
    void unprunedChanged();
    void answerGrew();  ///< streamed text of either answer
    void curveChanged();
    void stateChanged();  ///< state, error or progress
    void modelChanged();

private:
    friend class ImageCommand;
    friend class PromptCommand;
    friend class SettingsCommand;
    friend class RemarksCommand;

    /// What a result depends on, as it was when the run was submitted.
    struct Inputs {
        std::shared_ptr<const Image> image;
        QString prompt;
        RunSettings settings;

        bool operator==(const Inputs&) const = default;
    };

    struct Result {
        TracePtr trace;
        Inputs inputs;
    };

    Inputs inputs() const { return {image_, prompt_, settings_}; }

    void setState(RunState state);
    void inputsMoved();
    void settle();
    void clearResults();
    void dropOutdated();
    bool unprunedStays(const Inputs& next) const;
    bool curveStays(const Inputs& next) const;
    bool methodCurvesStay(const Inputs& next) const;

    void on(const Progress& event);
    void on(const Selected& event);
    void on(const Refined& event);
    void on(const AnswerToken& event);
    void on(const Finished& event);
    void on(const UnprunedFinished& event);
    void on(const BudgetCurve& event);

    void on(const Attributed&) {}  // of batches, which are no document's

    void on(const VariantReady&) {}

    void on(const VariantFailed&) {}

    void on(const Idle& event);
    void on(const ModelLoaded& event);
    void on(const Stopped& event);
    void on(const Failed& event);

    std::shared_ptr<const Image> image_;
    QString image_name_;
    QString image_path_;
    QString prompt_;
    RunSettings settings_;
    Remarks remarks_;
    QUndoStack undo_;
    int merge_generation_ = 0;
    bool live_ = true;

    TracePtr trace_;
    TracePtr unpruned_;
    std::vector<BudgetPoint> curve_;
    bool curve_complete_ = false;
    std::vector<MethodCurve> method_curves_;
    QString streamed_answer_;
    QString streamed_unpruned_;
    RunState state_ = RunState::NoModel;
    std::optional<ErrorText> error_;
    std::optional<Progress> progress_;
    std::optional<LoadReport> model_;
    QString loading_directory_;
    Inputs run_inputs_;     // of the run that is expected
    Inputs result_inputs_;  // of trace_
    Result last_valid_;     // where a cancelled run goes back to
    RunId run_id_ = 0;
    RunId load_id_ = 0;
};

}  // namespace prunescope
