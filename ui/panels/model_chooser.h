#pragma once

#include "core/model/discover.h"
#include "ui/services/background.h"
#include "ui/services/dialogs.h"
#include "ui/services/preferences.h"

#include <vector>

#include <QDialog>

class QLabel;
class QPushButton;
class QTreeWidget;

namespace prunescope {

/// Models that can be opened: bundled, recent, from the Hugging Face cache, or any folder. Does not
/// block the window; folders are looked through on a worker.
class ModelChooser : public QDialog {
    Q_OBJECT

public:
    ModelChooser(Preferences* preferences, Dialogs* dialogs, QWidget* parent = nullptr);

    /// Shows the dialog and looks again.
    void present();

Q_SIGNALS:
    void modelChosen(const QString& directory);

private:
    struct Group {
        QString title;
        std::vector<ModelCandidate> candidates;
    };

    void showGroups(const std::vector<Group>& groups);
    void showSelected();
    void openSelected();

    Preferences* preferences_;
    Dialogs* dialogs_;
    QTreeWidget* list_;
    QLabel* note_;
    QPushButton* open_;
    Background files_;
};

}  // namespace prunescope
