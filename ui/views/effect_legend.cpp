#include "ui/views/effect_legend.h"

#include "ui/views/effect_marks.h"
#include "ui/views/effect_words.h"
#include "ui/views/eye_button.h"
#include "ui/views/swatch.h"

#include <utility>

#include <QGridLayout>
#include <QLabel>
#include <QLocale>

namespace prunescope {

EffectLegend::EffectLegend(SelectionModel* selection, OverlaySettings* overlay, QWidget* parent)
    : QWidget(parent), selection_(selection), overlay_(overlay) {
    setObjectName("effectLegend");
    setAccessibleName(tr("Legend of what tokens did to the answer"));
    auto* grid = new QGridLayout(this);
    grid->setContentsMargins(8, 6, 8, 0);
    grid->setVerticalSpacing(3);
    grid->setColumnStretch(1, 1);
    addRow(For, "for", tr("Without it the answer is less likely. Longest bar: largest effect."));
    addRow(Against, "against", tr("Without it the answer is more likely."));
    addRow(Other, "other", tr("Without it, or with it put back, the answer is another one."));
    addRow(Attention,
           "attention",
           tr("The square's area is the attention that the chosen answer token pays to the token, "
              "mean over heads and layers. Choose one by a click on the answer."));
    effects_eye_ = addEye(For, "effects", &OverlayOptions::effects);
    effects_eye_->setAccessibleName(tr("Show what tokens did to the answer"));
    attention_eye_ = addEye(Attention, "attention", &OverlayOptions::attention);
    attention_eye_->setAccessibleName(tr("Show attention"));
    connect(selection_, &SelectionModel::answerTokenChanged, this, &EffectLegend::refresh);
    connect(overlay_, &OverlaySettings::changed, this, &EffectLegend::refresh);
    refresh();
}

void EffectLegend::addRow(Row row, const QString& name, const QString& help) {
    auto* grid = static_cast<QGridLayout*>(layout());
    const auto i = static_cast<std::size_t>(row);
    swatches_[i] = new QLabel(this);
    swatches_[i]->setPixmap(
        swatchOf(devicePixelRatioF(), [row](QPainter& painter, const QRectF& area) {
            painter.fillRect(area.adjusted(1, 1, -1, -1), QColor(kSwatchGround));
            if (row == Attention) {
                paintAttention(painter, area, 0.5);
            } else {
                paintEffect(painter, area, row == Against ? -0.8 : 0.8, row == Other);
            }
        }));
    names_[i] = new QLabel(this);
    counts_[i] = new QLabel(this);
    counts_[i]->setObjectName("effectCount_" + name);
    counts_[i]->setAlignment(Qt::AlignRight | Qt::AlignVCenter);
    int column = 0;
    for (QLabel* part : {swatches_[i], names_[i], counts_[i]}) {
        part->setToolTip(help);
        grid->addWidget(part, row, column++);
    }
}

EyeButton* EffectLegend::addEye(Row row, const QString& name, bool OverlayOptions::*shown) {
    auto* eye = new EyeButton("legendEye_" + name, this);
    eye->setToolTip(tr("Show or hide on the picture"));
    static_cast<QGridLayout*>(layout())->addWidget(eye, row, 3);
    connect(eye, &EyeButton::clicked, this, [this, shown](bool is_shown) {
        OverlayOptions options = overlay_->options();
        options.*shown = is_shown;
        overlay_->setOptions(options);
    });
    return eye;
}

void EffectLegend::showEffects(std::shared_ptr<const Attribution> found) {
    if (found_ != found) {
        found_ = std::move(found);
        refresh();
    }
}

void EffectLegend::refresh() {
    effects_eye_->setChecked(overlay_->options().effects);
    attention_eye_->setChecked(overlay_->options().attention);
    attention_eye_->setEnabled(selection_->answerToken() >= 0);
    setVisible(found_ != nullptr);
    if (!found_) {
        return;
    }
    const int token = selection_->answerToken();
    std::array<int, kRows> counts{};
    for (const TokenEffect& effect : found_->effects) {
        const double support = supportOf(effect, token);
        counts[For] += support > 0 ? 1 : 0;
        counts[Against] += support < 0 ? 1 : 0;
        counts[Other] += flips(effect, token) ? 1 : 0;
    }
    const bool is_whole = token < 0;
    const QString piece = QStringLiteral("“%1”").arg(answerPiece(found_->answer, token));
    names_[For]->setText(is_whole ? tr("Speaks for the answer") : tr("Speaks for %1").arg(piece));
    names_[Against]->setText(is_whole ? tr("Speaks against it")
                                      : tr("Speaks against %1").arg(piece));
    names_[Other]->setText(is_whole ? tr("Decides the answer") : tr("Decides %1").arg(piece));
    names_[Attention]->setText(is_whole ? tr("Attention, of an answer token")
                                        : tr("Attention of %1").arg(piece));
    for (const Row row : {For, Against, Other}) {
        counts_[row]->setText(locale().toString(counts[row]));
    }
}

}  // namespace prunescope
