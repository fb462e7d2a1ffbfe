#include "ui/compare/compare_bar.h"

#include <QHBoxLayout>
#include <QLabel>
#include <QToolButton>

namespace prunescope {

namespace {

constexpr std::array kModes{
    CompareMode::Current, CompareMode::Split, CompareMode::SideBySide, CompareMode::Difference};

}  // namespace

CompareBar::CompareBar(Reference* reference, CompareSettings* settings, QWidget* parent)
    : QWidget(parent), reference_(reference), settings_(settings), text_(new QLabel(this)) {
    setObjectName("compareBar");
    auto* row = new QHBoxLayout(this);
    row->setContentsMargins(6, 2, 6, 0);
    row->setSpacing(2);
    const std::array<std::array<QString, 3>, 4> texts{{
        {"modeCurrent", tr("A"), tr("A alone; hold Shift on the picture to see B (Alt+1)")},
        {"modeSplit", tr("Split"), tr("A left and B right of a line to drag (Alt+2)")},
        {"modeSideBySide", tr("Side by side"), tr("Two pictures that move together (Alt+3)")},
        {"modeDifference", tr("Difference"), tr("What only A keeps, only B, or both (Alt+4)")},
    }};
    for (std::size_t i = 0; i < kModes.size(); ++i) {
        modes_[i] = addButton(texts[i][0], texts[i][1], texts[i][2]);
        modes_[i]->setCheckable(true);
        connect(modes_[i], &QToolButton::clicked, this, [this, mode = kModes[i]] {
            settings_->setMode(mode);
            Q_EMIT modeChosen();
            refresh();  // a second click must not release the button
        });
    }
    text_->setObjectName("compareText");
    text_->setSizePolicy(QSizePolicy::Ignored, QSizePolicy::Preferred);
    text_->setContentsMargins(8, 0, 8, 0);
    row->addWidget(text_, 1);
    swap_ = addButton("swapSides", tr("Swap"), {});
    connect(swap_, &QToolButton::clicked, reference_, &Reference::swap);
    QToolButton* close =
        addButton("closeReference", tr("Close B"), tr("Compare no longer (can be undone)"));
    connect(close, &QToolButton::clicked, reference_, &Reference::close);
    connect(reference_, &Reference::inputsChanged, this, &CompareBar::refresh);
    connect(reference_, &Reference::traceChanged, this, &CompareBar::refresh);
    connect(settings_, &CompareSettings::changed, this, &CompareBar::refresh);
    refresh();
}

QToolButton* CompareBar::addButton(const QString& name, const QString& text, const QString& tip) {
    auto* button = new QToolButton(this);
    button->setObjectName(name);
    button->setText(text);
    button->setToolTip(tip);
    button->setAutoRaise(true);
    button->setFocusPolicy(Qt::TabFocus);
    layout()->addWidget(button);
    return button;
}

QString CompareBar::said() const {
    if (!reference_->error().isEmpty()) {
        return tr("B failed: %1").arg(reference_->error());
    }
    const TracePtr trace = reference_->trace();
    if (reference_->isFrozen()) {
        return trace ? tr("B: %1, kept from another model").arg(reference_->title())
                     : tr("B: %1, of another picture: open its model to see it here")
                           .arg(reference_->title());
    }
    return trace && trace->answer.complete ? tr("B: %1").arg(reference_->title())
                                           : tr("B: %1, being computed").arg(reference_->title());
}

void CompareBar::setGridShown(bool shown) {
    is_grid_shown_ = shown;
    refresh();
}

void CompareBar::refresh() {
    setVisible(reference_->isSet());
    for (std::size_t i = 0; i < kModes.size(); ++i) {
        modes_[i]->setChecked(!is_grid_shown_ && settings_->mode() == kModes[i]);
    }
    const QString reason = reference_->whyNotSwap();
    swap_->setEnabled(reason.isEmpty());
    swap_->setToolTip(reason.isEmpty() ? tr("A takes B's settings and B takes A's (X)") : reason);
    if (reference_->isSet()) {
        text_->setText(said());
        text_->setToolTip(said());
    }
}

}  // namespace prunescope
