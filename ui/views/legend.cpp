#include "ui/views/legend.h"

#include "core/trace/patch_rules.h"
#include "ui/views/eye_button.h"
#include "ui/views/overlay_painter.h"
#include "ui/views/rule_marks.h"
#include "ui/views/swatch.h"

#include <algorithm>

#include <QGridLayout>
#include <QLabel>
#include <QLocale>
#include <QPainter>

namespace prunescope {

Legend::Legend(Document* document,
               SelectionModel* selection,
               OverlaySettings* overlay,
               QWidget* parent)
    : QWidget(parent), document_(document), selection_(selection), overlay_(overlay) {
    setObjectName(QStringLiteral("legend"));
    setAccessibleName(tr("Legend of the overlay"));
    auto* grid = new QGridLayout(this);
    grid->setContentsMargins(8, 3, 8, 4);
    grid->setVerticalSpacing(1);
    grid->setColumnStretch(1, 1);
    for (const FateStyle& style : fateStyles()) {
        addFateRow(style.fate);
    }
    addClusterRow();
    pinned_ = addRuleRow(QStringLiteral("pinned"),
                         &paintPin,
                         tr("Pinned by you"),
                         tr("Keeps a token of its own, whatever the method says. Key P."));
    banned_ = addRuleRow(QStringLiteral("banned"),
                         &paintBan,
                         tr("Banned by you"),
                         tr("Never keeps a token of its own. Key B."));
    const double ratio = devicePixelRatioF();
    addPlainRow(QStringLiteral("selected"),
                swatchOf(ratio,
                         [](QPainter& painter, const QRectF& area) {
                             painter.fillRect(area.adjusted(4, 4, -4, -4), QColor(kSwatchGround));
                             paintFocusFrame(painter, area.adjusted(5, 5, -5, -5), false);
                         }),
                tr("Selected (hovered: dashed)"));
    addPlainRow(QStringLiteral("padding"),
                swatchOf(ratio,
                         [](QPainter& painter, const QRectF& area) {
                             painter.fillRect(area, QColor(128, 128, 128, 60));
                             paintSparseDiagonals(painter, area, QColor(0x8a8a8a));
                         }),
                tr("Padding, or not seen"));
    grid->setRowStretch(grid->rowCount(), 1);
    connect(document_, &Document::traceChanged, this, &Legend::refreshCounts);
    connect(selection_, &SelectionModel::viewChanged, this, &Legend::refreshCounts);
    connect(selection_, &SelectionModel::stageChanged, this, &Legend::refreshCounts);
    connect(overlay_, &OverlaySettings::changed, this, &Legend::refreshEyes);
    connect(document_, &Document::settingsChanged, this, &Legend::refreshRules);
    connect(selection_, &SelectionModel::viewChanged, this, &Legend::refreshRules);
    refreshCounts();
    refreshRules();
    refreshEyes();
}

const ViewTrace* Legend::view() const {
    const TracePtr trace = document_->trace();
    const auto i = static_cast<std::size_t>(std::max(0, selection_->view()));
    return trace && i < trace->views.size() ? &trace->views[i] : nullptr;
}

Legend::Row Legend::addRow(const QString& name,
                           const QPixmap& swatch,
                           const QString& label,
                           const QString& help) {
    auto* grid = static_cast<QGridLayout*>(layout());
    const int at = grid->rowCount();
    auto* picture = new QLabel;
    picture->setPixmap(swatch);
    picture->setToolTip(help);
    auto* text = new QLabel(label);
    text->setToolTip(help);
    Row row;
    row.count = new QLabel;
    row.count->setObjectName(QStringLiteral("legendCount_") + name);
    row.count->setAlignment(Qt::AlignRight | Qt::AlignVCenter);
    row.eye = new EyeButton(QStringLiteral("legendEye_") + name);
    row.eye->setAccessibleName(tr("Show %1").arg(label));
    row.eye->setToolTip(tr("Show or hide. Right click: only this one."));
    grid->addWidget(picture, at, 0);
    grid->addWidget(text, at, 1);
    grid->addWidget(row.count, at, 2);
    grid->addWidget(row.eye, at, 3);
    for (QWidget* part : {static_cast<QWidget*>(picture), static_cast<QWidget*>(text)}) {
        part->setContextMenuPolicy(Qt::CustomContextMenu);
        connect(part, &QWidget::customContextMenuRequested, row.eye, [eye = row.eye] {
            Q_EMIT eye->customContextMenuRequested({});
        });
    }
    row.eye->setContextMenuPolicy(Qt::CustomContextMenu);
    return row;
}

void Legend::addFateRow(PatchFate fate) {
    const QPixmap swatch =
        swatchOf(devicePixelRatioF(), [fate](QPainter& painter, const QRectF& area) {
            paintSwatch(painter, area, fate);
            if (styleOf(fate).outline == Outline::None) {  // else it is lost in a dark window
                painter.setPen(QPen(QColor(0x808080), 1, Qt::DotLine));
                painter.drawRect(area.adjusted(0.5, 0.5, -0.5, -0.5));
            }
        });
    const Row row =
        addRow(QString::number(static_cast<int>(fate)), swatch, fateLabel(fate), fateHelp(fate));
    connect(row.eye, &EyeButton::clicked, this, [this, fate](bool shown) {
        OverlayOptions options = overlay_->options();
        options.setShown(fate, shown);
        overlay_->setOptions(options);
    });
    connect(row.eye, &QWidget::customContextMenuRequested, this, [this, fate] {
        overlay_->solo(fate);
    });
    rows_.push_back(row);
}

void Legend::addClusterRow() {
    const QPixmap swatch = swatchOf(devicePixelRatioF(), [](QPainter& painter, const QRectF& area) {
        paintClusterSwatch(painter, area, false);
    });
    const Row row = addRow(QStringLiteral("clusters"),
                           swatch,
                           tr("Cluster"),
                           tr("Tokens that stand for each other. The star marks the one kept."));
    connect(row.eye, &EyeButton::clicked, this, [this](bool shown) {
        OverlayOptions options = overlay_->options();
        options.clusters = shown;
        overlay_->setOptions(options);
    });
    connect(row.eye, &QWidget::customContextMenuRequested, this, [this] {
        OverlayOptions options = overlay_->options();
        const bool is_alone = std::none_of(
            options.show.begin(), options.show.end(), [](bool shown) { return shown; });
        options.show.fill(is_alone);
        options.clusters = true;
        overlay_->setOptions(options);
    });
    rows_.push_back(row);
}

void Legend::addPlainRow(const QString& name, const QPixmap& swatch, const QString& label) {
    const Row row = addRow(name, swatch, label, label);
    row.eye->hide();
    row.count->hide();
}

QLabel* Legend::addRuleRow(const QString& name,
                           void (*paint)(QPainter&, const QRectF&),
                           const QString& label,
                           const QString& help) {
    const QPixmap swatch =
        swatchOf(devicePixelRatioF(), [paint](QPainter& painter, const QRectF& area) {
            painter.fillRect(area.adjusted(1, 1, -1, -1), QColor(kSwatchGround));
            paint(painter, area);
        });
    const Row row = addRow(name, swatch, label, help);
    row.eye->hide();
    return row.count;
}

void Legend::refreshRules() {
    const PatchRules& rules = rulesOfView(
        document_->settings(), static_cast<std::size_t>(std::max(0, selection_->view())));
    pinned_->setText(locale().toString(rules.pinned.size()));
    banned_->setText(locale().toString(rules.banned.size()));
}

void Legend::refreshCounts() {
    const ViewTrace* now = view();
    const OverlayScene scene =
        now != nullptr ? makeScene(*now, selection_->stage()) : OverlayScene{};
    for (std::size_t i = 0; i < rows_.size(); ++i) {
        const int count = i < static_cast<std::size_t>(kFateCount)
                              ? scene.count(fateStyles()[i].fate)
                              : static_cast<int>(scene.clusters.size());
        const QString said = scene.isEmpty() ? QString() : locale().toString(count);
        if (rows_[i].count->text() != said) {
            rows_[i].count->setText(said);  // lays the column out
        }
    }
}

void Legend::refreshEyes() {
    const OverlayOptions& options = overlay_->options();
    for (std::size_t i = 0; i < rows_.size(); ++i) {
        rows_[i].eye->setChecked(i < options.show.size() ? options.show[i] : options.clusters);
    }
}

}  // namespace prunescope
