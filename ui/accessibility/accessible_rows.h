#pragma once

#include <optional>

#include <QRect>
#include <QString>
#include <QWidget>

class QAccessibleEvent;

namespace prunescope {

/// What a painted widget says to those who do not see it: rows with a name and a sentence, which
/// can be selected, and one value, if it has one. A widget that inherits this and calls
/// exposeRows() is a table to screen readers; a QCustomPlot is one where its parent inherits this.
class AccessibleRows {
public:
    virtual ~AccessibleRows() = default;
    AccessibleRows(const AccessibleRows&) = delete;
    AccessibleRows& operator=(const AccessibleRows&) = delete;

    virtual QString rowsCaption() const = 0;
    virtual int rowCount() const = 0;
    virtual QString rowName(int row) const = 0;
    virtual QString rowText(int row) const = 0;

    /// In the widget's pixels.
    virtual QRect rowRect(int row) const = 0;
    virtual bool isRowSelected(int row) const = 0;
    virtual void selectRow(int row, bool selected) = 0;

    /// Row under the keyboard or pointer, -1 none.
    virtual int currentRow() const = 0;

    /// A number that the widget shows and lets be moved, such as the threshold of a plot.
    virtual std::optional<double> rowsValue() const { return std::nullopt; }

    virtual void setRowsValue(double /*value*/) {}

protected:
    AccessibleRows() = default;
};

/// Makes the widget a table, also when it was asked for what it is before; at the end of the
/// constructor.
void exposeRows(QWidget* widget);

/// Tell listeners that rows were replaced, that the current row is another, that the selection or
/// the value changed. Cheap while nobody listens.
void announceRows(QWidget* widget);
void announceCurrentRow(QWidget* widget, int row);
void announceSelection(QWidget* widget);
void announceValue(QWidget* widget, double value);

/// Says a sentence, such as the end of a job.
void announce(QWidget* widget, const QString& sentence);

/// Hears all of the above on the GUI thread, also where no screen reader runs: Qt's own handler is
/// silent there. nullptr: nobody. @return the one before
using AnnouncementListener = void (*)(QAccessibleEvent*);
AnnouncementListener listenToAnnouncements(AnnouncementListener listener);

}  // namespace prunescope
