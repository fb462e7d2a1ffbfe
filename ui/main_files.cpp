// What the window opens and writes: pictures, sessions, models, figures.
#include "ui/evaluate/evaluate_panel.h"
#include "ui/figures/figure_metadata.h"
#include "ui/main_window.h"
#include "ui/panels/gallery.h"
#include "ui/saving/session_menu.h"

#include <QFileInfo>

namespace prunescope {

void MainWindow::openPicture() {
    const QString path = dialogs_->openPicture(this);
    if (!path.isEmpty()) {
        session_->controller.openPicture(path);
    }
}

void MainWindow::openModel(const QString& directory) {
    session_->controller.loadModel(directory);
    showSamplesOf(session_->controller.modelDirectory());
}

void MainWindow::openAny(const QString& path) {
    if (isSessionFile(path)) {
        session_->files.open(path);
    } else if (QFileInfo(path).isDir()) {
        openModel(path);
    } else if (readFigureState(path)) {
        reproduceFigure(path);
    } else {
        session_->controller.openPicture(path);
    }
}

void MainWindow::showSamplesOf(const QString& model_directory) {
    gallery_->showModel(model_directory);
    evaluate_->setModelDirectory(model_directory);
}

void MainWindow::openFirstSample() {
    opens_first_sample_ = true;
}

}  // namespace prunescope
