// What the window opens and writes: pictures, sessions, models, figures.
#include "ui/main_window.h"
#include "ui/panels/error_card.h"
#include "ui/panels/log_view.h"
#include "ui/saving/session_menu.h"
#include "ui/services/figure_files.h"

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

void MainWindow::exportOverlay() {
    const QString path = dialogs_->saveAs(this,
                                          tr("Export overlay"),
                                          suggestedFigureName(session_->document, "overlay"),
                                          tr("Picture (*.png);;Vector (*.svg *.pdf)"));
    if (!path.isEmpty()) {
        const auto problem = saveOverlay(session_->document, session_->selection, path);
        log_->append(problem ? *problem : tr("Wrote %1").arg(QFileInfo(path).fileName()));
        if (problem) {
            error_card_->present(*problem, {}, {});
        }
    }
}

void MainWindow::exportPlot() {
    const QString path =
        dialogs_->saveAs(this,
                         tr("Export shift plot"),
                         suggestedFigureName(session_->document, "shift"),
                         tr("Picture (*.png);;Vector (*.svg *.pdf);;Data (*.csv)"));
    if (!path.isEmpty()) {
        const auto problem = savePlot(session_->document, path);
        log_->append(problem ? *problem : tr("Wrote %1").arg(QFileInfo(path).fileName()));
        if (problem) {
            error_card_->present(*problem, {}, {});
        }
    }
}

void MainWindow::openAny(const QString& path) {
    if (isSessionFile(path)) {
        session_->files.open(path);
    } else if (QFileInfo(path).isDir()) {
        openModel(path);
    } else {
        session_->controller.openPicture(path);
    }
}

}  // namespace prunescope
