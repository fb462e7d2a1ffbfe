// What comes into the window by dropping, pasting and pointing.
#include "core/metric/coverage.h"
#include "ui/main_window.h"
#include "ui/panels/gallery.h"
#include "ui/rules/patch_ruler.h"
#include "ui/rules/rules_menu.h"
#include "ui/views/canvas.h"
#include "ui/views/stage_labels.h"

#include <algorithm>

#include <QApplication>
#include <QClipboard>
#include <QDockWidget>
#include <QDropEvent>
#include <QFileInfo>
#include <QMenu>
#include <QMimeData>
#include <QStatusBar>

namespace prunescope {

namespace {

constexpr int kMessage_ms = 6000;

/// The first file or folder of this machine; "" when there is none.
QString localPathOf(const QMimeData& mime) {
    for (const QUrl& url : mime.urls()) {
        if (url.isLocalFile()) {
            return url.toLocalFile();
        }
    }
    return {};
}

}  // namespace

bool MainWindow::openMime(const QMimeData& mime, const QString& name) {
    const QString path = localPathOf(mime);
    if (!path.isEmpty()) {
        if (mime.urls().size() > 1) {
            statusBar()->showMessage(tr("Opened the first of %1 files").arg(mime.urls().size()),
                                     kMessage_ms);
        }
        openAny(path);
        return true;
    }
    if (mime.hasImage()) {
        session_->controller.openPixels(qvariant_cast<QImage>(mime.imageData()), name);
        return true;
    }
    return false;
}

void MainWindow::pastePicture() {
    const QMimeData* mime = QApplication::clipboard()->mimeData();
    if (mime == nullptr || !openMime(*mime, tr("pasted"))) {
        statusBar()->showMessage(tr("The clipboard holds no picture."), kMessage_ms);
    }
}

void MainWindow::dragEnterEvent(QDragEnterEvent* event) {
    if (event->mimeData()->hasUrls() || event->mimeData()->hasImage()) {
        event->acceptProposedAction();
    }
}

void MainWindow::dropEvent(QDropEvent* event) {
    if (!openMime(*event->mimeData(), tr("dropped"))) {
        statusBar()->showMessage(
            tr("Only pictures and model folders of this computer can be dropped."), kMessage_ms);
    }
    event->acceptProposedAction();
}

void MainWindow::showPatchMenu(int patch, const QPoint& at) {
    const TracePtr trace = session_->document.trace();
    const auto view = static_cast<std::size_t>(session_->selection.view());
    if (!trace || view >= trace->views.size()) {
        return;
    }
    auto* menu = new QMenu(this);
    menu->setObjectName("patchMenu");
    menu->setAttribute(Qt::WA_DeleteOnClose);
    menu->setToolTipsVisible(true);
    const ViewTrace shown = trace->views[view];
    const int stage = session_->selection.stage();
    menu->addSection(tr("Patch %1").arg(patch));
    // The entries are about the selection; a click beside it selects anew.
    const std::vector<int>& selected = session_->selection.patches();
    if (std::find(selected.begin(), selected.end(), patch) == selected.end()) {
        session_->selection.setPatches({patch});
    }
    menu->addAction(tr("Show &history"), this, [this] { showTokenHistory(); });
    menu->addAction(actions_.at("attribute"));
    menu->addSeparator();
    for (const char* id : {"pinPatch", "banPatch", "swapPatch"}) {
        menu->addAction(actions_.at(id));
    }
    menu->addSeparator();
    const std::vector<int> cluster = clusterMates(shown, stage, patch);
    QAction* mates = menu->addAction(tr("Select its &cluster (%1 patches)").arg(cluster.size()),
                                     this,
                                     [this, cluster] { session_->selection.setPatches(cluster); });
    mates->setEnabled(!cluster.empty());
    mates->setToolTip(cluster.empty() ? tr("No clusters at this stage") : QString());
    menu->addAction(tr("Add &note"), this, [this, patch] {
        if (std::ranges::find(session_->selection.patches(), patch) ==
            session_->selection.patches().end()) {
            session_->selection.setPatches({patch});
        }
        actions_.at("addNote")->trigger();
    });
    menu->addSeparator();
    menu->addAction(tr("C&opy as text"), this, [shown, stage, patch] {
        QApplication::clipboard()->setText(patchText(shown, stage, patch));
    });
    menu->popup(at);
}

void MainWindow::showTokenHistory() {
    auto* panel = findChild<QDockWidget*>("tokenHistoryDock");
    panel->show();
    panel->raise();
}

void MainWindow::connectRules() {
    bindRuleKeys(actions_, canvas_);
    const auto refresh = [this] {
        showRules(actions_, *ruler_, !session_->selection.patches().empty());
    };
    connect(&session_->selection, &SelectionModel::patchesChanged, this, refresh);
    connect(&session_->document, &Document::settingsChanged, this, refresh);
    connect(ruler_, &PatchRuler::noted, this, [this](const QString& text) {
        statusBar()->showMessage(text, kMessage_ms);
    });
    refresh();
}

void MainWindow::goToPatch() {
    const TracePtr trace = session_->document.trace();
    const auto view = static_cast<std::size_t>(session_->selection.view());
    if (!trace || view >= trace->views.size()) {
        statusBar()->showMessage(tr("There is no patch to go to yet."), kMessage_ms);
        return;
    }
    const PatchGrid grid = trace->views[view].grid;
    askLine(this,
            "goToPatch",
            tr("Go to patch"),
            tr("Number, or row and column: 0 to %1, or 0,0 to %2,%3")
                .arg(grid.count() - 1)
                .arg(grid.rows - 1)
                .arg(grid.cols - 1),
            [this, grid](const QString& said) {
                const int patch = patchNamed(said, grid);
                if (patch < 0) {
                    return false;
                }
                session_->selection.setPatches({patch});
                canvas_->setFocus();
                return true;
            });
}

void MainWindow::selectObject() {
    const Document& document = session_->document;
    const TracePtr trace = document.trace();
    const auto view = static_cast<std::size_t>(session_->selection.view());
    const std::vector<RectF> boxes = gallery_->boxesFor(document.imagePath(), document.prompt());
    if (!trace || view >= trace->views.size() || boxes.empty()) {
        statusBar()->showMessage(tr("Nobody said where on this picture the object of this question "
                                    "is: drag a box round it with Shift."),
                                 kMessage_ms);
        return;
    }
    const std::vector<std::int32_t> patches = objectPatches(trace->views[view], boxes);
    session_->selection.setPatches({patches.begin(), patches.end()});
    canvas_->setFocus();
}

// Panels in the order of reading: the picture, then docks from left to right and top to bottom.
void MainWindow::focusPanel(int step) {
    std::vector<QWidget*> panels{canvas_};
    for (QDockWidget* panel : docks_) {
        if (panel->isVisible() && !panel->visibleRegion().isEmpty()) {
            panels.push_back(panel->widget());
        }
    }
    std::stable_sort(panels.begin() + 1, panels.end(), [this](QWidget* a, QWidget* b) {
        const QPoint at_a = a->mapTo(this, QPoint());
        const QPoint at_b = b->mapTo(this, QPoint());
        return at_a.x() != at_b.x() ? at_a.x() < at_b.x() : at_a.y() < at_b.y();
    });
    const QWidget* focus = QApplication::focusWidget();
    const auto holds = [focus](QWidget* panel) {
        return focus != nullptr && (panel == focus || panel->isAncestorOf(focus));
    };
    const auto n = static_cast<int>(panels.size());
    const auto found = std::find_if(panels.begin(), panels.end(), holds);
    const int from =
        found == panels.end() ? (step > 0 ? -1 : 0) : static_cast<int>(found - panels.begin());
    for (int i = 1; i <= n; ++i) {
        QWidget* panel = panels[static_cast<std::size_t>(((from + step * i) % n + n) % n)];
        QWidget* first = panel;
        if (!(panel->focusPolicy() & Qt::TabFocus)) {
            const QList<QWidget*> inside = panel->findChildren<QWidget*>();
            const auto usable = std::find_if(inside.begin(), inside.end(), [](QWidget* widget) {
                return (widget->focusPolicy() & Qt::TabFocus) && widget->isVisible() &&
                       widget->isEnabled();
            });
            first = usable == inside.end() ? nullptr : *usable;
        }
        if (first != nullptr) {
            first->setFocus(Qt::ShortcutFocusReason);
            return;
        }
    }
}

void MainWindow::maximisePanel() {
    if (!state_before_maximised_.isEmpty()) {
        restoreState(std::exchange(state_before_maximised_, {}));
        centralWidget()->show();
        return;
    }
    const QWidget* focus = QApplication::focusWidget();
    const auto found = std::find_if(docks_.begin(), docks_.end(), [focus](QDockWidget* panel) {
        return focus != nullptr && panel->isAncestorOf(focus);
    });
    state_before_maximised_ = saveState();
    for (QDockWidget* panel : docks_) {
        panel->setVisible(found != docks_.end() && panel == *found);
    }
    centralWidget()->setVisible(found == docks_.end());
}

void MainWindow::nudgeBudget(int by) {
    RunSettings settings = session_->document.settings();
    settings.budget = std::max(1, settings.budget + by);
    session_->document.changeSettings(
        settings, tr("Kept tokens to %1").arg(settings.budget), "budget");
}

void MainWindow::nudgeTau(double by) {
    constexpr double kStep = 0.01;
    changeTau(std::max(0.0, session_->document.settings().tau + by * kStep));
}

}  // namespace prunescope
