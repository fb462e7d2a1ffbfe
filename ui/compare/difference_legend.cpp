#include "ui/compare/difference_legend.h"

#include "ui/compare/linked_views.h"
#include "ui/views/effect_legend.h"
#include "ui/views/legend.h"
#include "ui/views/overlay_row.h"
#include "ui/views/swatch.h"

#include <algorithm>

#include <QGridLayout>
#include <QLabel>
#include <QLocale>
#include <QVBoxLayout>

namespace prunescope {

DifferenceLegend::DifferenceLegend(Document* document,
                                   SelectionModel* selection,
                                   Reference* reference,
                                   CompareSettings* compare,
                                   QWidget* parent)
    : QWidget(parent),
      document_(document),
      selection_(selection),
      reference_(reference),
      compare_(compare) {
    setObjectName("differenceLegend");
    setAccessibleName(tr("Legend of the difference"));
    auto* grid = new QGridLayout(this);
    grid->setContentsMargins(8, 6, 8, 6);
    grid->setVerticalSpacing(3);
    grid->setColumnStretch(1, 1);
    for (const PresenceStyle& style : presenceStyles()) {
        const int row = static_cast<int>(style.presence);
        auto* swatch = new QLabel(this);
        swatch->setPixmap(swatchOf(devicePixelRatioF(), [&](QPainter& painter, const QRectF& area) {
            paintPresenceSwatch(painter, area, style.presence);
        }));
        auto* label = new QLabel(presenceLabel(style.presence), this);
        auto* count = new QLabel(this);
        count->setObjectName(QString("differenceCount_%1").arg(row));
        count->setAlignment(Qt::AlignRight | Qt::AlignVCenter);
        for (QLabel* part : {swatch, label, count}) {
            part->setToolTip(presenceHelp(style.presence));
        }
        grid->addWidget(swatch, row, 0);
        grid->addWidget(label, row, 1);
        grid->addWidget(count, row, 2);
        counts_[static_cast<std::size_t>(row)] = count;
    }
    grid->setRowStretch(kPresenceCount, 1);
    connect(document_, &Document::traceChanged, this, &DifferenceLegend::refresh);
    connect(reference_, &Reference::traceChanged, this, &DifferenceLegend::refresh);
    connect(compare_, &CompareSettings::changed, this, &DifferenceLegend::refresh);
    connect(selection_, &SelectionModel::stageChanged, this, &DifferenceLegend::refresh);
    connect(selection_, &SelectionModel::viewChanged, this, &DifferenceLegend::refresh);
    refresh();
}

bool DifferenceLegend::applies() const {
    return compare_->mode() == CompareMode::Difference && reference_->trace() != nullptr &&
           document_->trace() != nullptr;
}

void DifferenceLegend::refresh() {
    setVisible(applies());
    Q_EMIT appliesChanged(applies());
    const auto i = static_cast<std::size_t>(std::max(0, selection_->view()));
    const TracePtr a = document_->trace();
    const TracePtr b = reference_->trace();
    if (!applies() || i >= a->views.size() || i >= b->views.size()) {
        return;
    }
    const ViewTrace& view_a = a->views[i];
    const ViewTrace& view_b = b->views[i];
    const int stage = selection_->stage();
    const std::vector<Presence> presence =
        presenceOf(view_a, stage, view_b, linkedStage(view_a, stage, view_b));
    for (const PresenceStyle& style : presenceStyles()) {
        counts_[static_cast<std::size_t>(style.presence)]->setText(locale().toString(
            static_cast<int>(std::count(presence.begin(), presence.end(), style.presence))));
    }
}

QWidget* makeLegends(Session* session, QWidget* parent) {
    auto* all = new QWidget(parent);
    all->setObjectName(QStringLiteral("legends"));
    auto* column = new QVBoxLayout(all);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(0);
    auto* difference = new DifferenceLegend(&session->document,
                                            &session->selection,
                                            &session->reference,
                                            &session->compare_settings,
                                            all);
    auto* fates = new Legend(&session->document, &session->selection, &session->overlay, all);
    auto* effects = new EffectLegend(&session->selection, &session->overlay, all);
    column->addWidget(new OverlayRow(&session->overlay, all));
    column->addWidget(effects);
    column->addWidget(difference);
    column->addWidget(fates, 1);
    QObject::connect(&session->attribution, &TokenAttribution::changed, effects, [=] {
        effects->showEffects(session->attribution.shown());
    });
    QObject::connect(difference, &DifferenceLegend::appliesChanged, fates, &QWidget::setHidden);
    return all;
}

}  // namespace prunescope
