#pragma once

#include "ui/views/overlay_settings.h"

#include <QWidget>

class QLabel;
class QSlider;

namespace prunescope {

class EyeButton;

/// How strongly the overlay covers the picture, and whether it does at all: on top of the legends.
class OverlayRow : public QWidget {
    Q_OBJECT

public:
    explicit OverlayRow(OverlaySettings* overlay, QWidget* parent = nullptr);

private:
    void refresh();

    OverlaySettings* overlay_;
    QSlider* opacity_;
    QLabel* percent_;
    EyeButton* eye_;
};

}  // namespace prunescope
