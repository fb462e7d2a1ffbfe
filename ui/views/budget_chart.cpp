#include "ui/views/budget_chart.h"

#include "core/prune/catalog.h"
#include "ui/theme/cluster_colors.h"
#include "ui/views/plot_tools.h"
#include "ui/views/qcp.h"
#include "ui/views/shift_series.h"

#include <algorithm>
#include <array>
#include <cmath>

#include <QCoreApplication>
#include <QFileInfo>

namespace prunescope {

namespace {

constexpr double kReach_px = 14;

constexpr std::array kHues{
    okabe::kSkyBlue, okabe::kOrange, okabe::kGreen, okabe::kPurple, okabe::kVermillion};
constexpr std::array kDashes{Qt::SolidLine, Qt::DashLine, Qt::DotLine, Qt::DashDotDotLine};

QString text(const char* source) {
    return QCoreApplication::translate("BudgetPlot", source);
}

QString titleOf(const std::string& id) {
    const MethodSpec* method = findMethod(id);
    return QString::fromStdString(method != nullptr ? method->title : id);
}

bool isReference(const std::string& id) {
    return id == "random" || id == "grid";
}

}  // namespace

void BudgetChart::Range::take(double value) {
    if (std::isfinite(value)) {
        least = value > 0 ? std::min(least, value) : least;
        most = std::max(most, value);
    }
}

BudgetChart::BudgetChart(QCustomPlot* plot) : plot_(plot) {}

void BudgetChart::show(const BudgetSeries& series,
                       const Theme& theme,
                       bool log_budget,
                       bool log_shift) {
    series_ = series;
    plot_->clearPlottables();
    plot_->clearItems();
    applyTheme(*plot_, theme);
    is_cut_ = !log_budget && series_.last_budget > 0;
    plot_->yAxis->setLabel(shiftAxisLabel(series.metric, series.place, log_shift));
    plot_->xAxis->setLabel(
        log_budget ? text(QT_TRANSLATE_NOOP("BudgetPlot", "budget k (tokens), log scale"))
        : is_cut_  ? text(QT_TRANSLATE_NOOP("BudgetPlot", "budget k (tokens), linear, %1 to %2"))
                        .arg(series_.first_budget)
                        .arg(series_.last_budget)
                  : text(QT_TRANSLATE_NOOP("BudgetPlot", "budget k (tokens), linear")));
    Range range;
    const auto is_current = [&](const MethodCurve& curve) {
        return QString::fromStdString(curve.method) == series_.current;
    };
    for (std::size_t i = 0; i < series_.curves.size(); ++i) {
        if (!series_.compares) {
            addOne(series_.curves[i], theme, range);
        } else if (!is_current(series_.curves[i])) {
            addMethod(series_.curves[i], i, theme, range);
        }
    }
    if (series_.compares) {
        for (const MethodCurve& curve : series_.curves) {  // the strong one on top
            if (is_current(curve)) {
                addMethod(curve, 0, theme, range);
            }
        }
    }
    setScales(range, log_budget, log_shift);
    placeLegend(theme);
}

void BudgetChart::addOne(const MethodCurve& curve, const Theme& theme, Range& range) {
    QCPGraph* null_line = plot_->addGraph();
    QColor null_color = theme.band;
    null_color.setAlpha(255);
    null_line->setPen(QPen(null_color, 1.5, Qt::DotLine));
    null_line->setName(text(QT_TRANSLATE_NOOP("BudgetPlot", "random draws, median")));
    QCPGraph* before = plot_->addGraph();
    before->setPen(QPen(theme.series, 1.5));
    before->setScatterStyle(
        QCPScatterStyle(QCPScatterStyle::ssCircle, QPen(theme.series, 1.5), theme.background, 6));
    before->setName(text(QT_TRANSLATE_NOOP("BudgetPlot", "D before re-selection")));
    QCPGraph* after = plot_->addGraph();
    after->setPen(QPen(theme.fired, 1.5, Qt::DashLine));
    after->setScatterStyle(
        QCPScatterStyle(QCPScatterStyle::ssDiamond, QPen(theme.fired, 1.5), theme.fired, 7));
    after->setName(text(QT_TRANSLATE_NOOP("BudgetPlot", "D of what is kept, where it fired")));
    for (const BudgetPoint& point : curve.points) {
        const auto add = [&](QCPGraph* graph, double value) {
            range.take(value);
            if (std::isfinite(value)) {
                graph->addData(point.budget, value);
            }
        };
        add(before, point.shift);
        add(null_line, point.null_median);
        if (point.fired) {
            add(after, point.shift_after);
        }
        range.largest_budget = std::max(range.largest_budget, point.budget);
    }
}

void BudgetChart::addMethod(const MethodCurve& curve,
                            std::size_t place,
                            const Theme& theme,
                            Range& range) {
    QCPGraph* graph = plot_->addGraph();
    graph->setName(titleOf(curve.method));
    if (QString::fromStdString(curve.method) == series_.current) {
        graph->setPen(QPen(theme.series, 2.5));
        graph->setScatterStyle(
            QCPScatterStyle(QCPScatterStyle::ssDisc, QPen(theme.series, 1), theme.series, 6));
    } else if (isReference(curve.method)) {
        graph->setPen(QPen(theme.ink, 1.5, curve.method == "grid" ? Qt::DashLine : Qt::DotLine));
    } else {
        QColor hue(kHues[place % kHues.size()]);
        hue.setAlpha(theme.dark ? 190 : 170);
        graph->setPen(QPen(hue, 1.25, kDashes[(place / kHues.size()) % kDashes.size()]));
    }
    for (const BudgetPoint& point : curve.points) {
        range.largest_budget = std::max(range.largest_budget, point.budget);
        if (!std::isfinite(point.shift_after)) {
            continue;
        }
        graph->addData(point.budget, point.shift_after);
        if (isOnAxis(point)) {
            range.take(point.shift_after);
        }
    }
}

bool BudgetChart::isOnAxis(const BudgetPoint& point) const {
    return !is_cut_ ||
           (point.budget >= series_.first_budget && point.budget <= series_.last_budget);
}

void BudgetChart::setScales(const Range& range, bool log_budget, bool log_shift) {
    setScale(*plot_->yAxis, log_shift, std::min(range.least, 1.0), range.most);
    setScale(*plot_->xAxis, log_budget, 1.4, range.largest_budget);
    plot_->xAxis->setRangeUpper(range.largest_budget * (log_budget ? 1.15 : 1.03));
    if (is_cut_) {
        plot_->xAxis->setRange(series_.first_budget - 3, series_.last_budget + 3);
    }
}

void BudgetChart::placeLegend(const Theme& theme) {
    QCPLegend* legend = plot_->legend;
    legend->setVisible(!series_.curves.empty());
    legend->setFont(plot_->font());
    legend->setTextColor(theme.ink);
    legend->setBrush(theme.card);
    legend->setBorderPen(QPen(theme.faint, 1));
    if (!series_.compares || series_.curves.empty()) {
        plot_->axisRect()->insetLayout()->addElement(legend, Qt::AlignRight | Qt::AlignTop);
        if (plot_->plotLayout()->hasElement(0, 1)) {
            plot_->plotLayout()->removeAt(1);
        }
        legend->setMaximumSize(QWIDGETSIZE_MAX, QWIDGETSIZE_MAX);
        legend->setWrap(0);
        legend->setRowSpacing(5);
    } else {
        if (!plot_->plotLayout()->hasElement(0, 1)) {
            // What is left of its column stays empty: a row is no higher than its lowest element.
            auto* column = new QCPLayoutGrid;
            plot_->plotLayout()->addElement(0, 1, column);
            column->addElement(0, 0, legend);
            column->addElement(1, 0, new QCPLayoutElement(plot_));
            column->setRowSpacing(0);
        }
        plot_->plotLayout()->setColumnStretchFactor(1, 0.001);
        // As many columns as the height asks for.
        const int row_px = plot_->fontMetrics().height() + 2;
        const int n_rows = std::max(4, (plot_->height() - 20) / std::max(row_px, 1));
        legend->setFillOrder(QCPLayoutGrid::foRowsFirst, true);
        legend->setWrap(n_rows);
        legend->setRowSpacing(0);
        legend->setMaximumSize(QWIDGETSIZE_MAX, legend->minimumOuterSizeHint().height());
    }
    plot_->plotLayout()->simplify();
}

QString BudgetChart::describe(QPointF pixel) const {
    const MethodCurve* nearest = nullptr;
    const BudgetPoint* at = nullptr;
    double least = kReach_px;
    for (const MethodCurve& curve : series_.curves) {
        for (const BudgetPoint& point : curve.points) {
            const double value = series_.compares ? point.shift_after : point.shift;
            if (!isOnAxis(point) || !std::isfinite(value)) {
                continue;
            }
            const double distance = std::hypot(plot_->xAxis->coordToPixel(point.budget) - pixel.x(),
                                               plot_->yAxis->coordToPixel(value) - pixel.y());
            if (distance < least) {
                least = distance;
                nearest = &curve;
                at = &point;
            }
        }
    }
    if (nearest == nullptr) {
        return {};
    }
    return text(QT_TRANSLATE_NOOP("BudgetPlot", "%1 · k = %2 · D %3 · random %4"))
        .arg(titleOf(nearest->method))
        .arg(at->budget)
        .arg(series_.compares ? at->shift_after : at->shift, 0, 'g', 3)
        .arg(at->null_median, 0, 'g', 3);
}

QByteArray budgetPlotFile(const BudgetSeries& series,
                          bool log_budget,
                          bool log_shift,
                          const QString& ending,
                          double dpi,
                          const QByteArray& state) {
    if (ending == QLatin1String("csv")) {
        return QByteArray::fromStdString(curveCsv(series.curves));
    }
    PlotFile file;
    file.dpi = dpi;
    file.state = state;
    QCustomPlot plot;
    plot.resize(file.width, file.height);
    BudgetChart chart(&plot);
    chart.show(series, lightTheme(), log_budget, log_shift);
    return plotBytes(plot, ending, file);
}

bool writeBudgetPlot(const BudgetSeries& series, const QString& path) {
    return saveBytes(path,
                     budgetPlotFile(series, false, false, QFileInfo(path).suffix().toLower()));
}

}  // namespace prunescope
