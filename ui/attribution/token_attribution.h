#pragma once

#include "ui/controller.h"
#include "ui/selection.h"

#include <memory>

#include <QObject>
#include <QString>

namespace prunescope {

/// Asks the engine what the tokens of the run on show did to its answer and where the answer looks,
/// and holds what it says. Forgets it when another run is shown; while the inputs are others than
/// those of the run it is stale. Not undoable.
class TokenAttribution : public QObject {
    Q_OBJECT

public:
    /// None is owned.
    TokenAttribution(Document* document,
                     SelectionModel* selection,
                     Controller* controller,
                     EngineBridge* engine);

    /// Every kept token, and the dropped patches among the selected ones. What runs is replaced.
    void start();
    void cancel();

    bool isRunning() const { return batch_ != 0; }

    /// What was found out earlier about the run on show; needs no model. Null: nothing is changed.
    void restore(std::shared_ptr<const Attribution> found);

    /// Null before the first answer of the engine.
    std::shared_ptr<const Attribution> found() const { return found_; }

    /// What may be drawn over the run on show: null too while it is stale.
    std::shared_ptr<const Attribution> shown() const { return isStale() ? nullptr : found_; }

    bool isStale() const {
        return found_ != nullptr &&
               !(document_->resultMatchesInputs() && isSameRun(document_->trace()));
    }

    QString error() const { return error_; }

    /// "" when start() can do something; else the reason.
    QString whyNot() const;

    /// What start() would put back, of the selected patches.
    std::vector<ViewPatch> droppedAmongSelected() const;

Q_SIGNALS:
    void changed();

private:
    void onEvent(const Event& event);
    void follow();
    bool isSameRun(const TracePtr& trace) const;

    Document* document_;
    SelectionModel* selection_;
    Controller* controller_;
    EngineBridge* engine_;
    RunId batch_ = 0;
    TracePtr of_;  ///< the run that is asked about
    std::shared_ptr<const Attribution> found_;
    QString error_;
};

}  // namespace prunescope
