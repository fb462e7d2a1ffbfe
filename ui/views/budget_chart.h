#pragma once

#include "core/engine/event.h"
#include "core/trace/settings.h"
#include "ui/theme/palette.h"

#include <QByteArray>
#include <QString>

class QCPGraph;
class QCustomPlot;

namespace prunescope {

/// D against budget, without any look: one method's curve, or the curves of many.
struct BudgetSeries {
    QString metric;
    ShiftPlace place = ShiftPlace::Encoder;
    QString current;                  ///< id of the method that stands out; may be empty
    std::vector<MethodCurve> curves;  ///< of one method: with re-selection and random draws
    bool compares = false;            ///< many methods
    int first_budget = 0;  ///< of a linear budget axis; with last_budget 0: all there are
    int last_budget = 0;
};

/// Draws a BudgetSeries on a QCustomPlot: the same drawing on screen and in files. Of many methods
/// the current one is strong, the others are faint, and those that every method has to beat
/// (`random`, `grid`) are grey; a legend beside the plot names them.
class BudgetChart {
public:
    explicit BudgetChart(QCustomPlot* plot);  ///< not owned, must outlive the chart

    void show(const BudgetSeries& series, const Theme& theme, bool log_budget, bool log_shift);

    /// "SCOPE · k = 32 · D 0.21" for the point near a pixel; "" where there is none.
    QString describe(QPointF pixel) const;

    const BudgetSeries& series() const { return series_; }

private:
    struct Range {
        double least = 1e9;
        double most = 0;
        int largest_budget = 1;

        void take(double value);
    };

    void addOne(const MethodCurve& curve, const Theme& theme, Range& range);
    void addMethod(const MethodCurve& curve, std::size_t place, const Theme& theme, Range& range);
    void placeLegend(const Theme& theme);
    void setScales(const Range& range, bool log_budget, bool log_shift);
    bool isOnAxis(const BudgetPoint& point) const;

    QCustomPlot* plot_;
    BudgetSeries series_;
    bool is_cut_ = false;  // the budget axis ends at first_budget and last_budget
};

/// The plot in light colours as png, svg or pdf, or its numbers as csv, by `ending`; empty for
/// another. @param state  that png and svg carry (figure_metadata.h); may be empty
QByteArray budgetPlotFile(const BudgetSeries& series,
                          bool log_budget,
                          bool log_shift,
                          const QString& ending,
                          double dpi = 192,
                          const QByteArray& state = {});

/// The same with linear axes as a file, by the path's ending. Whole or not at all.
bool writeBudgetPlot(const BudgetSeries& series, const QString& path);

}  // namespace prunescope
