#pragma once

#include "core/image/decode.h"
#include "ui/document.h"
#include "ui/engine_bridge.h"
#include "ui/services/background.h"
#include "ui/services/command_line.h"
#include "ui/services/preferences.h"

#include <optional>

#include <QImage>
#include <QObject>
#include <QTimer>

namespace prunescope {

/// What the user's actions do: open, run, stop. Between the document, the engine and files; knows
/// no widget. Files are read on a worker.
class Controller : public QObject {
    Q_OBJECT

public:
    Controller(Document* document,
               EngineBridge* engine,
               Preferences* preferences,
               QObject* parent = nullptr);

    void setHardware(const Hardware& hardware);

    const Hardware& hardware() const { return hardware_; }

    /// Loads the model again on another device or in another precision, and keeps the choice.
    void runOn(const Hardware& hardware);

    void loadModel(const QString& directory);

    /// The model that loads, is loaded or was tried last.
    QString modelDirectory() const { return model_directory_; }

    /// `prompt`: also set the prompt, in the same undo step.
    void openPicture(const QString& path, const std::optional<QString>& prompt = {});
    void openPixels(const QImage& pixels, const QString& name);

    void run();
    void stop();

    /// From now on runs also give the curves of all methods; the first one starts at once.
    void setAllCurves(bool on);

    /// Tries again what failed last: the model or the run.
    void retry();

    /// "" when a run can start; else the reason, for tooltips.
    QString whyNotRun() const;

    /// What run() would submit now.
    RunRequest request() const;

    /// The run as a line for a shell. A picture that came from no file is written to one.
    QString commandLine() const;

Q_SIGNALS:
    void noted(const QString& line);  ///< for the log
    void pictureFailed(const QString& message, const QString& hint);
    void runnableChanged();
    void hardwareChanged();

private:
    struct Opened {
        std::shared_ptr<const Image> image;
        QString name;
        QString path;
        std::vector<std::string> notes;
        std::optional<ErrorText> error;
    };

    static Opened decode(const QString& path);
    void show(const Opened& opened, const std::optional<QString>& prompt);
    void onEvent(const Event& event);
    void submitIfLive();

    Document* document_;
    EngineBridge* engine_;
    Preferences* preferences_;
    Hardware hardware_;
    QString model_directory_;
    int last_opening_ = 0;
    bool all_curves_ = false;
    QTimer submit_soon_;  // several changes in one turn of the event loop are one run
    Background files_;    // last: its workers end before the rest goes
};

}  // namespace prunescope
