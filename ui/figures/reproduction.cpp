#include "ui/figures/reproduction.h"

#include "core/base/error.h"
#include "core/base/text.h"
#include "core/model/bundled.h"
#include "core/model/discover.h"
#include "ui/figures/figure_metadata.h"

#include <utility>

#include <QDir>
#include <QFileInfo>
#include <QTimer>

namespace prunescope {

namespace {

constexpr qsizetype kMostCandidates = 64;

QString text(const std::string& utf8) {
    return QString::fromStdString(utf8);
}

/// The picture in that file when its pixels are the wanted ones.
std::shared_ptr<const Image> pictureIn(const QString& path, const std::string& hash) {
    try {
        auto image = std::make_shared<const Image>(
            loadImage(std::filesystem::path(path.toStdU16String())).image);
        return hex(contentHash(*image)) == hash ? image : nullptr;
    } catch (const std::exception&) {
        return nullptr;  // a candidate that is no picture is none
    }
}

void lookForPicture(FigureNeeds& needs,
                    const std::shared_ptr<const Image>& open,
                    const QString& open_path,
                    const QStringList& candidates) {
    const std::string& hash = needs.state.image.hash;
    if (hash.empty()) {
        return;
    }
    if (open && hex(contentHash(*open)) == hash) {
        needs.image = open;
        needs.image_path = open_path;
        return;
    }
    for (const QString& path : candidates) {
        if (QFileInfo(path).isFile()) {
            needs.image = pictureIn(path, hash);
            needs.image_path = needs.image ? path : QString();
            if (needs.image) {
                return;
            }
        }
    }
}

QString modelNamed(const QString& name, const QStringList& recent) {
    QStringList directories{QString::fromStdString(bundledModel().string())};
    directories += recent;
    for (const ModelCandidate& cached : findCachedModels()) {
        directories << QString::fromStdString(cached.directory.string());
    }
    for (const QString& directory : directories) {
        const QFileInfo folder(QDir::cleanPath(directory));
        if (!name.isEmpty() && folder.fileName() == name && folder.isDir()) {
            return folder.absoluteFilePath();
        }
    }
    return {};
}

}  // namespace

FigureReproduction::FigureReproduction(Document* document,
                                       Controller* controller,
                                       ViewRecall* recall,
                                       const Preferences* preferences,
                                       QObject* parent)
    : QObject(parent),
      document_(document),
      controller_(controller),
      recall_(recall),
      preferences_(preferences) {
    connect(document_, &Document::modelChanged, this, &FigureReproduction::takeModel);
    connect(document_, &Document::traceChanged, this, &FigureReproduction::takeTrace);
}

void FigureReproduction::open(const QString& path, const QStringList& samples) {
    const int opening = ++last_opening_;
    QStringList places{QFileInfo(path).absolutePath()};  // folders where it may lie
    QStringList files = samples;
    QStringList opened = preferences_->recentFiles();
    opened << document_->imagePath();
    for (const QString& recent : opened) {
        if (!recent.isEmpty()) {
            files << recent;
            places << QFileInfo(recent).absolutePath();
        }
    }
    const std::string open_model = document_->model() ? document_->model()->fingerprint : "";
    files_.run(
        [=,
         open = document_->image(),
         open_path = document_->imagePath(),
         models = preferences_->recentModels()]() -> Found {
            const auto carried = readFigureState(path);
            if (!carried) {
                return {std::nullopt,
                        {tr("%1 carries no state of this program.").arg(QFileInfo(path).fileName()),
                         tr("Only PNG and SVG files that were exported here can be reproduced; "
                            "another program may have taken the state out when it saved.")}};
            }
            try {
                FigureNeeds needs;
                needs.figure = path;
                needs.state = figureStateFromJson(carried->toStdString());
                const QString name = text(needs.state.image.name);
                QStringList candidates;
                for (const QString& folder : places) {
                    candidates << QDir(folder).filePath(name);
                }
                for (const QString& file : files) {
                    if (QFileInfo(file).fileName() == name) {
                        candidates << file;
                    }
                }
                candidates.removeDuplicates();
                if (name.isEmpty()) {
                    candidates.clear();  // it came from no file
                }
                lookForPicture(needs, open, open_path, candidates.mid(0, kMostCandidates));
                needs.model_is_open =
                    !open_model.empty() && open_model == needs.state.model_fingerprint;
                needs.model_directory = modelNamed(text(needs.state.model_name), models);
                return {std::move(needs), {}};
            } catch (const Error& error) {
                return {std::nullopt, {text(error.what()), text(error.hint())}};
            }
        },
        [this, opening](const Found& found) {
            if (opening != last_opening_) {
                return;
            }
            if (found.needs) {
                needs_ = *found.needs;
                Q_EMIT needsChanged();
            } else {
                Q_EMIT refused(found.error.message, found.error.hint);
            }
        });
}

void FigureReproduction::tryPicture(const QString& path) {
    const int opening = last_opening_;
    files_.run([path, hash = needs_.state.image.hash] { return pictureIn(path, hash); },
               [this, path, opening](const std::shared_ptr<const Image>& image) {
                   if (opening != last_opening_) {
                       return;
                   }
                   if (!image) {
                       Q_EMIT pictureTried(tr("%1 is not the figure's picture: its pixels differ.")
                                               .arg(QFileInfo(path).fileName()));
                       return;
                   }
                   needs_.image = image;
                   needs_.image_path = QFileInfo(path).absoluteFilePath();
                   Q_EMIT pictureTried({});
                   Q_EMIT needsChanged();
               });
}

void FigureReproduction::tryModel(const QString& directory) {
    needs_.model_directory = QFileInfo(directory).absoluteFilePath();
    Q_EMIT needsChanged();
}

void FigureReproduction::restore() {
    if (!needs_.image) {
        return;
    }
    const FigureState& state = needs_.state;
    document_->endMerge();
    document_->undoStack()->beginMacro(
        tr("Reproduce figure %1").arg(QFileInfo(needs_.figure).fileName()));
    if (document_->image() != needs_.image) {
        document_->setImage(needs_.image, text(state.image.name), needs_.image_path);
    }
    document_->setPrompt(text(state.prompt));
    document_->changeSettings(state.settings, tr("Settings of the figure"));
    document_->undoStack()->endMacro();
    document_->endMerge();
    recall_->recall({state.view, state.stage});
    waits_for_answer_ = true;
    waits_for_model_ = !needs_.model_is_open && !needs_.model_directory.isEmpty();
    if (waits_for_model_) {
        controller_->loadModel(needs_.model_directory);
    } else if (document_->resultMatchesInputs()) {
        takeTrace();
    } else {
        controller_->run();
    }
}

void FigureReproduction::takeModel() {
    if (!waits_for_model_ || !document_->model()) {
        return;
    }
    waits_for_model_ = false;
    if (document_->model()->fingerprint != needs_.state.model_fingerprint) {
        Q_EMIT refused(tr("The model in %1 is not the figure's: its fingerprint is %2, the "
                          "figure's %3.")
                           .arg(needs_.model_directory,
                                text(document_->model()->fingerprint),
                                text(needs_.state.model_fingerprint)),
                       tr("What is shown is this model's result, not the figure's."));
    }
    // The controller runs by itself when live; a figure is run in any case.
    QTimer::singleShot(0, controller_, &Controller::run);
}

void FigureReproduction::takeTrace() {
    const TracePtr trace = document_->trace();
    if (trace && document_->resultMatchesInputs() && trace->answer.complete &&
        std::exchange(waits_for_answer_, false)) {
        const std::string id = figureStateOf(*trace, 0, -1).session_id;
        Q_EMIT noted(
            id == needs_.state.session_id
                ? tr("Reproduced session %1").arg(text(id))
                : tr("The figure is of session %1; this is session %2, by model %3")
                      .arg(text(needs_.state.session_id), text(id), text(trace->model.name)));
    }
}

}  // namespace prunescope
