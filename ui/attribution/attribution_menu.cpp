// The window's command about what tokens did, and who hears of it.
#include "ui/main_window.h"
#include "ui/services/shortcuts.h"
#include "ui/views/canvas.h"

#include <QDockWidget>

namespace prunescope {

void MainWindow::showAttribution() {
    auto* panel = findChild<QDockWidget*>("attributionDock");
    panel->show();
    panel->raise();
    session_->attribution.start();
}

void MainWindow::connectAttribution() {
    const auto refresh = [this] {
        const TokenAttribution& attribution = session_->attribution;
        canvas_->showEffects(attribution.shown());
        QAction* start = actions_.at("attribute");
        const QString why = attribution.whyNot();
        start->setEnabled(why.isEmpty());
        if (why.isEmpty()) {
            showKeysInTip(start);
        } else {
            start->setToolTip(why);
        }
    };
    connect(&session_->attribution, &TokenAttribution::changed, this, refresh);
    connect(&session_->attribution, &TokenAttribution::changed, this, &MainWindow::showState);
    refresh();
}

}  // namespace prunescope
