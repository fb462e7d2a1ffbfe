// The window's command about preferences, and what follows the desktop while the program runs.
#include "ui/main_window.h"
#include "ui/preferences/preferences_dialog.h"

#include <QApplication>

namespace prunescope {

MenuEntry MainWindow::preferencesEntry(const char* menu) {
    return {menu,
            "preferences",
            tr("P&references…"),
            "Ctrl+,",
            "",
            tr("Theme, motion, devices, folders with models, autosaving"),
            [this](bool) {
                if (preferences_dialog_ == nullptr) {
                    preferences_dialog_ =
                        new PreferencesDialog(session_, preferences_, dialogs_, this);
                    connect(preferences_dialog_,
                            &PreferencesDialog::appearanceChanged,
                            this,
                            &MainWindow::showAppearance);
                    connect(this,
                            &MainWindow::appearanceChanged,
                            preferences_dialog_,
                            &PreferencesDialog::refresh);
                }
                preferences_dialog_->present();
            }};
}

void MainWindow::connectPreferences() {
    session_->files.setAutosaveSeconds(preferences_->autosaveSeconds());
    // Desktops keep it in files; whoever changed it comes back from there to this window.
    connect(qApp, &QGuiApplication::applicationStateChanged, this, [this] {
        if (preferences_->reducedMotion() != actions_.at("reducedMotion")->isChecked()) {
            showAppearance();
        }
    });
}

}  // namespace prunescope
