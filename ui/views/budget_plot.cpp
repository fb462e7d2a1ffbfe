#include "ui/views/budget_plot.h"

#include "ui/views/plot_tools.h"
#include "ui/views/qcp.h"
#include "ui/views/shift_series.h"

#include <algorithm>
#include <cmath>

#include <QClipboard>
#include <QDoubleSpinBox>
#include <QGuiApplication>
#include <QHBoxLayout>
#include <QLabel>
#include <QMouseEvent>
#include <QToolButton>
#include <QVBoxLayout>

namespace prunescope {

std::optional<int> smallestBudget(const std::vector<BudgetPoint>& curve, double target) {
    for (const BudgetPoint& point : curve) {
        if (point.shift_after <= target) {
            return point.budget;
        }
    }
    return std::nullopt;
}

QString budgetCsv(const std::vector<BudgetPoint>& curve) {
    QString csv = QStringLiteral("budget,shift,shift_after,fired,null_median\n");
    for (const BudgetPoint& point : curve) {
        csv += QStringLiteral("%1,%2,%3,%4,%5\n")
                   .arg(point.budget)
                   .arg(point.shift, 0, 'g', 12)
                   .arg(point.shift_after, 0, 'g', 12)
                   .arg(point.fired ? 1 : 0)
                   .arg(point.null_median, 0, 'g', 12);
    }
    return csv;
}

BudgetPlot::BudgetPlot(Document* document, QWidget* parent) : QWidget(parent), document_(document) {
    setObjectName(QStringLiteral("budgetPlot"));
    plot_ = new QCustomPlot;
    plot_->setObjectName(QStringLiteral("budgetPlotArea"));
    plot_->setAccessibleName(tr("Shift against budget"));
    plot_->setFocusPolicy(Qt::StrongFocus);
    plot_->setMinimumSize(240, 150);
    plot_->installEventFilter(this);
    plot_->addLayer(QStringLiteral("marks"), plot_->layer(QStringLiteral("main")));
    plot_->layer(QStringLiteral("marks"))->setMode(QCPLayer::lmBuffered);
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(0);
    column->addWidget(makeTools());
    column->addWidget(plot_, 1);
    connect(document_, &Document::curveChanged, this, &BudgetPlot::rebuild);
    connect(document_, &Document::settingsChanged, this, &BudgetPlot::takeSettings);
    rebuild();
}

QWidget* BudgetPlot::makeTools() {
    auto* tools = new QWidget;
    log_x_ = makePlotButton(QStringLiteral("budgetLogX"),
                            tr("Log k"),
                            tr("Logarithmic budget axis; the axis says so."),
                            true,
                            tools);
    log_x_->setChecked(true);
    log_y_ = makePlotButton(QStringLiteral("budgetLogY"),
                            tr("Log D"),
                            tr("Logarithmic shift axis; the axis says so."),
                            true,
                            tools);
    auto* copy = makePlotButton(QStringLiteral("budgetCopyCsv"),
                                tr("Copy data"),
                                tr("Copy the numbers as CSV."),
                                false,
                                tools);
    state_ = new QLabel;
    state_->setObjectName(QStringLiteral("budgetState"));
    state_->setSizePolicy(QSizePolicy::Ignored, QSizePolicy::Preferred);
    target_ = new QDoubleSpinBox;
    target_->setObjectName(QStringLiteral("shiftTarget"));
    target_->setAccessibleName(tr("Largest D accepted"));
    target_->setToolTip(tr("The smallest budget whose D stays at or below this is marked."));
    target_->setRange(0, 10);
    target_->setDecimals(3);
    target_->setSingleStep(0.01);
    target_->setSpecialValueText(tr("off"));
    auto* label = new QLabel(tr("Target D"));
    label->setBuddy(target_);
    apply_ = makePlotButton(QStringLiteral("applyTarget"), tr("Use k"), QString(), false, tools);
    auto* row = new QHBoxLayout(tools);
    row->setContentsMargins(6, 2, 6, 0);
    for (QWidget* part : {static_cast<QWidget*>(log_x_),
                          static_cast<QWidget*>(log_y_),
                          static_cast<QWidget*>(copy)}) {
        row->addWidget(part);
    }
    row->addWidget(state_, 1);
    row->addWidget(label);
    row->addWidget(target_);
    row->addWidget(apply_);
    connect(log_x_, &QToolButton::toggled, this, &BudgetPlot::rebuild);
    connect(log_y_, &QToolButton::toggled, this, &BudgetPlot::rebuild);
    connect(copy, &QToolButton::clicked, this, &BudgetPlot::copyCsv);
    connect(target_, &QDoubleSpinBox::valueChanged, this, &BudgetPlot::takeTarget);
    connect(apply_, &QToolButton::clicked, this, [this] {
        if (const auto budget = smallestBudget(document_->curve(), target_->value())) {
            Q_EMIT budgetChosen(*budget);
            Q_EMIT budgetReleased();
        }
    });
    return tools;
}

void BudgetPlot::addCurves() {
    const Theme& theme = themeFor(palette());
    QCPGraph* null_line = plot_->addGraph();
    QColor null_color = theme.band;
    null_color.setAlpha(255);
    null_line->setPen(QPen(null_color, 1.5, Qt::DotLine));
    null_line->setName(tr("random draws, median"));
    QCPGraph* before = plot_->addGraph();
    before->setPen(QPen(theme.series, 1.5));
    before->setScatterStyle(
        QCPScatterStyle(QCPScatterStyle::ssCircle, QPen(theme.series, 1.5), theme.background, 6));
    before->setName(tr("D before re-selection"));
    QCPGraph* after = plot_->addGraph();
    after->setPen(QPen(theme.fired, 1.5, Qt::DashLine));
    after->setScatterStyle(
        QCPScatterStyle(QCPScatterStyle::ssDiamond, QPen(theme.fired, 1.5), theme.fired, 7));
    after->setName(tr("D of what is kept, where it fired"));
    double least = 1e9;
    double most = 0;
    int largest_budget = 1;
    for (const BudgetPoint& point : document_->curve()) {
        before->addData(point.budget, point.shift);
        null_line->addData(point.budget, point.null_median);
        if (point.fired) {
            after->addData(point.budget, point.shift_after);
        }
        for (const double value : {point.shift, point.shift_after, point.null_median}) {
            least = value > 0 ? std::min(least, value) : least;
            most = std::max(most, value);
        }
        largest_budget = std::max(largest_budget, point.budget);
    }
    setScale(*plot_->yAxis, log_y_->isChecked(), std::min(least, 1.0), most);
    setScale(*plot_->xAxis, log_x_->isChecked(), 1.4, largest_budget);
    plot_->xAxis->setRangeUpper(largest_budget * (log_x_->isChecked() ? 1.15 : 1.03));
    plot_->legend->setVisible(!document_->curve().empty());
    plot_->legend->setFont(font());
    plot_->legend->setTextColor(theme.ink);
    plot_->legend->setBrush(theme.card);
    plot_->legend->setBorderPen(QPen(theme.faint, 1));
}

void BudgetPlot::addMarks() {
    const Theme& theme = themeFor(palette());
    const auto line = [this](const QPen& pen) {
        auto* item = new QCPItemStraightLine(plot_);
        item->setLayer(QStringLiteral("marks"));
        item->setPen(pen);
        return item;
    };
    current_ = line(QPen(theme.ink, 2));
    target_line_ = line(QPen(theme.threshold, 1.5, Qt::DashDotLine));
    target_mark_ = line(QPen(theme.threshold, 1.5, Qt::DashDotLine));
    current_label_ = new QCPItemText(plot_);
    current_label_->setLayer(QStringLiteral("marks"));
    current_label_->setColor(theme.ink);
    current_label_->setFont(font());
    current_label_->setBrush(theme.card);
    current_label_->setPadding(QMargins(4, 1, 4, 1));
    current_label_->setPositionAlignment(Qt::AlignLeft | Qt::AlignBottom);
    current_label_->position->setTypeY(QCPItemPosition::ptAxisRectRatio);
}

void BudgetPlot::rebuild() {
    plot_->clearPlottables();
    plot_->clearItems();
    applyTheme(*plot_, themeFor(palette()));
    plot_->yAxis->setLabel(shiftAxisLabel(log_y_->isChecked()));
    plot_->xAxis->setLabel(log_x_->isChecked() ? tr("budget k (tokens), log scale")
                                               : tr("budget k (tokens), linear"));
    plot_->setToolTip(metricHelp(QString::fromStdString(document_->settings().metric)));
    addCurves();
    addMarks();
    const auto n = document_->curve().size();
    state_->setText(n == 0 ? tr("no curve yet")
                           : (document_->curveComplete() ? tr("%1 budgets").arg(n)
                                                         : tr("%1 budgets so far …").arg(n)));
    takeTarget();
    takeSettings();
}

void BudgetPlot::takeSettings() {
    const int budget = document_->settings().budget;
    current_->point1->setCoords(budget, 1e-6);
    current_->point2->setCoords(budget, 1);
    const bool is_right = plot_->xAxis->coordToPixel(budget) > plot_->axisRect()->center().x();
    current_label_->setPositionAlignment((is_right ? Qt::AlignRight : Qt::AlignLeft) |
                                         Qt::AlignBottom);
    current_label_->position->setCoords(budget, 0.88);
    current_label_->setText(tr("k = %1").arg(budget));
    plot_->replot(QCustomPlot::rpQueuedReplot);
}

void BudgetPlot::takeTarget() {
    const double target = target_->value();
    const bool is_on = target > 0;
    const auto budget = smallestBudget(document_->curve(), target);
    target_line_->setVisible(is_on);
    target_mark_->setVisible(is_on && budget.has_value());
    target_line_->point1->setCoords(1, target);
    target_line_->point2->setCoords(2, target);
    if (budget) {
        target_mark_->point1->setCoords(*budget, 1e-6);
        target_mark_->point2->setCoords(*budget, 1);
    }
    apply_->setEnabled(is_on && budget.has_value());
    apply_->setText(is_on && budget ? tr("Use k = %1").arg(*budget) : tr("Use k"));
    apply_->setToolTip(!is_on
                           ? tr("Set a target first.")
                           : (budget ? tr("Smallest budget of the curve with D ≤ %1.").arg(target)
                                     : tr("No budget of the curve reaches D ≤ %1.").arg(target)));
    plot_->replot(QCustomPlot::rpQueuedReplot);
}

void BudgetPlot::choose(double x_pixel) {
    if (document_->curve().empty()) {
        return;
    }
    const int most = document_->curve().back().budget;
    const auto budget = static_cast<int>(std::lround(plot_->xAxis->pixelToCoord(x_pixel)));
    const int chosen = std::clamp(budget, 1, most);
    if (chosen != last_chosen_) {
        last_chosen_ = chosen;
        Q_EMIT budgetChosen(chosen);
    }
}

bool BudgetPlot::eventFilter(QObject* watched, QEvent* event) {
    if (watched != plot_) {
        return QWidget::eventFilter(watched, event);
    }
    auto* mouse = static_cast<QMouseEvent*>(event);
    if (event->type() == QEvent::MouseButtonPress && mouse->button() == Qt::LeftButton) {
        is_dragging_ = true;
        last_chosen_ = document_->settings().budget;
        choose(mouse->position().x());
        return true;
    }
    if (event->type() == QEvent::MouseMove && is_dragging_) {
        choose(mouse->position().x());
        return true;
    }
    if (event->type() == QEvent::MouseButtonRelease && is_dragging_) {
        is_dragging_ = false;
        Q_EMIT budgetReleased();
        return true;
    }
    return QWidget::eventFilter(watched, event);
}

void BudgetPlot::copyCsv() const {
    QGuiApplication::clipboard()->setText(budgetCsv(document_->curve()));
}

void BudgetPlot::changeEvent(QEvent* event) {
    if (event->type() == QEvent::PaletteChange) {
        rebuild();
    }
    QWidget::changeEvent(event);
}

}  // namespace prunescope
