#pragma once

#include "ui/services/dialogs.h"
#include "ui/services/preferences.h"
#include "ui/session.h"

#include <QDialog>

class QCheckBox;
class QComboBox;
class QLabel;
class QListWidget;
class QPushButton;
class QSpinBox;

namespace prunescope {

/// What the dialog sets, as one value: cancelling and the defaults each go to one.
struct PreferenceValues {
    Appearance appearance = Appearance::System;
    bool high_contrast = false;
    std::optional<bool> reduced_motion;  ///< none: as the desktop
    bool live = true;
    std::optional<bool> compute_ahead;  ///< none: where a run is quick
    QString device = "auto";
    QString dtype = "auto";
    QStringList model_folders;
    int autosave_s = Preferences::kAutosaveSeconds;  ///< 0: never

    bool operator==(const PreferenceValues&) const = default;
};

/// The preferences, in force as soon as they are changed; what menus and panels set as well is the
/// same state and follows. Close keeps, Cancel and Esc take back all since the dialog was opened.
class PreferencesDialog : public QDialog {
    Q_OBJECT

public:
    /// None is owned.
    PreferencesDialog(Session* session,
                      Preferences* preferences,
                      Dialogs* dialogs,
                      QWidget* parent = nullptr);

    void present();

    /// Shows what is in force now.
    void refresh();

    void reject() override;

Q_SIGNALS:
    void appearanceChanged();  ///< theme, contrast or motion, in the preferences

private:
    QWidget* makeAppearance();
    QWidget* makeComputing();
    QWidget* makeModels();
    QWidget* makeSessions();
    QLayout* makeButtons();
    QComboBox* combo(const char* name, const QString& title, const QString& tip);
    PreferenceValues inForce() const;
    PreferenceValues onShow() const;
    void apply(const PreferenceValues& wanted);
    void takeControls();
    void addFolder();
    void removeFolder();

    Session* session_;
    Preferences* preferences_;
    Dialogs* dialogs_;
    PreferenceValues before_;  ///< as they were when the dialog was opened

    QComboBox* theme_ = nullptr;
    QCheckBox* contrast_ = nullptr;
    QComboBox* motion_ = nullptr;
    QCheckBox* live_ = nullptr;
    QComboBox* ahead_ = nullptr;
    QComboBox* device_ = nullptr;
    QComboBox* dtype_ = nullptr;
    QListWidget* folders_ = nullptr;
    QPushButton* remove_ = nullptr;
    QSpinBox* autosave_ = nullptr;
};

}  // namespace prunescope
