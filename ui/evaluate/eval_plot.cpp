#include "ui/evaluate/eval_plot.h"

#include "ui/views/plot_tools.h"
#include "ui/views/qcp.h"

#include <algorithm>
#include <array>
#include <map>
#include <vector>

#include <QEvent>
#include <QVBoxLayout>

namespace prunescope {

namespace {

struct Look {
    QColor color;
    QCPScatterStyle::ScatterShape shape;
    Qt::PenStyle line;
};

/// Colour, shape and dashes differ together: no two methods differ by colour alone.
Look lookOf(std::size_t method, const Theme& theme) {
    const std::array<QColor, 7> colors{theme.series,
                                       QColor(okabe::kVermillion),
                                       QColor(okabe::kGreen),
                                       QColor(okabe::kPurple),
                                       QColor(okabe::kOrange),
                                       QColor(okabe::kSkyBlue),
                                       theme.ink};
    constexpr std::array kShapes{QCPScatterStyle::ssCircle,
                                 QCPScatterStyle::ssSquare,
                                 QCPScatterStyle::ssDiamond,
                                 QCPScatterStyle::ssTriangle,
                                 QCPScatterStyle::ssTriangleInverted};
    constexpr std::array kLines{Qt::SolidLine, Qt::DashLine, Qt::DotLine};
    return {colors[method % colors.size()],
            kShapes[method % kShapes.size()],
            kLines[(method / colors.size()) % kLines.size()]};
}

void paintAxis(QCPAxis& axis, const Theme& theme, const QFont& font) {
    axis.setBasePen(QPen(theme.ink));
    axis.setTickPen(QPen(theme.ink));
    axis.setSubTickPen(QPen(theme.faint));
    axis.setLabelColor(theme.ink);
    axis.setTickLabelColor(theme.ink);
    axis.setLabelFont(font);
    axis.setTickLabelFont(font);
    QColor grid = theme.faint;
    grid.setAlpha(70);
    axis.grid()->setPen(QPen(grid, 1, Qt::DotLine));
}

}  // namespace

EvalPlot::EvalPlot(QWidget* parent) : QWidget(parent), plot_(new QCustomPlot(this)) {
    setObjectName("evalPlot");
    plot_->setObjectName("evalPlotArea");
    plot_->setAccessibleName(tr("Average score and D against budget"));
    plot_->setMinimumSize(300, 130);
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(0, 0, 0, 0);
    column->addWidget(plot_);
    plot_->plotLayout()->clear();
    scores_ = new QCPAxisRect(plot_);
    shifts_ = new QCPAxisRect(plot_);
    plot_->plotLayout()->addElement(0, 0, scores_);
    plot_->plotLayout()->addElement(0, 1, shifts_);
    auto* legend = new QCPLegend;
    // At the top of its column: alone, its rows would spread over the height.
    auto* side = new QCPLayoutGrid;
    plot_->plotLayout()->addElement(0, 2, side);
    side->addElement(0, 0, legend);
    side->addElement(1, 0, new QCPLayoutElement(plot_));
    side->setRowStretchFactor(0, 0.001);
    legend->setLayer(QStringLiteral("legend"));
    legend->setRowSpacing(0);
    legend->setIconSize(20, 12);
    legend->setMargins(QMargins(4, 2, 4, 2));
    plot_->plotLayout()->setColumnStretchFactor(2, 0.001);
    plot_->plotLayout()->setColumnSpacing(2);
    plot_->legend = legend;
    rebuild();
}

void EvalPlot::setSummary(const Summary& summary) {
    summary_ = summary;
    rebuild();
}

void EvalPlot::changeEvent(QEvent* event) {
    QWidget::changeEvent(event);
    if (event->type() == QEvent::PaletteChange || event->type() == QEvent::FontChange) {
        rebuild();
    }
}

void EvalPlot::addMethods() {
    const Theme& theme = themeFor(palette());
    std::vector<std::string> methods;
    std::map<std::string, std::vector<const SummaryRow*>> rows;
    for (const SummaryRow& row : summary_.rows) {
        if (row.budget > 0 && row.finished > 0) {
            if (rows[row.method].empty()) {
                methods.push_back(row.method);
            }
            rows[row.method].push_back(&row);
        }
    }
    for (std::size_t m = 0; m < methods.size(); ++m) {
        const Look look = lookOf(m, theme);
        for (QCPAxisRect* rect : {scores_, shifts_}) {
            auto* graph = new QCPGraph(rect->axis(QCPAxis::atBottom), rect->axis(QCPAxis::atLeft));
            graph->setPen(QPen(look.color, 1.5, look.line));
            graph->setScatterStyle(
                QCPScatterStyle(look.shape, QPen(look.color, 1.5), theme.background, 6));
            graph->setName(QString::fromStdString(methods[m]));
            if (rect == shifts_) {
                graph->removeFromLegend();
            }
            for (const SummaryRow* row : rows[methods[m]]) {
                if (rect == scores_) {
                    graph->addData(row->budget, row->average.value);
                } else if (row->shift) {
                    graph->addData(row->budget, row->shift->value);
                }
            }
        }
    }
}

void EvalPlot::addReferences() {
    const Theme& theme = themeFor(palette());
    if (summary_.rows.empty() || summary_.rows.front().finished == 0) {
        return;
    }
    auto* unpruned = new QCPGraph(scores_->axis(QCPAxis::atBottom), scores_->axis(QCPAxis::atLeft));
    unpruned->setPen(QPen(theme.ink, 1, Qt::DashDotLine));
    unpruned->setName(tr("unpruned"));
    auto* random = new QCPGraph(shifts_->axis(QCPAxis::atBottom), shifts_->axis(QCPAxis::atLeft));
    random->setPen(QPen(theme.faint, 1.5, Qt::DotLine));
    random->setName(tr("random draws"));
    for (const SummaryRow& row : summary_.rows) {
        if (row.budget > 0) {
            unpruned->addData(row.budget, summary_.rows.front().average.value);
            if (row.null_median) {
                random->addData(row.budget, *row.null_median);
            }
        }
    }
}

void EvalPlot::fitAxes() {
    double least_budget = 1e9;
    double most_budget = 1;
    double least_score = 100;
    double most_score = 0;
    double least_shift = 1e9;
    double most_shift = 0;
    for (const SummaryRow& row : summary_.rows) {
        if (row.finished == 0) {
            continue;
        }
        least_score = std::min(least_score, row.average.value);
        most_score = std::max(most_score, row.average.value);
        if (row.budget > 0) {
            least_budget = std::min<double>(least_budget, row.budget);
            most_budget = std::max<double>(most_budget, row.budget);
        }
        const auto mean = row.shift ? std::optional(row.shift->value) : std::nullopt;
        for (const std::optional<double>& shift : {mean, row.null_median}) {
            if (shift && *shift > 0) {
                least_shift = std::min(least_shift, *shift);
                most_shift = std::max(most_shift, *shift);
            }
        }
    }
    if (least_budget > most_budget) {
        least_budget = 8;
        most_budget = 128;
    }
    // Ticks at the budgets that were run: a decade's own would crowd between 16 and 64.
    const QSharedPointer<QCPAxisTickerText> ticks(new QCPAxisTickerText);
    for (const SummaryRow& row : summary_.rows) {
        if (row.budget > 0) {
            ticks->addTick(row.budget, QString::number(row.budget));
        }
    }
    for (QCPAxisRect* rect : {scores_, shifts_}) {
        QCPAxis& budget = *rect->axis(QCPAxis::atBottom);
        budget.setScaleType(QCPAxis::stLogarithmic);
        budget.setTicker(ticks);
        budget.setRange(least_budget / 1.3, most_budget * 1.3);
    }
    const double margin = std::max(2.0, (most_score - least_score) * 0.08);
    scores_->axis(QCPAxis::atLeft)
        ->setRange(std::max(0.0, std::min(least_score, most_score) - margin), most_score + margin);
    setScale(*shifts_->axis(QCPAxis::atLeft),
             true,
             most_shift > 0 ? least_shift / 1.3 : 0.01,
             most_shift > 0 ? most_shift * 1.3 : 1);
}

void EvalPlot::rebuild() {
    const Theme& theme = themeFor(palette());
    plot_->clearPlottables();
    plot_->setBackground(theme.background);
    for (QCPAxisRect* rect : {scores_, shifts_}) {
        for (const auto type : {QCPAxis::atBottom, QCPAxis::atLeft}) {
            paintAxis(*rect->axis(type), theme, font());
        }
        rect->axis(QCPAxis::atBottom)->setLabel(tr("budget k, log scale"));
    }
    scores_->axis(QCPAxis::atLeft)->setLabel(tr("score (%)"));
    shifts_->axis(QCPAxis::atLeft)->setLabel(tr("D, log scale"));
    addMethods();
    addReferences();
    fitAxes();
    plot_->legend->setVisible(plot_->legend->itemCount() > 0);
    plot_->legend->setFont(font());
    plot_->legend->setTextColor(theme.ink);
    plot_->legend->setBrush(theme.card);
    plot_->legend->setBorderPen(QPen(theme.faint, 1));
    replotSoon(*plot_);
}

}  // namespace prunescope
