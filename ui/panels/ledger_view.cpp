#include "ui/panels/ledger_view.h"

#include <QHeaderView>
#include <QLabel>
#include <QTableView>
#include <QVBoxLayout>

namespace prunescope {

LedgerView::LedgerView(Document* document, SelectionModel* selection, QWidget* parent)
    : QWidget(parent),
      document_(document),
      selection_(selection),
      table_(new QTableView(this)),
      totals_(new QLabel(this)) {
    setObjectName("ledgerView");
    table_->setObjectName("ledger");
    table_->setAccessibleName(tr("Token ledger"));
    table_->setToolTip(tr("Where the token count falls; a click shows that stage"));
    table_->setModel(&model_);
    table_->setSelectionBehavior(QAbstractItemView::SelectRows);
    table_->setSelectionMode(QAbstractItemView::SingleSelection);
    table_->setAlternatingRowColors(true);
    table_->setTabKeyNavigation(false);
    table_->verticalHeader()->hide();
    table_->verticalHeader()->setDefaultSectionSize(fontMetrics().height() + 8);
    table_->horizontalHeader()->setSectionResizeMode(QHeaderView::Stretch);
    table_->horizontalHeader()->setSectionResizeMode(0, QHeaderView::ResizeToContents);
    table_->horizontalHeader()->setHighlightSections(false);
    totals_->setObjectName("ledgerTotals");
    totals_->setTextInteractionFlags(Qt::TextSelectableByMouse);
    totals_->setToolTip(tr("Papers mean different things by \"tokens\": these are the three"));
    totals_->setWordWrap(true);
    auto* column = new QVBoxLayout(this);
    column->addWidget(table_, 1);
    column->addWidget(totals_);
    connect(table_, &QTableView::clicked, this, [this](const QModelIndex& index) {
        selection_->setStage(index.row());
    });
    connect(document_, &Document::traceChanged, this, &LedgerView::refresh);
    connect(selection_, &SelectionModel::viewChanged, this, &LedgerView::refresh);
    connect(selection_, &SelectionModel::stageChanged, this, [this](int stage) {
        stage < 0 ? table_->clearSelection() : table_->selectRow(stage);
    });
    refresh();
}

void LedgerView::refresh() {
    const TracePtr trace = document_->trace();
    const auto at = static_cast<std::size_t>(selection_->view());
    const ViewTrace* view = trace && at < trace->views.size() ? &trace->views[at] : nullptr;
    model_.setView(view);
    if (view == nullptr) {
        totals_->setText(tr("No result yet"));
        return;
    }
    const TokenCounts& tokens = trace->tokens;
    totals_->setText(tr("Visual tokens: final %1  ·  mean entering a decoder layer %2  ·  mean "
                        "leaving one %3")
                         .arg(tokens.visual_kept)
                         .arg(locale().toString(tokens.layer_mean_in, 'f', 1))
                         .arg(locale().toString(tokens.layer_mean_out, 'f', 1)));
    if (selection_->stage() >= 0) {
        table_->selectRow(selection_->stage());
    }
}

}  // namespace prunescope
