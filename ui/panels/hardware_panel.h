#pragma once

#include "ui/controller.h"

#include <QWidget>

class QComboBox;

namespace prunescope {

/// Device and precision of the model; a change loads it again.
class HardwarePanel : public QWidget {
    Q_OBJECT

public:
    explicit HardwarePanel(Controller* controller, QWidget* parent = nullptr);

private:
    QComboBox* makeCombo(const QString& name, const QString& title, const QString& tip);
    void choose();
    void showHardware();

    Controller* controller_;
    QComboBox* device_;
    QComboBox* dtype_;
};

}  // namespace prunescope
