#include "ui/evaluate/result_table.h"

#include <QFont>
#include <QLocale>

namespace prunescope {

namespace {

constexpr int kFirstTask = 2;

/// Columns after the tasks.
enum After { kAverage, kRelative, kShift, kChanged, kAfterCount };

QString fixed(double value, int decimals) {
    return QLocale().toString(value, 'f', decimals);
}

QString withInterval(const Interval& interval) {
    return ResultTable::tr("%1, 95 % interval %2 to %3")
        .arg(fixed(interval.value, 1), fixed(interval.low, 1), fixed(interval.high, 1));
}

}  // namespace

void ResultTable::setSummary(const Summary& summary) {
    // Resets only where the shape changes, so that a selection outlives progress.
    const bool same_shape =
        summary.tasks == summary_.tasks && summary.rows.size() == summary_.rows.size();
    if (!same_shape) {
        beginResetModel();
        summary_ = summary;
        endResetModel();
    } else {
        summary_ = summary;
        if (rowCount() > 0) {
            Q_EMIT dataChanged(index(0, 0), index(rowCount() - 1, columnCount() - 1));
        }
    }
}

std::string ResultTable::taskOf(int column) const {
    const auto at = static_cast<std::size_t>(column - kFirstTask);
    return column >= kFirstTask && at < summary_.tasks.size() ? summary_.tasks[at] : std::string();
}

int ResultTable::rowCount(const QModelIndex& parent) const {
    return parent.isValid() ? 0 : static_cast<int>(summary_.rows.size());
}

int ResultTable::columnCount(const QModelIndex& parent) const {
    return parent.isValid() || summary_.rows.empty()
               ? 0
               : kFirstTask + static_cast<int>(summary_.tasks.size()) + kAfterCount;
}

QString ResultTable::text(const SummaryRow& row, int column) const {
    const QString nothing = QStringLiteral("–");
    if (column == 0) {
        return row.budget == 0 ? tr("all") : QString::number(row.budget);
    }
    if (column == 1) {
        return row.budget == 0 ? tr("unpruned") : QString::fromStdString(row.method);
    }
    const auto task = static_cast<std::size_t>(column - kFirstTask);
    if (task < summary_.tasks.size()) {
        const TaskScore& cell = row.tasks[task];
        return cell.units > 0 ? fixed(cell.score.value, 1) : nothing;
    }
    switch (static_cast<After>(task - summary_.tasks.size())) {
        case kAverage:
            return row.finished > 0 ? fixed(row.average.value, 1) : nothing;
        case kRelative:
            return row.relative ? fixed(row.relative->value, 1) + " %" : nothing;
        case kShift:
            return row.shift ? fixed(row.shift->value, 3) : nothing;
        case kChanged:
            return row.budget > 0 ? QString::number(row.changed) : nothing;
        case kAfterCount:
            break;
    }
    return {};
}

QString ResultTable::help(const SummaryRow& row, int column) const {
    const auto task = static_cast<std::size_t>(column - kFirstTask);
    if (column >= kFirstTask && task < summary_.tasks.size()) {
        const TaskScore& cell = row.tasks[task];
        QString text = tr("%1 of %2 samples")
                           .arg(QString::number(cell.units), QString::number(summary_.samples));
        if (summary_.resamples > 0 && cell.units > 0) {
            text = withInterval(cell.score) + "\n" + text;
        }
        return text;
    }
    if (summary_.resamples > 0 && column == kFirstTask + static_cast<int>(summary_.tasks.size())) {
        return withInterval(row.average);
    }
    QStringList lines;
    if (row.null_median && row.shift) {
        lines << tr("Mean D %1 (%2 to %3); random draws of the same size: %4")
                     .arg(fixed(row.shift->value, 4),
                          fixed(row.shift->low, 4),
                          fixed(row.shift->high, 4),
                          fixed(*row.null_median, 4));
    }
    if (row.share_of_kept) {
        lines << tr("%1 % of the kept tokens lie on the samples' objects")
                     .arg(fixed(100 * row.share_of_kept->value, 1));
    }
    return lines.join(QLatin1Char('\n'));
}

QVariant ResultTable::data(const QModelIndex& index, int role) const {
    if (!index.isValid() || static_cast<std::size_t>(index.row()) >= summary_.rows.size()) {
        return {};
    }
    const SummaryRow& row = summary_.rows[static_cast<std::size_t>(index.row())];
    switch (role) {
        case Qt::DisplayRole:
            return text(row, index.column());
        case Qt::ToolTipRole:
            return help(row, index.column());
        case Qt::TextAlignmentRole:
            return QVariant::fromValue(Qt::AlignVCenter |
                                       (index.column() == 1 ? Qt::AlignLeft : Qt::AlignRight));
        case Qt::FontRole: {
            QFont font;
            font.setBold(row.budget == 0);
            return font;
        }
        default:
            return {};
    }
}

QVariant ResultTable::headerData(int section, Qt::Orientation orientation, int role) const {
    if (orientation != Qt::Horizontal) {
        return {};
    }
    const int after = section - kFirstTask - static_cast<int>(summary_.tasks.size());
    if (role == Qt::ToolTipRole) {
        return after == kRelative
                   ? tr("Mean over the tasks of the score relative to the unpruned model")
               : after == kChanged ? tr("Samples whose answer differs from the unpruned one")
                                   : QString();
    }
    if (role != Qt::DisplayRole) {
        return {};
    }
    if (section < kFirstTask) {
        return section == 0 ? tr("Tokens") : tr("Method");
    }
    switch (after) {
        case kAverage:
            return tr("Average");
        case kRelative:
            return tr("Of unpruned");
        case kShift:
            return tr("D");
        case kChanged:
            return tr("Changed");
        default:
            return QString::fromStdString(taskOf(section));
    }
}

}  // namespace prunescope
