#pragma once

#include "ui/controller.h"

#include <QWidget>

class QComboBox;

namespace prunescope {

/// Device and precision of the model; a change loads it again.
class HardwarePanel : public QWidget {
    Q_OBJECT

public:
    HardwarePanel(Controller* controller, Document* document, QWidget* parent = nullptr);

private:
    QComboBox* makeCombo(const QString& name, const QString& title, const QString& tip);
    void choose();
    void showDevices();
    void showHardware();

    Controller* controller_;
    Document* document_;
    QComboBox* device_;
    QComboBox* dtype_;
};

}  // namespace prunescope
