#pragma once

#include "core/engine/event.h"

#include <vector>

#include <QAbstractTableModel>

namespace prunescope {

/// Token counts of one stage.
struct LedgerRow {
    QString where;
    QString name;
    int in = 0;
    int merged = 0;   ///< removed, but handed its context on
    int dropped = 0;  ///< removed, sent nothing
    int reselected = 0;
    int out = 0;

    bool operator==(const LedgerRow&) const = default;
};

std::vector<LedgerRow> ledgerOf(const ViewTrace& view);

class LedgerModel : public QAbstractTableModel {
    Q_OBJECT

public:
    using QAbstractTableModel::QAbstractTableModel;

    void setView(const ViewTrace* view);

    int rowCount(const QModelIndex& parent = {}) const override;
    int columnCount(const QModelIndex& parent = {}) const override;
    QVariant data(const QModelIndex& index, int role) const override;
    QVariant headerData(int section, Qt::Orientation orientation, int role) const override;

private:
    std::vector<LedgerRow> rows_;
};

}  // namespace prunescope
