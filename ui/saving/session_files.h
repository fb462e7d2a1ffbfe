#pragma once

#include "core/session/session.h"
#include "ui/document.h"
#include "ui/selection.h"
#include "ui/services/background.h"

#include <memory>
#include <optional>

#include <QLockFile>
#include <QObject>
#include <QTimer>

namespace prunescope {

class TokenAttribution;

/// Opens and saves what the document is about. Files are read and written on a worker. While the
/// program runs the latest state goes to a recovery file every few seconds; after a crash it is
/// offered, after a clean end it can be reopened. GUI thread only.
class SessionFiles : public QObject {
    Q_OBJECT

public:
    /// @param attribution  null: what tokens did is neither kept nor shown
    /// @param recovery_folder  "" switches autosaving off
    SessionFiles(Document* document,
                 SelectionModel* selection,
                 TokenAttribution* attribution,
                 const QString& recovery_folder,
                 QObject* parent = nullptr);
    ~SessionFiles() override;

    /// The session file on show; "" none yet.
    QString path() const { return path_; }

    void open(const QString& path);
    void save(const QString& path);

    /// The last sitting ended without closing the program, and its state was kept.
    bool wasInterrupted() const { return was_interrupted_; }

    /// There is a state of the last sitting.
    bool hasLast() const;

    /// Opens it, without making it the file that "Save" writes to.
    void openLast();

    /// Not asked again.
    void skipRecovery();

    /// What a save would write.
    SessionState captured() const;

    /// Writes the recovery file on a worker; happens by itself some seconds after a change.
    void autosave();

    /// From a change to its autosave; 0: never by itself.
    void setAutosaveSeconds(int seconds);

    /// Writes the recovery file now, on this thread; at the end of the program.
    void keepForNextTime();

Q_SIGNALS:
    void pathChanged();
    void recoveryChanged();
    void noted(const QString& line);  ///< for the log
    void failed(const QString& message, const QString& hint);

private:
    struct Read {
        std::optional<SessionState> state;
        std::optional<ErrorText> error;
    };

    void read(const QString& path, bool becomes_current);
    void write(const QString& path, bool is_autosave);
    void show(const SessionState& state);
    void compareWithSaved();
    QString recoveryPath() const;  ///< of this sitting
    QString previousPath() const;  ///< of the one before

    Document* document_;
    SelectionModel* selection_;
    TokenAttribution* attribution_;
    QString path_;
    QString recovery_folder_;
    std::unique_ptr<QLockFile> lock_;  ///< held by the one program that autosaves here
    bool was_interrupted_ = false;
    bool is_writing_ = false;
    int last_opening_ = 0;
    std::shared_ptr<const Attribution> autosaved_;  ///< what tokens did, as it was last seen
    TracePtr saved_trace_;  ///< result of the file, until a new run is held against it
    SessionState kept_;     ///< what the file holds beyond the document: unknown parts
    QTimer autosave_;
    Background files_;  // last: its workers end before the rest goes
};

}  // namespace prunescope
