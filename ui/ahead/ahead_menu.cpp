// The window's command about computing ahead, and where it shows what is at hand.
#include "ui/main_window.h"
#include "ui/panels/settings_panel.h"
#include "ui/views/shift_plot.h"

namespace prunescope {

void MainWindow::connectAhead() {
    AheadController* ahead = &session_->ahead;
    const auto show_marks = [this, ahead] {
        settings_->showAhead(ahead->marks());
        shift_plot_->showAhead(ahead->marks());
    };
    const auto show_state = [this, ahead] {
        QAction* action = actions_.at("computeAhead");
        action->setChecked(ahead->isOn());
        action->setEnabled(session_->document.live());
    };
    connect(ahead, &AheadController::marksChanged, this, show_marks);
    connect(ahead, &AheadController::onChanged, this, show_state);
    connect(&session_->document, &Document::liveChanged, this, show_state);
    show_marks();
    show_state();
}

}  // namespace prunescope
