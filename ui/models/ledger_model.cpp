#include "ui/models/ledger_model.h"

#include <algorithm>
#include <array>
#include <utility>

namespace prunescope {

namespace {

constexpr int kColumns = 7;

QString whereOf(const Site& site) {
    switch (site.kind) {
        case Site::Kind::EncoderLayer:
            return LedgerModel::tr("after encoder layer %1").arg(site.layer);
        case Site::Kind::DecoderLayer:
            return LedgerModel::tr("before decoder layer %1").arg(site.layer);
        case Site::Kind::AfterEncoder:
            break;
    }
    return LedgerModel::tr("after the encoder");
}

}  // namespace

std::vector<LedgerRow> ledgerOf(const ViewTrace& view) {
    std::vector<LedgerRow> rows;
    for (std::size_t i = 0; i < view.stages.size(); ++i) {
        const StageTrace& stage = view.stages[i];
        const std::vector<PatchFate> fates = patchFates(view, static_cast<int>(i));
        LedgerRow row{whereOf(stage.site), QString::fromStdString(stage.name)};
        row.in = stage.tokens_in;
        row.out = stage.tokens_out;
        // A sender that left here is merged; every other patch that left here is dropped.
        std::vector<bool> sends(fates.size(), false);
        for (const Transfer& transfer : stage.transfers) {
            if (transfer.from_patch >= 0 &&
                static_cast<std::size_t>(transfer.from_patch) < sends.size()) {
                sends[static_cast<std::size_t>(transfer.from_patch)] = true;
            }
        }
        row.merged = static_cast<int>(std::count(sends.begin(), sends.end(), true));
        row.merged = std::min(row.merged, row.in - row.out);
        row.dropped = row.in - row.out - row.merged;
        if (!stage.baseline.empty()) {
            // A re-selection chooses from the pool again: against what was kept, it swaps.
            row.in = static_cast<int>(stage.baseline.size());
            row.merged = 0;
            row.reselected =
                static_cast<int>(std::count(fates.begin(), fates.end(), PatchFate::Reselected));
            row.dropped = row.in + row.reselected - row.out;
        }
        rows.push_back(row);
    }
    return rows;
}

void LedgerModel::setView(const ViewTrace* view) {
    std::vector<LedgerRow> rows = view == nullptr ? std::vector<LedgerRow>{} : ledgerOf(*view);
    if (rows.size() != rows_.size() || rows.empty()) {
        beginResetModel();
        rows_ = std::move(rows);
        endResetModel();
    } else if (rows != rows_) {  // another budget: the same places, other numbers
        rows_ = std::move(rows);
        Q_EMIT dataChanged(index(0, 0), index(rowCount({}) - 1, kColumns - 1));
    }
}

int LedgerModel::rowCount(const QModelIndex& parent) const {
    return parent.isValid() ? 0 : static_cast<int>(rows_.size());
}

int LedgerModel::columnCount(const QModelIndex& parent) const {
    return parent.isValid() ? 0 : kColumns;
}

QVariant LedgerModel::data(const QModelIndex& index, int role) const {
    if (!checkIndex(index, CheckIndexOption::IndexIsValid)) {
        return {};
    }
    if (role == Qt::TextAlignmentRole) {
        return static_cast<int>((index.column() < 2 ? Qt::AlignLeft : Qt::AlignRight) |
                                Qt::AlignVCenter);
    }
    if (role != Qt::DisplayRole) {
        return {};
    }
    const LedgerRow& row = rows_[static_cast<std::size_t>(index.row())];
    const std::array<QVariant, kColumns> cells{
        row.where, row.name, row.in, row.merged, row.dropped, row.reselected, row.out};
    return cells[static_cast<std::size_t>(index.column())];
}

QVariant LedgerModel::headerData(int section, Qt::Orientation orientation, int role) const {
    if (role == Qt::ToolTipRole && orientation == Qt::Horizontal) {
        return tr(
            "In − merged − dropped + re-selected = out. A re-selection drops what it evicts.");
    }
    if (role != Qt::DisplayRole || orientation != Qt::Horizontal || section >= kColumns) {
        return role == Qt::DisplayRole && orientation == Qt::Vertical ? QVariant(section + 1)
                                                                      : QVariant();
    }
    const std::array<QString, kColumns> titles{tr("Where"),
                                               tr("Stage"),
                                               tr("In"),
                                               tr("Merged"),
                                               tr("Dropped"),
                                               tr("Re-selected"),
                                               tr("Out")};
    return titles[static_cast<std::size_t>(section)];
}

}  // namespace prunescope
