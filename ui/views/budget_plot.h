#pragma once

#include "ui/accessibility/accessible_rows.h"
#include "ui/document.h"
#include "ui/views/budget_chart.h"

#include <memory>
#include <optional>

#include <QWidget>

class QCPGraph;
class QCPItemStraightLine;
class QCPItemText;
class QCustomPlot;
class QDoubleSpinBox;
class QLabel;
class QToolButton;

namespace prunescope {

/// The smallest budget of the curve whose D, after re-selection, is at most `target`.
std::optional<int> smallestBudget(const std::vector<BudgetPoint>& curve, double target);

/// D against the budget for the current picture: of the current method, or of all. Choosing a
/// budget is a signal; the window changes the settings.
class BudgetPlot : public QWidget, public AccessibleRows {
    Q_OBJECT

public:
    explicit BudgetPlot(Document* document, QWidget* parent = nullptr);

    /// What is shown, in light colours, as png, svg, pdf or csv; empty without a curve.
    QByteArray file(const QString& ending, double dpi, const QByteArray& state = {}) const;

    QString csv() const;

    // ---- to screen readers the budgets of the curve are rows, and the current one is the value
    QString rowsCaption() const override;
    int rowCount() const override;
    QString rowName(int point) const override;
    QString rowText(int point) const override;
    QRect rowRect(int point) const override;
    bool isRowSelected(int point) const override;
    void selectRow(int point, bool selected) override;
    int currentRow() const override;
    std::optional<double> rowsValue() const override;
    void setRowsValue(double budget) override;

public Q_SLOTS:
    void copyCsv() const;

Q_SIGNALS:
    void budgetChosen(int budget);  ///< click, drag or the button of the target
    void budgetReleased();          ///< the click or drag has ended
    void allMethodsWanted(bool on);

protected:
    bool eventFilter(QObject* watched, QEvent* event) override;
    void changeEvent(QEvent* event) override;

private:
    QWidget* makeTools();
    void rebuild();
    void takeSettings();
    void takeTarget();
    void choose(double x_pixel);
    void chooseBudget(int budget);
    bool key(int key);
    bool press(QMouseEvent* event);
    bool move(QMouseEvent* event);
    bool release();
    BudgetSeries makeSeries() const;
    void showState();
    void addMarks();

    Document* document_;
    QCustomPlot* plot_;
    std::unique_ptr<BudgetChart> chart_;
    QToolButton* all_;
    QToolButton* log_x_;
    QToolButton* log_y_;
    QDoubleSpinBox* target_;
    QToolButton* apply_;
    QLabel* state_;
    QCPItemStraightLine* current_ = nullptr;
    QCPItemText* current_label_ = nullptr;
    QCPItemStraightLine* target_line_ = nullptr;
    QCPItemStraightLine* target_mark_ = nullptr;
    bool is_dragging_ = false;
    int last_chosen_ = 0;
};

}  // namespace prunescope
