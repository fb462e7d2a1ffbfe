#include "ui/accessibility/accessible_rows.h"

#include <map>
#include <utility>

#include <QAccessible>
#include <QAccessibleWidget>
#include <QCoreApplication>

namespace prunescope {

namespace {

constexpr int kColumns = 2;  // name, sentence

AccessibleRows* rowsOf(QObject* object) {
    auto* rows = dynamic_cast<AccessibleRows*>(object);
    if (rows == nullptr && object->inherits("QCustomPlot")) {
        rows = dynamic_cast<AccessibleRows*>(object->parent());
    }
    return rows;
}

class RowsTable;

class RowsCell : public QAccessibleInterface, public QAccessibleTableCellInterface {
public:
    RowsCell(QWidget* widget, AccessibleRows* rows, int row, int column)
        : widget_(widget), rows_(rows), row_(row), column_(column) {}

    void* interface_cast(QAccessible::InterfaceType type) override {
        return type == QAccessible::TableCellInterface
                   ? static_cast<QAccessibleTableCellInterface*>(this)
                   : nullptr;
    }

    // ---- QAccessibleInterface
    bool isValid() const override { return row_ < rows_->rowCount(); }

    QObject* object() const override { return nullptr; }

    QWindow* window() const override { return widget_->window()->windowHandle(); }

    QAccessibleInterface* childAt(int, int) const override { return nullptr; }

    QAccessibleInterface* parent() const override {
        return QAccessible::queryAccessibleInterface(widget_);
    }

    QAccessibleInterface* child(int) const override { return nullptr; }

    int childCount() const override { return 0; }

    int indexOfChild(const QAccessibleInterface*) const override { return -1; }

    QString text(QAccessible::Text kind) const override {
        if (!isValid() || (kind != QAccessible::Name && kind != QAccessible::Value)) {
            return {};
        }
        return column_ == 0 ? rows_->rowName(row_) : rows_->rowText(row_);
    }

    void setText(QAccessible::Text, const QString&) override {}

    QRect rect() const override {
        const QRect local = isValid() ? rows_->rowRect(row_) : QRect();
        return {widget_->mapToGlobal(local.topLeft()), local.size()};
    }

    QAccessible::Role role() const override { return QAccessible::Cell; }

    QAccessible::State state() const override {
        QAccessible::State state;
        state.selectable = true;
        state.focusable = true;
        state.readOnly = true;
        state.invalid = !isValid();
        state.selected = isValid() && rows_->isRowSelected(row_);
        state.focused = widget_->hasFocus() && rows_->currentRow() == row_;
        state.invisible = !widget_->isVisible();
        return state;
    }

    // ---- QAccessibleTableCellInterface
    bool isSelected() const override { return rows_->isRowSelected(row_); }

    QList<QAccessibleInterface*> columnHeaderCells() const override { return {}; }

    QList<QAccessibleInterface*> rowHeaderCells() const override { return {}; }

    int columnIndex() const override { return column_; }

    int rowIndex() const override { return row_; }

    int columnExtent() const override { return 1; }

    int rowExtent() const override { return 1; }

    QAccessibleInterface* table() const override { return parent(); }

private:
    QWidget* widget_;
    AccessibleRows* rows_;
    int row_;
    int column_;
};

class RowsTable : public QAccessibleWidget,
                  public QAccessibleTableInterface,
                  public QAccessibleValueInterface {
public:
    RowsTable(QWidget* widget, AccessibleRows* rows)
        : QAccessibleWidget(widget, QAccessible::Table), rows_(rows) {}

    ~RowsTable() override {
        for (const auto& [place, id] : cells_) {
            QAccessible::deleteAccessibleInterface(id);
        }
    }

    void* interface_cast(QAccessible::InterfaceType type) override {
        if (type == QAccessible::TableInterface) {
            return static_cast<QAccessibleTableInterface*>(this);
        }
        if (type == QAccessible::ValueInterface && rows_->rowsValue()) {
            return static_cast<QAccessibleValueInterface*>(this);
        }
        return QAccessibleWidget::interface_cast(type);
    }

    QString text(QAccessible::Text kind) const override {
        if (kind == QAccessible::Value && rows_->rowsValue()) {
            return QString::number(*rows_->rowsValue());
        }
        return QAccessibleWidget::text(kind);
    }

    int childCount() const override { return rows_->rowCount() * kColumns; }

    QAccessibleInterface* child(int index) const override {
        return cellAt(index / kColumns, index % kColumns);
    }

    QAccessibleInterface* childAt(int x, int y) const override {
        const QPoint at = widget()->mapFromGlobal(QPoint(x, y));
        for (int row = 0; row < rows_->rowCount(); ++row) {
            if (rows_->rowRect(row).contains(at)) {
                return cellAt(row, 1);
            }
        }
        return nullptr;
    }

    int indexOfChild(const QAccessibleInterface* child) const override {
        const auto* cell = dynamic_cast<const RowsCell*>(child);
        return cell == nullptr ? -1 : cell->rowIndex() * kColumns + cell->columnIndex();
    }

    QAccessibleInterface* focusChild() const override {
        const int row = rows_->currentRow();
        return widget()->hasFocus() && row >= 0 ? cellAt(row, 1) : nullptr;
    }

    // ---- QAccessibleTableInterface
    QAccessibleInterface* caption() const override { return nullptr; }

    QAccessibleInterface* summary() const override { return nullptr; }

    QAccessibleInterface* cellAt(int row, int column) const override {
        if (row < 0 || row >= rows_->rowCount() || column < 0 || column >= kColumns) {
            return nullptr;
        }
        const auto [place, is_new] = cells_.try_emplace({row, column}, 0);
        if (is_new) {
            place->second = QAccessible::registerAccessibleInterface(
                new RowsCell(widget(), rows_, row, column));
        }
        return QAccessible::accessibleInterface(place->second);
    }

    int selectedCellCount() const override { return selectedRowCount() * kColumns; }

    QList<QAccessibleInterface*> selectedCells() const override {
        QList<QAccessibleInterface*> cells;
        for (const int row : selectedRows()) {
            cells << cellAt(row, 0) << cellAt(row, 1);
        }
        return cells;
    }

    QString columnDescription(int column) const override {
        return column == 0 ? QCoreApplication::translate("AccessibleRows", "Name")
                           : QCoreApplication::translate("AccessibleRows", "Description");
    }

    QString rowDescription(int row) const override { return rows_->rowName(row); }

    int selectedColumnCount() const override { return 0; }

    int selectedRowCount() const override { return static_cast<int>(selectedRows().size()); }

    int columnCount() const override { return kColumns; }

    int rowCount() const override { return rows_->rowCount(); }

    QList<int> selectedColumns() const override { return {}; }

    QList<int> selectedRows() const override {
        QList<int> selected;
        for (int row = 0; row < rows_->rowCount(); ++row) {
            if (rows_->isRowSelected(row)) {
                selected << row;
            }
        }
        return selected;
    }

    bool isColumnSelected(int) const override { return false; }

    bool isRowSelected(int row) const override { return rows_->isRowSelected(row); }

    bool selectRow(int row) override { return select(row, true); }

    bool selectColumn(int) override { return false; }

    bool unselectRow(int row) override { return select(row, false); }

    bool unselectColumn(int) override { return false; }

    void modelChange(QAccessibleTableModelChangeEvent*) override {}

    // ---- QAccessibleValueInterface
    QVariant currentValue() const override { return rows_->rowsValue().value_or(0); }

    void setCurrentValue(const QVariant& value) override { rows_->setRowsValue(value.toDouble()); }

    QVariant maximumValue() const override { return {}; }

    QVariant minimumValue() const override { return 0.0; }

    QVariant minimumStepSize() const override { return {}; }

private:
    bool select(int row, bool selected) {
        if (row < 0 || row >= rows_->rowCount()) {
            return false;
        }
        rows_->selectRow(row, selected);
        return true;
    }

    AccessibleRows* rows_;
    mutable std::map<std::pair<int, int>, QAccessible::Id> cells_;  // made when asked for
};

AnnouncementListener g_listener = nullptr;

void send(QAccessibleEvent* event) {
    if (g_listener != nullptr) {
        g_listener(event);
    }
    QAccessible::updateAccessibility(event);
}

QAccessibleInterface* makeTable(const QString& class_name, QObject* object) {
    const bool may_be = object != nullptr && object->isWidgetType() &&
                        class_name == QLatin1String(object->metaObject()->className());
    AccessibleRows* rows = may_be ? rowsOf(object) : nullptr;
    return rows == nullptr ? nullptr : new RowsTable(static_cast<QWidget*>(object), rows);
}

}  // namespace

void exposeRows(QWidget* widget) {
    QAccessible::installFactory(makeTable);  // once; Qt takes no factory twice
    QAccessibleInterface* known = QAccessible::queryAccessibleInterface(widget);
    if (known != nullptr && known->tableInterface() == nullptr) {
        QAccessible::deleteAccessibleInterface(QAccessible::uniqueId(known));
    }
}

AnnouncementListener listenToAnnouncements(AnnouncementListener listener) {
    return std::exchange(g_listener, listener);
}

void announceRows(QWidget* widget) {
    QAccessibleTableModelChangeEvent event(widget, QAccessibleTableModelChangeEvent::ModelReset);
    send(&event);
}

void announceCurrentRow(QWidget* widget, int row) {
    if (row >= 0 && widget->hasFocus()) {
        QAccessibleEvent event(widget, QAccessible::Focus);
        event.setChild(row * kColumns + 1);
        send(&event);
    }
}

void announceSelection(QWidget* widget) {
    QAccessibleEvent event(widget, QAccessible::SelectionWithin);
    send(&event);
}

void announceValue(QWidget* widget, double value) {
    QAccessibleValueChangeEvent event(widget, value);
    send(&event);
}

void announce(QWidget* widget, const QString& sentence) {
    widget->setAccessibleDescription(sentence);
    QAccessibleEvent event(widget, QAccessible::Alert);
    send(&event);
}

}  // namespace prunescope
