#include "ui/saving/session_files.h"

#include "core/base/error.h"
#include "core/session/session_file.h"
#include "ui/attribution/token_attribution.h"
#include "ui/services/preferences.h"

#include <utility>

#include <QCoreApplication>
#include <QDateTime>
#include <QDir>
#include <QFile>
#include <QFileInfo>
#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>

namespace prunescope {

namespace {

constexpr int kMostDifferences = 12;
constexpr QDir::Filters kHiddenFiles = QDir::Files | QDir::Hidden;

std::filesystem::path toPath(const QString& path) {
    return std::filesystem::path(path.toStdU16String());
}

ErrorText textOf(const Error& error) {
    return {QString::fromStdString(error.what()), QString::fromStdString(error.hint())};
}

std::optional<ErrorText> written(const SessionState& state, const QString& path) {
    try {
        writeSession(state, toPath(path));
        return std::nullopt;
    } catch (const Error& error) {
        return textOf(error);
    } catch (const std::exception& error) {
        return ErrorText{QString::fromUtf8(error.what()), {}};
    }
}

}  // namespace

SessionFiles::SessionFiles(Document* document,
                           SelectionModel* selection,
                           TokenAttribution* attribution,
                           const QString& recovery_folder,
                           QObject* parent)
    : QObject(parent),
      document_(document),
      selection_(selection),
      attribution_(attribution),
      recovery_folder_(recovery_folder) {
    autosave_.setSingleShot(true);
    autosave_.setInterval(Preferences::kAutosaveSeconds * 1000);
    connect(&autosave_, &QTimer::timeout, this, &SessionFiles::autosave);
    connect(document_, &Document::traceChanged, this, &SessionFiles::compareWithSaved);
    if (recovery_folder_.isEmpty() || !QDir().mkpath(recovery_folder_)) {
        return;
    }
    const QString lock_path = recovery_folder_ + "/in-use.lock";
    const bool was_locked = QFileInfo::exists(lock_path);
    auto lock = std::make_unique<QLockFile>(lock_path);
    lock->setStaleLockTime(0);  // only the death of its owner makes a lock stale
    if (!lock->tryLock(0)) {
        return;  // another window autosaves there
    }
    lock_ = std::move(lock);
    // What a writer that was killed left half done.
    for (const QString& half : QDir(recovery_folder_).entryList({".prunescope-*"}, kHiddenFiles)) {
        QFile::remove(recovery_folder_ + "/" + half);
    }
    // This sitting must not write over the one that may still be asked for.
    if (QFileInfo::exists(recoveryPath())) {
        QFile::remove(previousPath());
        QFile::rename(recoveryPath(), previousPath());
    }
    was_interrupted_ = was_locked && hasLast();
    const auto changed = [this] {
        const bool is_on = autosave_.interval() > 0;
        if (is_on && !autosave_.isActive() && document_->image() != nullptr) {
            autosave_.start();
        }
    };
    for (const auto moved : {&Document::inputsChanged, &Document::remarksChanged}) {
        connect(document_, moved, this, changed);
    }
    connect(document_, &Document::traceChanged, this, changed);
    if (attribution_ != nullptr) {
        connect(attribution_, &TokenAttribution::changed, this, [this, changed] {
            if (!attribution_->isRunning() &&
                std::exchange(autosaved_, attribution_->shown()) != attribution_->shown()) {
                changed();
            }
        });
    }
}

SessionFiles::~SessionFiles() = default;

QString SessionFiles::recoveryPath() const {
    return recovery_folder_ + "/last" + kSessionEnding;
}

QString SessionFiles::previousPath() const {
    return recovery_folder_ + "/previous" + kSessionEnding;
}

bool SessionFiles::hasLast() const {
    return !recovery_folder_.isEmpty() && QFileInfo::exists(previousPath());
}

void SessionFiles::open(const QString& path) {
    read(path, true);
}

void SessionFiles::openLast() {
    if (hasLast()) {
        read(previousPath(), false);
    }
    skipRecovery();
}

void SessionFiles::skipRecovery() {
    if (std::exchange(was_interrupted_, false)) {
        Q_EMIT recoveryChanged();
    }
}

void SessionFiles::save(const QString& path) {
    const auto effects = attribution_ != nullptr ? attribution_->shown() : nullptr;
    if (effects != nullptr && !fitsSession(*effects)) {
        Q_EMIT noted(
            tr("What the tokens did is too much for a session and was left out; it can be "
               "exported by itself."));
    }
    write(path, false);
}

void SessionFiles::read(const QString& path, bool becomes_current) {
    const int opening = ++last_opening_;
    files_.run(
        [path]() -> Read {
            try {
                return {readSession(toPath(path)), std::nullopt};
            } catch (const Error& error) {
                return {std::nullopt, textOf(error)};
            } catch (const std::exception& error) {
                return {std::nullopt, ErrorText{QString::fromUtf8(error.what()), {}}};
            }
        },
        [this, path, opening, becomes_current](const Read& result) {
            if (opening != last_opening_) {
                return;  // another one was opened meanwhile
            }
            if (result.error) {
                Q_EMIT failed(result.error->message, result.error->hint);
                return;
            }
            show(*result.state);
            path_ = becomes_current ? path : QString();
            document_->undoStack()->setClean();
            Q_EMIT pathChanged();
            Q_EMIT noted(tr("Opened session %1").arg(QFileInfo(path).fileName()));
        });
}

void SessionFiles::write(const QString& path, bool is_autosave) {
    if (is_autosave && std::exchange(is_writing_, true)) {
        autosave_.start();  // the last one is still being written
        return;
    }
    files_.run([state = captured(), path] { return written(state, path); },
               [this, path, is_autosave](const std::optional<ErrorText>& error) {
                   if (is_autosave) {
                       is_writing_ = false;
                   }
                   if (error) {
                       Q_EMIT failed(error->message, error->hint);
                   } else if (!is_autosave) {
                       path_ = path;
                       document_->undoStack()->setClean();
                       Q_EMIT pathChanged();
                       Q_EMIT noted(tr("Saved session %1").arg(QFileInfo(path).fileName()));
                   }
               });
}

void SessionFiles::setAutosaveSeconds(int seconds) {
    const bool was_due = autosave_.isActive();
    autosave_.stop();
    autosave_.setInterval(seconds * 1000);
    if (was_due && seconds > 0) {
        autosave_.start();
    }
}

void SessionFiles::autosave() {
    if (lock_) {
        write(recoveryPath(), true);
    }
}

SessionState SessionFiles::captured() const {
    SessionState state;
    state.image = document_->image();
    state.image_name = QFileInfo(document_->imageName()).fileName().toStdString();
    state.prompt = document_->prompt().toStdString();
    state.settings = document_->settings();
    if (document_->resultMatchesInputs()) {
        state.trace = document_->trace();
        state.unpruned = document_->unpruned();
        state.model_name = state.trace->model.name;
        state.model_fingerprint = state.trace->model.fingerprint;
        state.attribution = attribution_ != nullptr ? attribution_->shown() : nullptr;
    }
    state.notes = document_->remarks().notes;
    state.bookmarks = document_->remarks().bookmarks;
    state.unknown_files = kept_.unknown_files;
    state.unknown_members = kept_.unknown_members;
    const QUndoStack* history = document_->undoStack();
    for (int i = 0; i < history->index(); ++i) {
        state.log.push_back(history->text(i).toStdString());
    }
    QJsonArray patches;
    for (const int patch : selection_->patches()) {
        patches.append(patch);
    }
    const QJsonObject view{{"patches", patches}, {"stage", selection_->stage()}};
    state.view_json = QJsonDocument(view).toJson(QJsonDocument::Compact).toStdString();
    state.program_version = QCoreApplication::applicationVersion().toStdString();
    state.created = QDateTime::currentDateTimeUtc().toString(Qt::ISODate).toStdString();
    return state;
}

void SessionFiles::show(const SessionState& state) {
    kept_ = state;
    kept_.image.reset();
    kept_.attribution.reset();
    saved_trace_ = state.trace;
    document_->restore(state.image,
                       QString::fromStdString(state.image_name),
                       QString::fromStdString(state.prompt),
                       state.settings,
                       state.trace,
                       state.unpruned,
                       {state.notes, state.bookmarks});
    if (attribution_ != nullptr) {
        attribution_->restore(state.attribution);
    }
    // What is looked at is not worth a refusal: values that do not fit are left out.
    const QJsonObject view =
        QJsonDocument::fromJson(QByteArray::fromStdString(state.view_json)).object();
    if (!state.trace || state.trace->views.empty()) {
        return;
    }
    const ViewTrace& first = state.trace->views.front();
    const int stages = static_cast<int>(first.stages.size());
    selection_->setView(0);
    selection_->setStage(qBound(-1, view["stage"].toInt(stages - 1), stages - 1));
    std::vector<int> patches;
    for (const QJsonValue& patch : view["patches"].toArray()) {
        if (patch.toInt(-1) >= 0 && patch.toInt() < first.grid.count()) {
            patches.push_back(patch.toInt());
        }
    }
    selection_->setPatches(std::move(patches));
}

// The first complete run after opening is held against the file's result, and only when nothing
// that decides it was changed in between.
void SessionFiles::compareWithSaved() {
    const TracePtr now = document_->trace();
    if (!saved_trace_ || !now || now == saved_trace_ || !now->answer.complete ||
        !document_->resultMatchesInputs()) {
        return;
    }
    const TracePtr saved = std::exchange(saved_trace_, nullptr);
    if (!(now->settings == saved->settings) || now->prompt != saved->prompt ||
        now->image.hash != saved->image.hash) {
        return;
    }
    const std::vector<Difference> differences = differencesOf(*saved, *now);
    if (differences.empty()) {
        Q_EMIT noted(tr("The saved result was reproduced exactly."));
        return;
    }
    Q_EMIT noted(tr("The result differs from the saved one in %n field(s):",
                    nullptr,
                    static_cast<int>(differences.size())));
    int shown = 0;
    for (const Difference& d : differences) {
        if (++shown > kMostDifferences) {
            break;
        }
        Q_EMIT noted(tr("  %1: saved %2, now %3")
                         .arg(QString::fromStdString(d.field),
                              QString::fromStdString(d.saved),
                              QString::fromStdString(d.now)));
    }
}

void SessionFiles::keepForNextTime() {
    autosave_.stop();
    if (lock_ && document_->image() != nullptr) {
        written(captured(), recoveryPath());
    }
    lock_.reset();
}

}  // namespace prunescope
