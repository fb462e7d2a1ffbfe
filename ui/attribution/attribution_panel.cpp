#include "ui/attribution/attribution_panel.h"

#include "ui/views/effect_words.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include <QHBoxLayout>
#include <QHeaderView>
#include <QLabel>
#include <QProgressBar>
#include <QPushButton>
#include <QSet>
#include <QSortFilterProxyModel>
#include <QTableView>
#include <QVBoxLayout>

namespace prunescope {

AttributionPanel::AttributionPanel(TokenAttribution* attribution,
                                   Document* document,
                                   SelectionModel* selection,
                                   QWidget* parent)
    : QWidget(parent),
      attribution_(attribution),
      document_(document),
      selection_(selection),
      sorted_(new QSortFilterProxyModel(this)),
      start_(new QPushButton(tr("What did each token do?"), this)),
      cancel_(new QPushButton(tr("Cancel"), this)),
      progress_(new QProgressBar(this)),
      statement_(new QLabel(this)),
      table_(new QTableView(this)) {
    setObjectName("attributionPanel");
    start_->setObjectName("attributeButton");
    cancel_->setObjectName("cancelAttribution");
    cancel_->setToolTip(tr("Stop; what is known stays"));
    progress_->setObjectName("attributionProgress");
    progress_->setAccessibleName(tr("Tokens done"));
    progress_->setFormat(tr("%v of %m"));
    progress_->setMaximumWidth(160);
    statement_->setObjectName("attributionStatement");
    statement_->setWordWrap(true);
    statement_->setTextInteractionFlags(Qt::TextSelectableByMouse);
    makeTable();
    auto* controls = new QHBoxLayout;
    controls->addWidget(start_);
    controls->addWidget(progress_);
    controls->addWidget(cancel_);
    controls->addWidget(statement_, 1);
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(8, 6, 8, 6);
    column->setSpacing(4);
    column->addLayout(controls);
    column->addWidget(table_, 1);
    connect(start_, &QPushButton::clicked, attribution_, &TokenAttribution::start);
    connect(cancel_, &QPushButton::clicked, attribution_, &TokenAttribution::cancel);
    connect(attribution_, &TokenAttribution::changed, this, &AttributionPanel::refresh);
    connect(selection_, &SelectionModel::patchesChanged, this, &AttributionPanel::refresh);
    connect(selection_, &SelectionModel::viewChanged, this, &AttributionPanel::refresh);
    connect(
        selection_, &SelectionModel::answerTokenChanged, this, &AttributionPanel::takeAnswerToken);
    connect(table_->selectionModel(),
            &QItemSelectionModel::selectionChanged,
            this,
            &AttributionPanel::takeRows);
    takeAnswerToken();
}

void AttributionPanel::makeTable() {
    sorted_->setSourceModel(&model_);
    sorted_->setSortRole(AttributionModel::kSortRole);
    sorted_->setDynamicSortFilter(true);
    table_->setObjectName("attributionTable");
    table_->setAccessibleName(tr("What each token did to the answer"));
    table_->setModel(sorted_);
    table_->setSortingEnabled(true);
    table_->sortByColumn(AttributionModel::Delta, Qt::DescendingOrder);
    table_->setSelectionBehavior(QAbstractItemView::SelectRows);
    table_->setSelectionMode(QAbstractItemView::ExtendedSelection);
    table_->setAlternatingRowColors(true);
    table_->setTabKeyNavigation(false);
    table_->setWordWrap(false);
    table_->setIconSize(QSize(20, 20));
    table_->verticalHeader()->hide();
    table_->verticalHeader()->setDefaultSectionSize(fontMetrics().height() + 8);
    QHeaderView* header = table_->horizontalHeader();
    header->setHighlightSections(false);
    header->setSectionResizeMode(QHeaderView::Interactive);
    header->setStretchLastSection(true);
    const int digit = fontMetrics().horizontalAdvance('0');
    for (const auto& [column, digits] : {std::pair(AttributionModel::Token, 20),
                                         {AttributionModel::Delta, 12},
                                         {AttributionModel::DeltaOfPiece, 16},
                                         {AttributionModel::Attention, 20}}) {
        header->resizeSection(column, digits * digit);
    }
}

QString AttributionPanel::outcome(const Attribution& found) const {
    const auto n = std::ranges::count_if(found.effects, &TokenEffect::changesAnswer);
    const QString answer = QString::fromStdString(found.answer.text).simplified();
    QString said = n == 0 ? tr("None of these %1 changes makes “%2” another answer.")
                                .arg(found.effects.size())
                                .arg(answer)
                          : tr("“%1” becomes another answer by %2 of these %3 changes.")
                                .arg(answer)
                                .arg(n)
                                .arg(found.effects.size());
    if (!found.complete() && !attribution_->isRunning()) {
        said += tr(" Stopped after %1 of %2.").arg(found.effects.size()).arg(found.total);
    }
    const int token = selection_->answerToken();
    if (token >= 0 && static_cast<std::size_t>(token) < found.attention.size()) {
        double paid = 0;
        for (std::size_t row = 0; row < found.rows.size(); ++row) {
            paid += attentionTo(found, static_cast<int>(row), token);
        }
        said += tr(" Answer token %1, “%2”, pays %3 of its attention to the picture.")
                    .arg(token + 1)
                    .arg(answerPiece(found.answer, token), attentionText(paid));
    }
    return said;
}

QString AttributionPanel::statement() const {
    if (!attribution_->error().isEmpty()) {
        return attribution_->error();
    }
    const QString why = attribution_->whyNot();
    if (attribution_->isStale()) {
        return tr("Of other inputs than those set now.");
    }
    if (!why.isEmpty()) {
        return why + '.';
    }
    const auto found = attribution_->found();
    auto selected = attribution_->droppedAmongSelected();
    if (found != nullptr) {
        std::erase_if(selected, [&](const ViewPatch& patch) {
            return std::ranges::any_of(found->effects, [&](const TokenEffect& effect) {
                return effect.view == patch.view && effect.token.patch == patch.patch;
            });
        });
    }
    const auto dropped = static_cast<int>(selected.size());
    if (found != nullptr) {
        return dropped == 0 || attribution_->isRunning()
                   ? outcome(*found)
                   : outcome(*found) + tr(" %n dropped patch(es) selected: ask again to put each "
                                          "back.",
                                          nullptr,
                                          dropped);
    }
    return dropped > 0
               ? tr("Answers again without each kept token, and with each of the %n dropped "
                    "patch(es) that are selected put back. Nothing is selected anew.",
                    nullptr,
                    dropped)
               : tr("Answers again without each kept token; nothing is selected anew. Dropped "
                    "patches that are selected are put back, one at a time.");
}

void AttributionPanel::refresh() {
    const auto found = attribution_->found();
    std::vector<PatchGrid> grids;
    if (const TracePtr trace = document_->trace()) {
        std::ranges::transform(trace->views, std::back_inserter(grids), &ViewTrace::grid);
    }
    const bool was_following = std::exchange(is_following_, true);
    model_.setFound(found, grids);
    is_following_ = was_following;
    const bool is_running = attribution_->isRunning();
    const QString why = attribution_->whyNot();
    start_->setEnabled(why.isEmpty() && !is_running);
    start_->setToolTip(
        why.isEmpty() ? tr("Each kept token taken away, and each selected dropped patch put back: "
                           "one exact prefill each")
                      : why);
    cancel_->setVisible(is_running);
    progress_->setVisible(is_running);
    progress_->setMaximum(found ? found->total : 0);
    progress_->setValue(found ? static_cast<int>(found->effects.size()) : 0);
    table_->setEnabled(!attribution_->isStale());
    statement_->setText(statement());
    selectRows();
}

// The columns of one answer token come and go with it, and lead while they are there.
void AttributionPanel::takeAnswerToken() {
    const int token = selection_->answerToken();
    model_.setAnswerToken(token);
    table_->setColumnHidden(AttributionModel::DeltaOfPiece, token < 0);
    const int by = table_->horizontalHeader()->sortIndicatorSection();
    if (token >= 0 && by == AttributionModel::Delta) {
        table_->sortByColumn(AttributionModel::DeltaOfPiece, Qt::DescendingOrder);
    } else if (token < 0 && by == AttributionModel::DeltaOfPiece) {
        table_->sortByColumn(AttributionModel::Delta, Qt::DescendingOrder);
    }
    refresh();
}

void AttributionPanel::selectRows() {
    if (std::exchange(is_following_, true)) {
        return;
    }
    QItemSelection wanted;
    QSet<int> wanted_rows;
    for (int row = 0; row < sorted_->rowCount(); ++row) {
        const ViewPatch place = model_.placeOf(sorted_->mapToSource(sorted_->index(row, 0)).row());
        if (place.view == selection_->view() &&
            std::ranges::binary_search(selection_->patches(), place.patch)) {
            wanted.select(sorted_->index(row, 0),
                          sorted_->index(row, AttributionModel::kColumns - 1));
            wanted_rows.insert(row);
        }
    }
    QItemSelectionModel* rows = table_->selectionModel();
    QSet<int> selected_rows;
    for (const QModelIndex& index : rows->selectedIndexes()) {
        selected_rows.insert(index.row());
    }
    if (wanted_rows != selected_rows) {
        rows->select(wanted, QItemSelectionModel::ClearAndSelect);
        if (!wanted.isEmpty()) {
            table_->scrollTo(wanted.first().topLeft());
        }
    }
    is_following_ = false;
}

void AttributionPanel::takeRows() {
    if (is_following_) {
        return;
    }
    const QModelIndexList rows = table_->selectionModel()->selectedRows();
    const QModelIndex current = table_->currentIndex();
    if (rows.isEmpty() || !current.isValid()) {
        return;
    }
    is_following_ = true;
    const int view = model_.placeOf(sorted_->mapToSource(current).row()).view;
    std::vector<int> patches;
    for (const QModelIndex& row : rows) {
        const ViewPatch place = model_.placeOf(sorted_->mapToSource(row).row());
        if (place.view == view && place.patch >= 0) {
            patches.push_back(place.patch);
        }
    }
    selection_->setView(view);
    selection_->setPatches(std::move(patches));
    is_following_ = false;
}

}  // namespace prunescope
