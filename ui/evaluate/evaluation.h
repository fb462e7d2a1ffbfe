#pragma once

#include "core/dataset/queue.h"
#include "core/dataset/summary.h"
#include "core/image/image.h"
#include "ui/document.h"
#include "ui/engine_bridge.h"
#include "ui/services/background.h"

#include <memory>
#include <optional>
#include <vector>

#include <QElapsedTimer>
#include <QObject>
#include <QString>

namespace prunescope {

enum class EvalState {
    NoSet,    ///< choose one
    Reading,  ///< the set is being read
    Ready,    ///< can start
    Running,
    Paused,
    Finished,
};

/// What a pruned run made of one sample, beside the unpruned answer.
struct ChangedSample {
    const EvalSample* sample = nullptr;
    const EvalRun* run = nullptr;
    QString unpruned;
    QString pruned;
    double unpruned_score = 0;
    double score = 0;
};

/// An evaluation in the window: which set, what is done of it, and the table so far. Has the engine
/// do its runs below what the document needs, a picture at a time. Knows no widget.
class Evaluation : public QObject {
    Q_OBJECT

public:
    Evaluation(Document* document, EngineBridge* engine, QObject* parent = nullptr);

    EvalState state() const { return state_; }

    /// Reads a set on a worker. `prompt` is for folders of pictures.
    void openSet(const QString& path, const QString& prompt = {});

    const SampleSet* set() const { return set_.get(); }

    /// Why it cannot start now, or nothing.
    QString whyNotStart() const;

    /// Starts from nothing. `limit` 0: all samples.
    void start(const std::vector<std::string>& methods, const std::vector<int>& budgets, int limit);
    void pause();
    void resume();

    /// Ends it; what is done stays in the table.
    void cancel();

    const Summary& summary() const { return summary_; }

    std::size_t done() const { return queue_ ? queue_->done() : 0; }

    std::size_t total() const { return queue_ ? queue_->total() : 0; }

    /// Of the time spent running; 0: not known yet.
    double secondsLeft() const;

    /// Samples of a task (empty: all) whose answer differs from the unpruned one, in a row.
    std::vector<ChangedSample> changedIn(const std::string& method,
                                         int budget,
                                         const std::string& task) const;

    /// What went wrong last, for the panel's line.
    QString message() const { return message_; }

Q_SIGNALS:
    void stateChanged();
    void summaryChanged();  ///< at most about once a second while it runs
    void progressed();

private:
    struct Read {
        std::shared_ptr<const SampleSet> set;
        QString message;
    };

    struct Decoded {
        std::shared_ptr<const Image> image;
        QString message;
    };

    void become(EvalState state);
    void askNext();
    void submit(const Decoded& picture, std::uint64_t ticket);
    void onEvent(const Event& event);
    void onResult(const RunTrace& trace);
    void leaveOut(const QString& message, std::size_t count);
    void refresh(bool with_intervals);

    Document* document_;
    EngineBridge* engine_;
    EvalState state_ = EvalState::NoSet;
    std::shared_ptr<const SampleSet> set_;
    std::optional<EvalQueue> queue_;
    std::vector<SampleResult> results_;
    Summary summary_;
    QString message_;
    RunId batch_ = 0;           ///< 0: none is asked of the engine
    std::size_t of_batch_ = 0;  ///< its runs that are not done
    std::uint64_t ticket_ = 0;  ///< of the picture that is being decoded
    int failures_ = 0;
    double run_seconds_ = 0;
    std::size_t done_at_start_ = 0;
    QElapsedTimer running_;
    QElapsedTimer refreshed_;
    Background files_;  // last: its workers end before the rest goes
};

}  // namespace prunescope
