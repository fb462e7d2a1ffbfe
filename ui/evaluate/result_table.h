#pragma once

#include "core/dataset/summary.h"

#include <QAbstractTableModel>

namespace prunescope {

/// The table of an evaluation: a row per method and budget, a column per task.
class ResultTable : public QAbstractTableModel {
    Q_OBJECT

public:
    using QAbstractTableModel::QAbstractTableModel;

    void setSummary(const Summary& summary);

    const Summary& summary() const { return summary_; }

    /// The task a column shows; empty for columns about all samples.
    std::string taskOf(int column) const;

    int rowCount(const QModelIndex& parent = {}) const override;
    int columnCount(const QModelIndex& parent = {}) const override;
    QVariant data(const QModelIndex& index, int role) const override;
    QVariant headerData(int section, Qt::Orientation orientation, int role) const override;

private:
    QString text(const SummaryRow& row, int column) const;
    QString help(const SummaryRow& row, int column) const;

    Summary summary_;
};

}  // namespace prunescope
