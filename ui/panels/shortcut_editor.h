#pragma once

#include "ui/services/shortcuts.h"

#include <QDialog>

class QKeySequenceEdit;
class QLabel;
class QLineEdit;
class QPushButton;
class QTreeWidget;

namespace prunescope {

/// All commands with their keys; a key is typed, and what else listens to it is said before it
/// changes hands.
class ShortcutEditor : public QDialog {
    Q_OBJECT

public:
    explicit ShortcutEditor(Shortcuts* shortcuts, QWidget* parent = nullptr);

private:
    QString current() const;
    void fill();
    void showCurrent();
    void showConflict();

    Shortcuts* shortcuts_;
    QLineEdit* filter_;
    QTreeWidget* list_;
    QKeySequenceEdit* keys_;
    QLabel* note_;
    QPushButton* assign_;
    QPushButton* clear_;
    QPushButton* reset_;
};

}  // namespace prunescope
