// The window's commands about figures: export, copy, reproduce.
#include "ui/figures/export_dialog.h"
#include "ui/figures/reproduce_dialog.h"
#include "ui/main_window.h"
#include "ui/panels/gallery.h"
#include "ui/panels/log_view.h"
#include "ui/views/budget_plot.h"
#include "ui/views/shift_plot.h"

#include <QApplication>
#include <QFileInfo>
#include <QStatusBar>

namespace prunescope {

namespace {

constexpr const char* kFile = "&File";
constexpr const char* kEdit = "&Edit";
constexpr int kMessage_ms = 5000;

}  // namespace

std::vector<MenuEntry> MainWindow::exportEntries() {
    return {
        {kFile,
         "export",
         tr("&Export…"),
         "Ctrl+E",
         "export",
         tr("Write the picture with its overlay, a plot, the numbers or an animation"),
         [this](bool) { export_->present(focusedFigure()); }},
        {kFile,
         "reproduceFigure",
         tr("Reproduce from &figure…"),
         "Ctrl+Shift+E",
         "",
         tr("Back to the state that an exported PNG or SVG shows"),
         [this](bool) {
             const QString path = dialogs_->openFile(
                 this, tr("Reproduce from figure"), tr("Exported figures (*.png *.svg *.apng)"));
             if (!path.isEmpty()) {
                 reproduceFigure(path);
             }
         }},
    };
}

std::vector<MenuEntry> MainWindow::copyEntries() {
    return {
        {kEdit,
         "copyView",
         tr("&Copy figure"),
         "Ctrl+C",
         "",
         tr("Copy the picture with its overlay, or the plot or table that has the keyboard"),
         [this](bool) { exporter_->copy(focusedFigure()); }},
        {kEdit,
         "copyData",
         tr("Copy &data"),
         "Ctrl+Alt+C",
         "",
         tr("Copy the numbers as CSV: of the trace, or of the plot or table that has the "
            "keyboard"),
         [this](bool) { exporter_->copyData(focusedFigure()); }},
    };
}

// The plot or the table that has the keyboard, else the picture.
FigureKind MainWindow::focusedFigure() const {
    const QWidget* focus = QApplication::focusWidget();
    const auto holds = [focus](const QWidget* plot) {
        return focus != nullptr && plot->isAncestorOf(focus);
    };
    return holds(shift_plot_)                               ? FigureKind::ShiftPlot
           : holds(budget_plot_)                            ? FigureKind::BudgetPlot
           : holds(findChild<QWidget*>("attributionPanel")) ? FigureKind::Attribution
                                                            : FigureKind::Overlay;
}

void MainWindow::connectFigures() {
    exporter_ = new FigureExporter(&session_->document,
                                   &session_->selection,
                                   &session_->overlay,
                                   shift_plot_,
                                   budget_plot_,
                                   &session_->attribution,
                                   this);
    export_ = new ExportDialog(exporter_, preferences_, dialogs_, this);
    connect(exporter_, &FigureExporter::written, this, [this](const QString& path) {
        const QString said = tr("Wrote %1").arg(QFileInfo(path).fileName());
        log_->append(said);
        statusBar()->showMessage(said, kMessage_ms);
    });
    connect(exporter_, &FigureExporter::copied, this, [this](const QString& what) {
        statusBar()->showMessage(tr("Copied: %1").arg(what), kMessage_ms);
    });
    connect(exporter_,
            &FigureExporter::failed,
            this,
            [this](const QString& message, const QString& hint) {
                log_->append(message + ' ' + hint);
                if (!export_->isVisible()) {
                    error_card_->present(message, hint, {});
                }
            });
    reproduction_ = new FigureReproduction(
        &session_->document, &session_->controller, recall_, preferences_, this);
    auto* reproduce = new ReproduceDialog(reproduction_, dialogs_, this);
    connect(reproduce,
            &ReproduceDialog::openAsPicture,
            &session_->controller,
            [this](const QString& path) { session_->controller.openPicture(path); });
    connect(reproduction_, &FigureReproduction::noted, log_, &LogView::append);
    connect(reproduction_,
            &FigureReproduction::refused,
            this,
            [this](const QString& message, const QString& hint) {
                log_->append(message);
                error_card_->present(message, hint, {});
            });
}

void MainWindow::reproduceFigure(const QString& path) {
    QStringList samples;
    for (const Sample& sample : gallery_->samples()) {
        samples << sample.path;
    }
    reproduction_->open(path, samples);
}

}  // namespace prunescope
