#include "ui/controller.h"

#include "core/base/error.h"
#include "ui/services/kept_pictures.h"

#include <cstring>
#include <exception>
#include <filesystem>
#include <utility>

#include <QDir>
#include <QFileInfo>

namespace prunescope {

namespace {

std::shared_ptr<const Image> imageFrom(const QImage& pixels) {
    const QImage rgb = pixels.convertToFormat(QImage::Format_RGB888);
    Image image;
    image.width = rgb.width();
    image.height = rgb.height();
    const std::size_t row_bytes = static_cast<std::size_t>(image.width) * 3;
    image.rgb.resize(row_bytes * static_cast<std::size_t>(image.height));
    for (int y = 0; y < image.height; ++y) {
        std::memcpy(image.rgb.data() + static_cast<std::size_t>(y) * row_bytes,
                    rgb.constScanLine(y),
                    row_bytes);
    }
    return std::make_shared<const Image>(std::move(image));
}

}  // namespace

Controller::Controller(Document* document,
                       EngineBridge* engine,
                       Preferences* preferences,
                       QObject* parent)
    : QObject(parent), document_(document), engine_(engine), preferences_(preferences) {
    submit_soon_.setSingleShot(true);
    submit_soon_.setInterval(0);
    connect(&submit_soon_, &QTimer::timeout, this, &Controller::submitIfLive);
    connect(document_, &Document::inputsChanged, &submit_soon_, qOverload<>(&QTimer::start));
    connect(document_, &Document::liveChanged, this, [this](bool live) {
        preferences_->setLive(live);
        if (live && !document_->resultMatchesInputs()) {
            submit_soon_.start();
        }
    });
    for (const auto changed :
         {&Document::inputsChanged, &Document::stateChanged, &Document::modelChanged}) {
        connect(document_, changed, this, &Controller::runnableChanged);
    }
    connect(engine_, &EngineBridge::arrived, this, &Controller::onEvent);
}

void Controller::setHardware(const Hardware& hardware) {
    hardware_ = hardware;
    Q_EMIT hardwareChanged();
}

void Controller::runOn(const Hardware& hardware) {
    preferences_->setHardware(hardware.device, hardware.dtype);
    setHardware(hardware);
    if (!model_directory_.isEmpty()) {
        loadModel(model_directory_);
    }
}

void Controller::loadModel(const QString& directory) {
    model_directory_ = QDir::cleanPath(QFileInfo(directory).absoluteFilePath());
    LoadRequest request;
    request.directory = model_directory_.toStdString();
    request.device = hardware_.device.toStdString();
    request.dtype = hardware_.dtype.toStdString();
    request.threads = hardware_.threads;
    document_->expectLoad(engine_->load(request), model_directory_);
    Q_EMIT noted(tr("Loading %1").arg(QFileInfo(model_directory_).fileName()));
}

Controller::Opened Controller::decode(const QString& path) {
    Opened opened;
    opened.path = path;
    opened.name = QFileInfo(path).fileName();
    try {
        DecodedImage decoded = loadImage(std::filesystem::path(path.toStdString()));
        opened.image = std::make_shared<const Image>(std::move(decoded.image));
        opened.notes = std::move(decoded.notes);
    } catch (const Error& error) {
        opened.error =
            ErrorText{QString::fromUtf8(error.what()), QString::fromStdString(error.hint())};
    } catch (const std::exception& error) {
        opened.error = ErrorText{QString::fromUtf8(error.what()), {}};
    }
    return opened;
}

void Controller::openPicture(const QString& path, const std::optional<QString>& prompt) {
    const int opening = ++last_opening_;
    const QString absolute = QFileInfo(path).absoluteFilePath();
    files_.run([absolute] { return decode(absolute); },
               [this, opening, prompt](const Opened& opened) {
                   if (opening == last_opening_) {
                       show(opened, prompt);
                   }
               });
}

void Controller::openPixels(const QImage& pixels, const QString& name) {
    const int opening = ++last_opening_;
    files_.run(
        [pixels, name] {
            return Opened{imageFrom(pixels), name, {}, {}, {}};
        },
        [this, opening](const Opened& opened) {
            if (opening == last_opening_) {
                show(opened, {});
            }
        });
}

void Controller::show(const Opened& opened, const std::optional<QString>& prompt) {
    if (opened.error) {
        Q_EMIT noted(opened.error->message);
        Q_EMIT pictureFailed(opened.error->message, opened.error->hint);
        return;
    }
    for (const std::string& note : opened.notes) {
        Q_EMIT noted(opened.name + ": " + QString::fromStdString(note));
    }
    if (prompt) {
        document_->setSample(opened.image, opened.name, opened.path, *prompt);
    } else {
        document_->setImage(opened.image, opened.name, opened.path);
        if (!opened.path.isEmpty()) {
            preferences_->addRecentFile(opened.path);
        }
    }
}

QString Controller::whyNotRun() const {
    if (document_->state() == RunState::LoadingModel) {
        return tr("The model is still loading.");
    }
    if (!document_->model()) {
        return tr("No model is open. Choose one with File > Models.");
    }
    if (document_->image() == nullptr) {
        return tr("No picture is open. Drop one here or press Ctrl+O.");
    }
    return {};
}

RunRequest Controller::request() const {
    RunRequest request;
    request.image = document_->image();
    request.image_name = document_->imageName().toStdString();
    request.prompt = document_->prompt().toStdString();
    request.settings = document_->settings();
    request.want_all_curves = all_curves_;
    return request;
}

void Controller::run() {
    submit_soon_.stop();
    document_->endMerge();
    if (whyNotRun().isEmpty()) {
        document_->expectRun(engine_->submit(request()));
    }
}

void Controller::submitIfLive() {
    if (document_->live() && whyNotRun().isEmpty()) {
        document_->expectRun(engine_->submit(request()));
    }
}

void Controller::stop() {
    submit_soon_.stop();
    if (document_->state() == RunState::Running || document_->state() == RunState::LoadingModel) {
        engine_->cancel();
        Q_EMIT noted(tr("Stopped"));
    }
}

void Controller::setAllCurves(bool on) {
    all_curves_ = on;
    if (on) {
        run();
    }
}

void Controller::retry() {
    if (!document_->model() && !model_directory_.isEmpty()) {
        loadModel(model_directory_);
    } else {
        run();
    }
}

QString Controller::commandLine() const {
    QString picture = document_->imagePath();
    if (picture.isEmpty() && document_->image() != nullptr) {
        picture = keepPicture(*document_->image(), preferences_->stateFolder() + "/pictures");
    }
    return shellQuoted(cliArguments(request(), model_directory_, picture, hardware_));
}

void Controller::onEvent(const Event& event) {
    document_->apply(event);
    if (const auto* loaded = std::get_if<ModelLoaded>(&event)) {
        preferences_->addRecentModel(model_directory_);
        Q_EMIT noted(tr("Model %1 is ready").arg(QString::fromStdString(loaded->report.name)));
        for (const std::string& warning : loaded->report.warnings) {
            Q_EMIT noted(QString::fromStdString(warning));
        }
        submit_soon_.start();
    } else if (const auto* failed = std::get_if<Failed>(&event)) {
        Q_EMIT noted(tr("Failed: %1").arg(QString::fromStdString(failed->message)));
    } else if (const auto* finished = std::get_if<Finished>(&event)) {
        for (const std::string& note : finished->trace->notes) {
            Q_EMIT noted(QString::fromStdString(note));
        }
    }
}

}  // namespace prunescope
