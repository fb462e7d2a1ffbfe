#pragma once

#include "ui/document.h"
#include "ui/selection.h"

#include <QTimer>
#include <QWidget>

class QLabel;
class QProgressBar;
class QPushButton;

namespace prunescope {

/// The values of tau for which the outcome stays what it is in all views; "" when tau decides
/// nothing.
QString validityOf(const RunTrace& trace);

/// State, model, what the pointer is on, validity of tau, progress and Cancel. A run shows once it
/// has lasted a moment: those of a dragged slider are over before, and nothing flickers.
class StatusLine : public QWidget {
    Q_OBJECT

public:
    StatusLine(Document* document, SelectionModel* selection, QWidget* parent = nullptr);

Q_SIGNALS:
    void cancelRequested();
    void modelsRequested();

private:
    void takeState();
    void showState();
    void announceEnd();
    void showModel();
    void showPointer();
    void showValidity();

    Document* document_;
    SelectionModel* selection_;
    RunState last_state_ = RunState::NoModel;
    QLabel* dot_;
    QLabel* state_;
    QPushButton* choose_;
    QLabel* model_;
    QLabel* pointer_;
    QLabel* validity_;
    QProgressBar* bar_;
    QPushButton* cancel_;
    QTimer soon_;
};

}  // namespace prunescope
