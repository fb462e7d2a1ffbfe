#include "ui/panels/hardware_panel.h"

#include <QComboBox>
#include <QHBoxLayout>
#include <QLabel>
#include <QSignalBlocker>

namespace prunescope {

namespace {

QString titleOfDevice(const QString& device) {
    if (device == "auto") {
        return HardwarePanel::tr("Automatic");
    }
    if (device == "cpu") {
        return HardwarePanel::tr("CPU");
    }
    const QString number = device.section(':', 1);
    return number.isEmpty() ? HardwarePanel::tr("GPU") : HardwarePanel::tr("GPU %1").arg(number);
}

void select(QComboBox* combo, const QString& value, const QString& title) {
    const QSignalBlocker quiet(combo);
    if (combo->findData(value) < 0) {
        combo->addItem(title, value);
    }
    combo->setCurrentIndex(combo->findData(value));
}

}  // namespace

HardwarePanel::HardwarePanel(Controller* controller, QWidget* parent)
    : QWidget(parent), controller_(controller) {
    setObjectName("hardwarePanel");
    auto* label = new QLabel(tr("Runs on"), this);
    device_ = makeCombo("device",
                        tr("Device"),
                        tr("Where the model runs; a change loads it again. Automatic takes a GPU "
                           "when LibTorch sees one, and GPU says so when it does not."));
    dtype_ =
        makeCombo("precision",
                  tr("Precision"),
                  tr("Numbers the model computes with; a change loads it again. bf16 needs half "
                     "the memory of fp32."));
    label->setBuddy(device_);
    for (const char* device : {"auto", "cpu", "cuda"}) {
        device_->addItem(titleOfDevice(device), device);
    }
    dtype_->addItem(tr("Automatic"), "auto");
    for (const char* dtype : {"fp32", "bf16", "fp16"}) {
        dtype_->addItem(dtype, dtype);
    }
    auto* row = new QHBoxLayout(this);
    row->setContentsMargins(8, 2, 8, 6);
    row->addWidget(label);
    row->addWidget(device_, 1);
    row->addWidget(dtype_, 1);
    connect(controller_, &Controller::hardwareChanged, this, &HardwarePanel::showHardware);
    showHardware();
}

QComboBox* HardwarePanel::makeCombo(const QString& name, const QString& title, const QString& tip) {
    auto* combo = new QComboBox(this);
    combo->setObjectName(name);
    combo->setAccessibleName(title);
    combo->setToolTip(tip);
    combo->setSizeAdjustPolicy(QComboBox::AdjustToMinimumContentsLengthWithIcon);
    combo->setMinimumContentsLength(5);
    connect(combo, &QComboBox::activated, this, &HardwarePanel::choose);
    return combo;
}

void HardwarePanel::choose() {
    Hardware hardware = controller_->hardware();
    hardware.device = device_->currentData().toString();
    hardware.dtype = dtype_->currentData().toString();
    controller_->runOn(hardware);
}

void HardwarePanel::showHardware() {
    const Hardware& hardware = controller_->hardware();
    select(device_, hardware.device, titleOfDevice(hardware.device));
    select(dtype_, hardware.dtype, hardware.dtype);
}

}  // namespace prunescope
