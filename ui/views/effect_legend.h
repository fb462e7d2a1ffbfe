#pragma once

#include "core/engine/attribution.h"
#include "ui/selection.h"
#include "ui/views/overlay_settings.h"

#include <array>
#include <memory>

#include <QWidget>

class QLabel;

namespace prunescope {

class EyeButton;

/// What the marks of single tokens' effects mean, and how many there are; gone while none is known.
class EffectLegend : public QWidget {
    Q_OBJECT

public:
    EffectLegend(SelectionModel* selection, OverlaySettings* overlay, QWidget* parent = nullptr);

    void showEffects(std::shared_ptr<const Attribution> found);

private:
    enum Row { For, Against, Other, Attention, kRows };

    void addRow(Row row, const QString& name, const QString& help);
    EyeButton* addEye(Row row, const QString& name, bool OverlayOptions::*shown);
    void refresh();

    SelectionModel* selection_;
    OverlaySettings* overlay_;
    std::shared_ptr<const Attribution> found_;
    std::array<QLabel*, kRows> swatches_{};
    std::array<QLabel*, kRows> names_{};
    std::array<QLabel*, kRows> counts_{};
    EyeButton* effects_eye_ = nullptr;
    EyeButton* attention_eye_ = nullptr;
};

}  // namespace prunescope
