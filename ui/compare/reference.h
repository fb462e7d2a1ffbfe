#pragma once

#include "ui/document.h"

#include <memory>
#include <optional>

#include <QObject>
#include <QString>

namespace prunescope {

/// B, the run that the current one (A) is compared with. It has settings and a prompt of its own
/// and looks at the document's picture. Its result stays an immutable trace; one that was computed
/// with another model stays as it was ("frozen") until that model is open again.
/// Changes by the user are steps of the document's undo stack; results are not.
class Reference : public QObject {
    Q_OBJECT

public:
    /// What B runs with.
    struct Inputs {
        RunSettings settings;
        QString prompt;

        bool operator==(const Inputs&) const = default;
    };

    explicit Reference(Document* document, QObject* parent = nullptr);

    bool isSet() const { return state_.inputs.has_value(); }

    /// Only when isSet().
    const Inputs& inputs() const { return *state_.inputs; }

    /// B's result on the picture that is open; null while there is none. Incomplete (no answer)
    /// as long as it runs.
    TracePtr trace() const;

    bool isFrozen() const;

    /// A run of B is due: no complete result of this picture, and the model may compute it.
    bool needsRun() const;

    const QString& error() const { return error_; }

    /// "DCP-Prune, 64 tokens"; with the model's name when it is another.
    QString title() const;

    void setFromCurrent();
    void set(const Inputs& inputs, TracePtr known, const QString& undo_text);
    void close();

    /// A takes B's settings and prompt, B takes A's and its result.
    void swap();

    /// "" when swap() can work, else the reason.
    QString whyNotSwap() const;

    /// What the engine says of B's run.
    void takeResult(TracePtr trace);
    void takeError(const QString& message);

Q_SIGNALS:
    void inputsChanged();  ///< set, closed or swapped
    void traceChanged();   ///< also when the picture or the model changed

private:
    friend class ReferenceCommand;

    struct State {
        std::optional<Inputs> inputs;
        TracePtr trace;
        std::shared_ptr<const Image> image;  ///< that `trace` was made from
    };

    void push(State after, const QString& text);
    void show(const State& state);
    State current() const;

    Document* document_;
    State state_;
    QString error_;
};

}  // namespace prunescope
