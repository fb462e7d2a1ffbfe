#include "ui/panels/token_history_panel.h"

#include "ui/views/stage_labels.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include <QHeaderView>
#include <QLabel>
#include <QSignalBlocker>
#include <QTableWidget>
#include <QVBoxLayout>

namespace prunescope {

namespace {

constexpr std::size_t kSharesNamed = 2;
constexpr int kSharesOfReason = 3;  // of the table's width, beside one for each other column

QString text(const std::string& words) {
    return QString::fromStdString(words);
}

/// "L1 ACGR"
QString stageCell(const Site& site, const std::string& name) {
    return siteLabel(site) + " " + text(name);
}

QString shareList(const std::vector<HistoryShare>& shares) {
    QStringList parts;
    for (std::size_t i = 0; i < std::min(shares.size(), kSharesNamed); ++i) {
        const QString who = shares[i].patch < 0 ? TokenHistoryPanel::tr("extra token")
                                                : QStringLiteral("#%1").arg(shares[i].patch);
        parts << QStringLiteral("%1 %2 %").arg(who).arg(qRound(100 * shares[i].share));
    }
    if (shares.size() > kSharesNamed) {
        parts << TokenHistoryPanel::tr("%1 more").arg(shares.size() - kSharesNamed);
    }
    for (QString& part : parts) {
        part.replace(' ', QChar::Nbsp);  // lines end between patches
    }
    return parts.join(", ");
}

QString sizeText(double mass) {
    return mass > 0 ? QString::number(mass, 'g', 3) : QStringLiteral("–");
}

QString clusterCell(const HistoryRow& row) {
    if (row.cluster < 0) {
        return {};
    }
    const QString number = QString::number(row.cluster);
    return row.is_centre ? TokenHistoryPanel::tr("%1, centre").arg(number) : number;
}

QString roleText(StageRole role) {
    switch (role) {
        case StageRole::Stays:
            return TokenHistoryPanel::tr("stays");
        case StageRole::Anchor:
            return TokenHistoryPanel::tr("anchor");
        case StageRole::Context:
            return TokenHistoryPanel::tr("context");
        case StageRole::Dropped:
            return TokenHistoryPanel::tr("dropped");
        case StageRole::Member:
            return TokenHistoryPanel::tr("member");
        case StageRole::Chosen:
            return TokenHistoryPanel::tr("representative");
        case StageRole::Reselected:
            return TokenHistoryPanel::tr("re-selected");
        case StageRole::Evicted:
            return TokenHistoryPanel::tr("evicted");
    }
    return {};
}

/// Columns that say nothing about these patches are hidden, and the last, which says why, takes the
/// room that is left: nobody has to scroll sideways. Where that would be too little for words, long
/// columns give some of theirs, and all wrap.
void fitColumns(QTableWidget& table) {
    const int last = table.columnCount() - 1;
    if (last < 0) {
        return;
    }
    QHeaderView& header = *table.horizontalHeader();
    int shown = 0;
    for (int c = 0; c <= last; ++c) {
        bool says_nothing = true;
        for (int row = 0; row < table.rowCount() && says_nothing; ++row) {
            const QString said = table.item(row, c)->text();
            says_nothing = said.isEmpty() || said == sizeText(0);
        }
        header.setSectionHidden(c, c > 0 && c < last && says_nothing);
        header.setSectionResizeMode(c, QHeaderView::Interactive);
        shown += header.isSectionHidden(c) ? 0 : 1;
    }
    table.resizeColumnsToContents();
    const int room = table.viewport()->width();
    const int fair = room / std::max(1, shown + kSharesOfReason - 1);
    int taken = 0;
    for (int c = 0; c < last; ++c) {
        taken += header.sectionSize(c);
    }
    for (int c = 0; c < last && room - taken < kSharesOfReason * fair; ++c) {
        const int enough = fair * 3 / 2;
        if (header.sectionSize(c) > enough) {
            taken -= header.sectionSize(c) - enough;
            header.resizeSection(c, enough);
        }
    }
    header.setSectionResizeMode(last, QHeaderView::Stretch);
    table.resizeRowsToContents();
}

}  // namespace

TokenHistoryPanel::TokenHistoryPanel(Document* document, SelectionModel* selection, QWidget* parent)
    : QWidget(parent),
      document_(document),
      selection_(selection),
      title_(new QLabel(this)),
      table_(new QTableWidget(this)),
      reason_(new QLabel(this)) {
    setObjectName("tokenHistory");
    title_->setObjectName("tokenHistoryTitle");
    title_->setWordWrap(true);
    reason_->setObjectName("tokenHistoryReason");
    reason_->setWordWrap(true);
    reason_->setTextInteractionFlags(Qt::TextSelectableByMouse);
    table_->setObjectName("tokenHistoryTable");
    table_->setAccessibleName(tr("History of the selected patches, stage by stage"));
    table_->setSelectionBehavior(QAbstractItemView::SelectRows);
    table_->setSelectionMode(QAbstractItemView::SingleSelection);
    table_->setEditTriggers(QAbstractItemView::NoEditTriggers);
    table_->setAlternatingRowColors(true);
    table_->setTabKeyNavigation(false);
    table_->verticalHeader()->hide();
    table_->verticalHeader()->setMinimumSectionSize(fontMetrics().height() + 8);
    table_->horizontalHeader()->setHighlightSections(false);
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(8, 6, 8, 6);
    column->setSpacing(4);
    column->addWidget(title_);
    column->addWidget(table_, 1);
    column->addWidget(reason_);
    connect(table_, &QTableWidget::currentCellChanged, this, [this](int row) {
        if (row >= 0 && static_cast<std::size_t>(row) < stages_.size()) {
            selection_->setStage(stages_[static_cast<std::size_t>(row)]);
            showReason(row);
        }
    });
    connect(document_, &Document::traceChanged, this, &TokenHistoryPanel::refresh);
    connect(selection_, &SelectionModel::patchesChanged, this, &TokenHistoryPanel::refresh);
    connect(selection_, &SelectionModel::viewChanged, this, &TokenHistoryPanel::refresh);
    connect(selection_, &SelectionModel::stageChanged, this, &TokenHistoryPanel::followStage);
    refresh();
}

void TokenHistoryPanel::refresh() {
    const TracePtr trace = document_->trace();
    const auto view = static_cast<std::size_t>(selection_->view());
    std::vector<std::int32_t> patches;
    if (trace && view < trace->views.size()) {
        const int n = trace->views[view].grid.count();
        std::ranges::copy_if(selection_->patches(), std::back_inserter(patches), [n](int patch) {
            return patch >= 0 && patch < n;
        });
    }
    if (patches.empty()) {
        title_->setText(trace ? tr("Select a patch on the picture to see what every stage did with "
                                   "it; drag with Shift for a region.")
                              : tr("No result yet"));
        fill({}, {}, {}, {});
    } else if (patches.size() == 1) {
        showToken(tokenHistory(*trace, view, patches.front()));
    } else {
        showRegion(regionHistory(*trace, view, patches));
    }
    table_->setVisible(!patches.empty());
    reason_->setVisible(!patches.empty());
}

void TokenHistoryPanel::showToken(const TokenHistory& history) {
    title_->setText(tr("<b>Patch %1</b> · row %2, column %3 · %4")
                        .arg(history.patch)
                        .arg(history.row)
                        .arg(history.column)
                        .arg(text(history.outcome).toHtmlEscaped()));
    std::vector<QStringList> cells;
    std::vector<int> stages;
    QStringList reasons;
    for (const HistoryRow& row : history.rows) {
        cells.push_back({stageCell(row.site, row.name),
                         row.rank > 0 ? tr("%1 of %2").arg(row.rank).arg(row.ranked) : QString(),
                         row.score ? QString::number(*row.score, 'g', 3) : QString(),
                         roleText(row.role),
                         shareList(row.sent),
                         shareList(row.received),
                         sizeText(row.mass_after),
                         clusterCell(row),
                         text(row.reason)});
        stages.push_back(row.stage);
        reasons << text(row.reason);
    }
    fill({tr("Stage"),
          tr("Rank"),
          tr("Score"),
          tr("Role"),
          tr("Went to"),
          tr("Came from"),
          tr("Size"),
          tr("Cluster"),
          tr("Why")},
         cells,
         std::move(stages),
         reasons);
}

void TokenHistoryPanel::showRegion(const RegionHistory& history) {
    const QString cluster =
        history.cluster >= 0 ? tr(" · cluster %1").arg(history.cluster) : QString();
    title_->setText(tr("<b>%1 patches</b>%2 · %3")
                        .arg(history.patches.size())
                        .arg(cluster, text(history.outcome).toHtmlEscaped()));
    std::vector<QStringList> cells;
    std::vector<int> stages;
    QStringList reasons;
    for (const RegionRow& row : history.rows) {
        cells.push_back(
            {stageCell(row.site, row.name),
             tr("%1 → %2").arg(row.before).arg(row.after),
             row.best_rank > 0 ? tr("%1 (#%2)").arg(row.best_rank).arg(row.best_patch) : QString(),
             sizeText(row.mass_after),
             sizeText(row.sent_inside),
             sizeText(row.sent_outside),
             sizeText(row.from_outside),
             text(row.reason)});
        stages.push_back(row.stage);
        reasons << text(row.reason);
    }
    fill({tr("Stage"),
          tr("Tokens"),
          tr("Best rank"),
          tr("Size"),
          tr("Sent inside"),
          tr("Sent outside"),
          tr("From outside"),
          tr("Why")},
         cells,
         std::move(stages),
         reasons);
}

void TokenHistoryPanel::fill(const QStringList& titles,
                             const std::vector<QStringList>& cells,
                             std::vector<int> stages,
                             QStringList reasons) {
    const QSignalBlocker quiet(table_);
    stages_ = std::move(stages);
    reasons_ = std::move(reasons);
    table_->clear();
    table_->setColumnCount(static_cast<int>(titles.size()));
    table_->setHorizontalHeaderLabels(titles);
    table_->setRowCount(static_cast<int>(cells.size()));
    for (int row = 0; row < table_->rowCount(); ++row) {
        const QStringList& texts = cells[static_cast<std::size_t>(row)];
        for (int cell = 0; cell < texts.size(); ++cell) {
            auto* item = new QTableWidgetItem(texts[cell]);
            item->setToolTip(reasons_[row]);
            table_->setItem(row, cell, item);
        }
    }
    fitColumns(*table_);
    followStage();
}

void TokenHistoryPanel::resizeEvent(QResizeEvent* event) {
    QWidget::resizeEvent(event);
    layout()->activate();  // the table's new width counts
    fitColumns(*table_);
}

void TokenHistoryPanel::followStage() {
    const QSignalBlocker quiet(table_);
    const auto found = std::ranges::find(stages_, selection_->stage());
    const int row = found == stages_.end() ? -1 : static_cast<int>(found - stages_.begin());
    if (row < 0) {
        table_->setCurrentItem(nullptr);
        table_->clearSelection();
    } else if (table_->currentRow() != row) {
        table_->setCurrentCell(row, 0);
    }
    showReason(row >= 0 ? row : static_cast<int>(reasons_.size()) - 1);
}

void TokenHistoryPanel::showReason(int row) {
    const bool is_there = row >= 0 && row < reasons_.size();
    reason_->setText(is_there ? table_->item(row, 0)->text() + QStringLiteral(": ") + reasons_[row]
                              : QString());
}

}  // namespace prunescope
