#include "ui/views/budget_plot.h"

#include "core/prune/catalog.h"
#include "ui/views/plot_tools.h"
#include "ui/views/qcp.h"
#include "ui/views/shift_series.h"

#include <algorithm>
#include <cmath>
#include <iterator>

#include <QClipboard>
#include <QDoubleSpinBox>
#include <QGuiApplication>
#include <QHBoxLayout>
#include <QKeyEvent>
#include <QLabel>
#include <QMouseEvent>
#include <QToolButton>
#include <QVBoxLayout>

namespace prunescope {

namespace {

// A linear axis of many methods spans what the paper's figure of shift against kept tokens does.
constexpr int kFirstBudget = 10;
constexpr int kLastBudget = 100;

}  // namespace

std::optional<int> smallestBudget(const std::vector<BudgetPoint>& curve, double target) {
    for (const BudgetPoint& point : curve) {
        if (point.shift_after <= target) {
            return point.budget;
        }
    }
    return std::nullopt;
}

BudgetPlot::BudgetPlot(Document* document, QWidget* parent) : QWidget(parent), document_(document) {
    setObjectName(QStringLiteral("budgetPlot"));
    plot_ = new QCustomPlot;
    plot_->setObjectName(QStringLiteral("budgetPlotArea"));
    plot_->setAccessibleName(tr("Shift against budget"));
    plot_->setFocusPolicy(Qt::StrongFocus);
    plot_->setMinimumSize(240, 150);
    plot_->setMouseTracking(true);
    plot_->installEventFilter(this);
    chart_ = std::make_unique<BudgetChart>(plot_);
    plot_->addLayer(QStringLiteral("marks"), plot_->layer(QStringLiteral("main")));
    plot_->layer(QStringLiteral("marks"))->setMode(QCPLayer::lmBuffered);
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(0);
    column->addWidget(makeTools());
    column->addWidget(plot_, 1);
    connect(document_, &Document::curveChanged, this, &BudgetPlot::rebuild);
    connect(document_, &Document::settingsChanged, this, &BudgetPlot::takeSettings);
    exposeRows(plot_);
    rebuild();
}

QWidget* BudgetPlot::makeTools() {
    auto* tools = new QWidget;
    all_ = makePlotButton(QStringLiteral("budgetAll"),
                          tr("All methods"),
                          tr("The curves of all methods, computed in the background. The linear "
                             "budget axis then goes from 10 to 100, as in the paper's figure."),
                          true,
                          tools);
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
    for (QWidget* part : {static_cast<QWidget*>(all_),
                          static_cast<QWidget*>(log_x_),
                          static_cast<QWidget*>(log_y_),
                          static_cast<QWidget*>(copy)}) {
        row->addWidget(part);
    }
    row->addWidget(state_, 1);
    row->addWidget(label);
    row->addWidget(target_);
    row->addWidget(apply_);
    connect(all_, &QToolButton::toggled, this, [this](bool on) {
        log_x_->setChecked(!on);
        rebuild();
        Q_EMIT allMethodsWanted(on);
    });
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
    const BudgetSeries series = makeSeries();
    chart_->show(series, themeFor(palette()), log_x_->isChecked(), log_y_->isChecked());
    plot_->setToolTip(metricHelp(series.metric, series.place));
    addMarks();
    showState();
    takeTarget();
    takeSettings();
}

BudgetSeries BudgetPlot::makeSeries() const {
    const RunSettings& settings = document_->settings();
    BudgetSeries series;
    series.metric = QString::fromStdString(settings.metric);
    series.place = settings.place;
    series.current = QString::fromStdString(settings.method);
    series.compares = all_->isChecked();
    if (series.compares) {
        series.first_budget = kFirstBudget;
        series.last_budget = kLastBudget;
    }
    if (!document_->curve().empty()) {
        series.curves.push_back({settings.method, document_->curve()});
    }
    if (series.compares) {
        for (const MethodCurve& curve : document_->methodCurves()) {
            if (curve.method != settings.method) {
                series.curves.push_back(curve);
            }
        }
        // In the order of the catalog, whatever the order they came in.
        std::ranges::stable_sort(series.curves, {}, [](const MethodCurve& curve) {
            const auto& methods = methodCatalog();
            return std::ranges::find(methods, curve.method, &MethodSpec::id) - methods.begin();
        });
    }
    return series;
}

void BudgetPlot::showState() {
    const auto n = document_->curve().size();
    if (n == 0) {
        state_->setText(tr("no curve yet"));
    } else if (all_->isChecked()) {
        state_->setText(
            tr("%n method(s)", nullptr, static_cast<int>(chart_->series().curves.size())));
    } else {
        state_->setText(document_->curveComplete() ? tr("%1 budgets").arg(n)
                                                   : tr("%1 budgets so far …").arg(n));
    }
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
    plot_->setAccessibleDescription(tr("k = %1").arg(budget));
    announceValue(plot_, budget);
    replotSoon(*plot_);
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
    replotSoon(*plot_);
}

void BudgetPlot::choose(double x_pixel) {
    if (document_->curve().empty()) {
        return;
    }
    chooseBudget(static_cast<int>(std::lround(plot_->xAxis->pixelToCoord(x_pixel))));
}

void BudgetPlot::chooseBudget(int budget) {
    if (document_->curve().empty()) {
        return;
    }
    const int chosen = std::clamp(budget, 1, document_->curve().back().budget);
    if (chosen != last_chosen_) {
        last_chosen_ = chosen;
        Q_EMIT budgetChosen(chosen);
    }
}

// One token fewer or more, or the next budget of the curve.
bool BudgetPlot::key(int key) {
    const std::vector<BudgetPoint>& curve = document_->curve();
    const int now = document_->settings().budget;
    int budget = now;
    if (key == Qt::Key_Left || key == Qt::Key_Right) {
        budget = now + (key == Qt::Key_Left ? -1 : 1);
    } else if (key == Qt::Key_PageDown) {
        const auto next = std::ranges::lower_bound(curve, now, {}, &BudgetPoint::budget);
        budget = next == curve.begin() ? now : std::prev(next)->budget;
    } else if (key == Qt::Key_PageUp) {
        const auto next = std::ranges::upper_bound(curve, now, {}, &BudgetPoint::budget);
        budget = next == curve.end() ? now : next->budget;
    } else {
        return false;
    }
    setRowsValue(budget);
    return true;
}

QString BudgetPlot::rowsCaption() const {
    return state_->text();
}

int BudgetPlot::rowCount() const {
    return static_cast<int>(document_->curve().size());
}

QString BudgetPlot::rowName(int point) const {
    return tr("k = %1").arg(document_->curve()[static_cast<std::size_t>(point)].budget);
}

QString BudgetPlot::rowText(int point) const {
    const BudgetPoint& at = document_->curve()[static_cast<std::size_t>(point)];
    QString said = tr("k = %1 · D %2").arg(at.budget).arg(at.shift, 0, 'g', 3);
    if (at.fired) {
        said += tr(" → %1 after re-selection").arg(at.shift_after, 0, 'g', 3);
    }
    return said + tr(" · random %1").arg(at.null_median, 0, 'g', 3);
}

QRect BudgetPlot::rowRect(int point) const {
    const BudgetPoint& at = document_->curve()[static_cast<std::size_t>(point)];
    constexpr int kHalf = 6;
    const auto x = static_cast<int>(plot_->xAxis->coordToPixel(at.budget));
    const QRect area = plot_->axisRect()->rect();
    return QRect(x - kHalf, area.top(), 2 * kHalf, area.height()).intersected(area);
}

bool BudgetPlot::isRowSelected(int point) const {
    return document_->curve()[static_cast<std::size_t>(point)].budget ==
           document_->settings().budget;
}

void BudgetPlot::selectRow(int point, bool selected) {
    if (selected) {
        setRowsValue(document_->curve()[static_cast<std::size_t>(point)].budget);
    }
}

int BudgetPlot::currentRow() const {
    for (int point = 0; point < rowCount(); ++point) {
        if (isRowSelected(point)) {
            return point;
        }
    }
    return -1;
}

std::optional<double> BudgetPlot::rowsValue() const {
    return document_->settings().budget;
}

void BudgetPlot::setRowsValue(double budget) {
    last_chosen_ = document_->settings().budget;
    chooseBudget(static_cast<int>(std::lround(budget)));
    Q_EMIT budgetReleased();
}

bool BudgetPlot::eventFilter(QObject* watched, QEvent* event) {
    if (watched == plot_) {
        switch (event->type()) {
            case QEvent::KeyPress:
                return key(static_cast<QKeyEvent*>(event)->key());
            case QEvent::MouseButtonPress:
                return press(static_cast<QMouseEvent*>(event));
            case QEvent::MouseMove:
                return move(static_cast<QMouseEvent*>(event));
            case QEvent::MouseButtonRelease:
                return release();
            default:
                break;
        }
    }
    return QWidget::eventFilter(watched, event);
}

bool BudgetPlot::press(QMouseEvent* event) {
    if (event->button() != Qt::LeftButton) {
        return false;
    }
    is_dragging_ = true;
    last_chosen_ = document_->settings().budget;
    choose(event->position().x());
    return true;
}

bool BudgetPlot::move(QMouseEvent* event) {
    if (is_dragging_) {
        choose(event->position().x());
        return true;
    }
    const QString said = chart_->describe(event->position());
    if (said.isEmpty()) {
        showState();
    } else {
        state_->setText(said);
    }
    return false;
}

bool BudgetPlot::release() {
    if (!is_dragging_) {
        return false;
    }
    is_dragging_ = false;
    Q_EMIT budgetReleased();
    return true;
}

QByteArray BudgetPlot::file(const QString& ending, double dpi, const QByteArray& state) const {
    if (document_->curve().empty()) {
        return {};
    }
    return budgetPlotFile(
        chart_->series(), log_x_->isChecked(), log_y_->isChecked(), ending, dpi, state);
}

QString BudgetPlot::csv() const {
    return QString::fromStdString(curveCsv(chart_->series().curves));
}

void BudgetPlot::copyCsv() const {
    QGuiApplication::clipboard()->setText(csv());
}

void BudgetPlot::changeEvent(QEvent* event) {
    if (event->type() == QEvent::PaletteChange) {
        rebuild();
    }
    QWidget::changeEvent(event);
}

}  // namespace prunescope
