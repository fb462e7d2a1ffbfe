#pragma once

#include "ui/ahead/ahead_plan.h"
#include "ui/controller.h"

#include <QObject>
#include <QTimer>

namespace prunescope {

/// While the engine rests beside a finished result, has computed what a move of tau or of the
/// budget would ask for next: the engine then finds it in its cache. Everything else goes before
/// that, and any change of the inputs ends it.
class AheadController : public QObject {
    Q_OBJECT

public:
    /// None is owned.
    AheadController(Document* document,
                    Controller* controller,
                    EngineBridge* engine,
                    Preferences* preferences,
                    QObject* parent = nullptr);

    /// Asked for, or quick enough on this machine where nobody said; never without Live.
    bool isOn() const;

    /// A person's word on it, or that there is none; kept.
    void setOn(std::optional<bool> on);

    /// Nothing is left to compute for the result on show.
    bool isComplete() const;

    const AheadMarks& marks() const { return marks_; }

Q_SIGNALS:
    void marksChanged();
    void onChanged(bool on);

private:
    void onEvent(const Event& event);
    void onVariant(const VariantReady& event);
    void takeResult();
    void takeState();
    void start();
    void end();
    void forget();
    void showMarks();
    bool isAtRest() const;
    bool areOfInputs() const;

    Document* document_;
    Controller* controller_;
    EngineBridge* engine_;
    Preferences* preferences_;
    ReadyResults ready_;
    std::shared_ptr<const Image> picture_;  ///< that they are of
    AheadMarks marks_;
    RunId batch_ = 0;
    std::vector<RunRequest> asked_;  ///< of the batch
    std::size_t curves_known_ = 0;   ///< of all methods
    bool has_curves_ = false;        ///< both sides of the budget curve were computed
    bool was_on_ = false;
    bool failed_ = false;  ///< memory ran out: nothing more with this model
    QTimer soon_;
    QTimer enough_;
};

}  // namespace prunescope
