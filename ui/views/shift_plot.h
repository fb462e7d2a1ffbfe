#pragma once

#include "ui/accessibility/accessible_rows.h"
#include "ui/compare/reference.h"
#include "ui/document.h"
#include "ui/selection.h"
#include "ui/views/shift_chart.h"

#include <memory>

#include <QWidget>

class QCustomPlot;
class QContextMenuEvent;
class QLabel;
class QToolButton;

namespace prunescope {

/// D per pruning layer with the draggable threshold. Reads the document, reads and writes the
/// selection; never changes settings itself: the window connects tauDragged().
class ShiftPlot : public QWidget, public AccessibleRows {
    Q_OBJECT

public:
    ShiftPlot(Document* document, SelectionModel* selection, QWidget* parent = nullptr);

    /// Draws the curve of B beside A's. Not owned.
    void compareWith(Reference* reference);

    /// Which outcomes of tau are at hand.
    void showAhead(const AheadMarks& marks);

    const ShiftChart& chart() const { return *chart_; }

    QString csv() const;

    /// What is shown, in light colours, as png, svg, pdf or csv; empty without a trace.
    QByteArray file(const QString& ending, double dpi) const;

    // ---- to screen readers the places of the curve are rows, and tau is the value
    QString rowsCaption() const override;
    int rowCount() const override;
    QString rowName(int point) const override;

    QString rowText(int point) const override { return pointText(point); }

    QRect rowRect(int point) const override;
    bool isRowSelected(int point) const override;
    void selectRow(int point, bool selected) override;
    int currentRow() const override;
    std::optional<double> rowsValue() const override;
    void setRowsValue(double tau) override;

public Q_SLOTS:
    void copyCsv() const;
    void resetAxes();

Q_SIGNALS:
    void tauDragged(double tau);  ///< many a drag; the value is >= 0
    void tauReleased();           ///< the drag or key press has ended

protected:
    bool eventFilter(QObject* watched, QEvent* event) override;
    void changeEvent(QEvent* event) override;

private:
    void rebuild();
    void takeSettings();
    void takeStage();
    bool press(QMouseEvent* event);
    bool move(QMouseEvent* event);
    bool release(QMouseEvent* event);
    bool key(QKeyEvent* event);
    bool menu(QContextMenuEvent* event);
    void moveTau(double tau);
    void setTau(double tau);
    void describeTau();
    QString aheadHelp() const;
    double snapped(double tau, double y) const;
    int nearestEdge(double tau) const;
    void stepOverEdge(bool up);
    bool canDrag() const;
    bool isOnTau(QPointF at) const;
    QString pointText(int point) const;

    Document* document_;
    SelectionModel* selection_;
    Reference* reference_ = nullptr;
    QCustomPlot* plot_;
    std::unique_ptr<ShiftChart> chart_;
    QToolButton* log_;
    QToolButton* tokens_;
    QLabel* read_out_;
    QLabel* parts_;
    QString ahead_text_;
    bool is_dragging_ = false;
};

}  // namespace prunescope
