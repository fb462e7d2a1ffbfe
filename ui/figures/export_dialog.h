#pragma once

#include "ui/figures/exporter.h"
#include "ui/services/dialogs.h"
#include "ui/services/preferences.h"

#include <QDialog>

class QComboBox;
class QLabel;
class QLineEdit;
class QPushButton;

namespace prunescope {

/// Asks what to export, as what and where; remembers folder, formats and resolution. Blocks
/// nothing, and stays open when writing failed, with the reason and what to do.
class ExportDialog : public QDialog {
    Q_OBJECT

public:
    /// None is owned; all must outlive the dialog.
    ExportDialog(FigureExporter* exporter,
                 Preferences* preferences,
                 Dialogs* dialogs,
                 QWidget* parent = nullptr);

    void present(FigureKind kind);

private:
    FigureKind kind() const;
    QString ending() const;
    void takeKind();
    void suggestPath();
    void browse();
    void write();
    void showState();

    FigureExporter* exporter_;
    Preferences* preferences_;
    Dialogs* dialogs_;
    QComboBox* kind_;
    QComboBox* format_;
    QComboBox* dpi_;
    QLineEdit* path_;
    QLabel* note_;
    QPushButton* copy_;
    QPushButton* write_;
    QString writing_;  ///< path that is being written; "" none
};

}  // namespace prunescope
