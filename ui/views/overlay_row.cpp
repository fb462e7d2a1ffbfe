#include "ui/views/overlay_row.h"

#include "ui/views/eye_button.h"

#include <QHBoxLayout>
#include <QLabel>
#include <QSignalBlocker>
#include <QSlider>

namespace prunescope {

OverlayRow::OverlayRow(OverlaySettings* overlay, QWidget* parent)
    : QWidget(parent),
      overlay_(overlay),
      opacity_(new QSlider(Qt::Horizontal)),
      percent_(new QLabel),
      eye_(new EyeButton(QStringLiteral("overlayEye"))) {
    setObjectName(QStringLiteral("overlayRow"));
    auto* title = new QLabel(tr("Overlay"));
    title->setBuddy(opacity_);
    const QString help = tr("How strongly marks cover the picture. Ctrl+wheel on the picture.");
    title->setToolTip(help);
    opacity_->setObjectName(QStringLiteral("overlayOpacity"));
    opacity_->setAccessibleName(tr("Opacity of the overlay, per cent"));
    opacity_->setToolTip(help);
    opacity_->setRange(0, 100);
    opacity_->setPageStep(10);
    percent_->setAlignment(Qt::AlignRight | Qt::AlignVCenter);
    percent_->setFixedWidth(percent_->fontMetrics().horizontalAdvance(tr("%1 %").arg(1000)));
    eye_->setAccessibleName(tr("Show the overlay"));
    eye_->setToolTip(tr("Show or hide all marks. Key C on the picture."));
    auto* row = new QHBoxLayout(this);
    row->setContentsMargins(8, 4, 8, 0);
    row->addWidget(title);
    row->addWidget(opacity_, 1);
    row->addWidget(percent_);
    row->addWidget(eye_);
    connect(opacity_, &QSlider::valueChanged, this, [this](int percent) {
        OverlayOptions options = overlay_->options();
        options.opacity = percent / 100.0;
        overlay_->setOptions(options);
    });
    connect(eye_, &QToolButton::clicked, this, [this](bool shown) {
        OverlayOptions options = overlay_->options();
        options.on = shown;
        overlay_->setOptions(options);
    });
    connect(overlay_, &OverlaySettings::changed, this, &OverlayRow::refresh);
    refresh();
}

void OverlayRow::refresh() {
    const OverlayOptions& options = overlay_->options();
    const int percent = qRound(options.opacity * 100);
    const QSignalBlocker quiet(opacity_);
    opacity_->setValue(percent);
    opacity_->setEnabled(options.on);
    percent_->setText(tr("%1 %").arg(percent));
    eye_->setChecked(options.on);
}

}  // namespace prunescope
