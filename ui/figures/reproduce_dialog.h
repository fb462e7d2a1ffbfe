#pragma once

#include "ui/figures/reproduction.h"
#include "ui/services/dialogs.h"

#include <QDialog>

class QLabel;
class QPushButton;

namespace prunescope {

/// Says what a figure needs and what of it was found, asks for what was not, and restores. Opens
/// by itself when a figure was read.
class ReproduceDialog : public QDialog {
    Q_OBJECT

public:
    /// None is owned; all must outlive the dialog.
    ReproduceDialog(FigureReproduction* reproduction, Dialogs* dialogs, QWidget* parent = nullptr);

Q_SIGNALS:
    void openAsPicture(const QString& path);

private:
    void showNeeds();

    FigureReproduction* reproduction_;
    QLabel* figure_;
    QLabel* picture_;
    QLabel* model_;
    QLabel* settings_;
    QLabel* prompt_;
    QLabel* note_;
    QPushButton* locate_picture_;
    QPushButton* locate_model_;
    QPushButton* as_picture_;
    QPushButton* restore_;
};

}  // namespace prunescope
