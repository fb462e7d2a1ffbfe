// The window's program. Parses, names the application, puts session and window together.
#include "app/gui_options.h"
#include "app/screenshots.h"
#include "core/model/bundled.h"
#include "ui/main_window.h"
#include "ui/services/appearance.h"

#include <clocale>

#include <QApplication>
#include <QFileInfo>
#include <QTemporaryDir>
#include <QTimer>

namespace prunescope {

namespace {

// Applies what the command line says as the state before the first undo step.
void applyOptions(const GuiOptions& options,
                  const Preferences& preferences,
                  Session& session,
                  MainWindow& window) {
    Document& document = session.document;
    document.changeSettings(options.settings, {});
    if (!options.prompt.empty()) {
        document.setPrompt(QString::fromStdString(options.prompt));
    }
    document.endMerge();
    document.undoStack()->clear();
    Hardware hardware;
    hardware.device =
        options.device.empty() ? preferences.device() : QString::fromStdString(options.device);
    hardware.dtype =
        options.dtype.empty() ? preferences.dtype() : QString::fromStdString(options.dtype);
    hardware.threads = options.threads;
    session.controller.setHardware(hardware);
    const QString model =
        QString::fromStdString(options.model.empty() ? bundledModel().string() : options.model);
    if (!options.image.empty()) {
        window.openAny(QString::fromStdString(options.image));
    } else if (!options.no_gallery_run) {
        window.openFirstSample();
    }
    session.controller.loadModel(model);
    window.showSamplesOf(model);
}

}  // namespace

}  // namespace prunescope

int main(int argc, char** argv) {
    using namespace prunescope;
    GuiOptions options;
    if (const auto status = parseGuiOptions(argc, argv, options)) {
        return *status;
    }
    QCoreApplication::setOrganizationName("Prunescope");
    QCoreApplication::setOrganizationDomain("prunescope.org");
    QCoreApplication::setApplicationName("prunescope");
    QCoreApplication::setApplicationVersion(PRUNESCOPE_VERSION);
    QGuiApplication::setDesktopFileName("org.prunescope.Prunescope");
    QApplication app(argc, argv);
    std::setlocale(LC_NUMERIC, "C");  // Qt set the user's; files are read with a point

    const bool takes_pictures = !options.screenshot_dir.empty();
    QTemporaryDir scratch;  // pictures do not depend on, nor change, the user's preferences
    Preferences preferences(takes_pictures ? scratch.filePath("prunescope.ini") : QString());
    if (options.reset_settings) {
        preferences.reset();
    }
    applyAppearance(
        app, preferences.appearance(), preferences.highContrast(), preferences.reducedMotion());
    FileDialogs dialogs;
    Session session(makeModelBackend, &preferences);
    MainWindow window(&session, &preferences, &dialogs);
    std::unique_ptr<Screenshots> pictures;
    if (takes_pictures) {
        pictures = std::make_unique<Screenshots>(
            &session, &window, QString::fromStdString(options.screenshot_dir));
    }
    window.show();
    // After the first frame: the window is there before the model is looked for.
    QTimer::singleShot(0, &window, [&] {
        applyOptions(options, preferences, session, window);
        if (pictures) {
            pictures->start();
        }
    });
    return QApplication::exec();
}
