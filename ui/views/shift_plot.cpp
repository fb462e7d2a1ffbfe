#include "ui/views/shift_plot.h"

#include "ui/views/plot_tools.h"
#include "ui/views/qcp.h"

#include <algorithm>
#include <cmath>

#include <QClipboard>
#include <QGuiApplication>
#include <QHBoxLayout>
#include <QLabel>
#include <QMouseEvent>
#include <QToolButton>
#include <QVBoxLayout>

namespace prunescope {

namespace {

constexpr double kGrip_px = 7;

}  // namespace

ShiftPlot::ShiftPlot(Document* document, SelectionModel* selection, QWidget* parent)
    : QWidget(parent), document_(document), selection_(selection) {
    setObjectName(QStringLiteral("shiftPlot"));
    plot_ = new QCustomPlot;
    plot_->setObjectName(QStringLiteral("shiftPlotArea"));
    plot_->setAccessibleName(tr("Shift per pruning layer"));
    plot_->setFocusPolicy(Qt::StrongFocus);
    plot_->setMinimumSize(240, 150);
    plot_->setNoAntialiasingOnDrag(false);
    plot_->installEventFilter(this);
    chart_ = std::make_unique<ShiftChart>(plot_);
    log_ = makePlotButton(QStringLiteral("shiftLog"),
                          tr("Log"),
                          tr("Logarithmic or linear scale; the axis says which."),
                          true,
                          this);
    tokens_ = makePlotButton(QStringLiteral("shiftTokens"),
                             tr("Tokens"),
                             tr("Kept tokens per layer on the right axis."),
                             true,
                             this);
    auto* copy = makePlotButton(QStringLiteral("shiftCopyCsv"),
                                tr("Copy data"),
                                tr("Copy the numbers as CSV."),
                                false,
                                this);
    read_out_ = new QLabel;
    read_out_->setObjectName(QStringLiteral("shiftReadOut"));
    read_out_->setMinimumWidth(0);
    read_out_->setSizePolicy(QSizePolicy::Ignored, QSizePolicy::Preferred);
    auto* tools = new QHBoxLayout;
    tools->setContentsMargins(6, 2, 6, 0);
    tools->addWidget(log_);
    tools->addWidget(tokens_);
    tools->addWidget(copy);
    tools->addWidget(read_out_, 1);
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(0);
    column->addLayout(tools);
    column->addWidget(plot_, 1);
    parts_ = new QLabel;
    parts_->setObjectName(QStringLiteral("shiftParts"));
    parts_->setContentsMargins(8, 0, 8, 3);
    parts_->setMinimumWidth(0);
    parts_->setSizePolicy(QSizePolicy::Ignored, QSizePolicy::Preferred);
    column->addWidget(parts_);
    connect(log_, &QToolButton::toggled, this, &ShiftPlot::rebuild);
    connect(tokens_, &QToolButton::toggled, this, &ShiftPlot::rebuild);
    connect(copy, &QToolButton::clicked, this, &ShiftPlot::copyCsv);
    connect(document_, &Document::traceChanged, this, &ShiftPlot::rebuild);
    connect(document_, &Document::settingsChanged, this, &ShiftPlot::takeSettings);
    connect(selection_, &SelectionModel::viewChanged, this, &ShiftPlot::rebuild);
    connect(selection_, &SelectionModel::stageChanged, this, &ShiftPlot::takeStage);
    exposeRows(plot_);
    rebuild();
}

void ShiftPlot::compareWith(Reference* reference) {
    reference_ = reference;
    connect(reference_, &Reference::traceChanged, this, &ShiftPlot::rebuild);
    rebuild();
}

void ShiftPlot::rebuild() {
    const TracePtr trace = document_->trace();
    const ShiftSeries series = trace ? makeShiftSeries(*trace, selection_->view()) : ShiftSeries{};
    const TracePtr other = reference_ != nullptr ? reference_->trace() : nullptr;
    const bool is_same_metric = trace && other && trace->settings.metric == other->settings.metric;
    chart_->setReference(is_same_metric ? std::optional(makeShiftSeries(*other, selection_->view()))
                                        : std::nullopt);
    chart_->show(series, themeFor(palette()), log_->isChecked(), tokens_->isChecked());
    plot_->setToolTip(QStringList{metricHelp(series.metric, series.place), aheadHelp()}
                          .join(QLatin1Char('\n'))
                          .trimmed());
    const QString parts = partsText(series);
    if (parts_->text() != parts) {
        parts_->setVisible(!parts.isEmpty());
        parts_->setText(parts);
    }
    parts_->setToolTip(channelsHelp(series));
    if (canDrag() && !is_dragging_) {
        chart_->setTau(document_->settings().tau, false);
    }
    describeTau();
    chart_->setCurrentStage(selection_->stage());
    replotSoon(*plot_);
    announceRows(plot_);
}

void ShiftPlot::takeSettings() {
    if (canDrag() && !is_dragging_ && chart_->tau() != document_->settings().tau) {
        chart_->setTau(document_->settings().tau, false);
        replotSoon(*plot_);
        announceValue(plot_, chart_->tau());
    }
}

void ShiftPlot::takeStage() {
    chart_->setCurrentStage(selection_->stage());
    replotSoon(*plot_);
    announceSelection(plot_);
    announceCurrentRow(plot_, currentRow());
}

QString ShiftPlot::rowsCaption() const {
    return intervalText(chart_->series(), chart_->tau());
}

int ShiftPlot::rowCount() const {
    return static_cast<int>(chart_->series().points.size());
}

QString ShiftPlot::rowName(int point) const {
    return chart_->series().points[static_cast<std::size_t>(point)].label;
}

QRect ShiftPlot::rowRect(int point) const {
    const auto left = static_cast<int>(plot_->xAxis->coordToPixel(point - 0.5));
    const auto right = static_cast<int>(plot_->xAxis->coordToPixel(point + 0.5));
    const QRect area = plot_->axisRect()->rect();
    return QRect(left, area.top(), right - left, area.height()).intersected(area);
}

bool ShiftPlot::isRowSelected(int point) const {
    return chart_->series().points[static_cast<std::size_t>(point)].stage == selection_->stage();
}

void ShiftPlot::selectRow(int point, bool selected) {
    if (selected) {
        selection_->setStage(chart_->series().points[static_cast<std::size_t>(point)].stage);
    }
}

int ShiftPlot::currentRow() const {
    for (int point = 0; point < rowCount(); ++point) {
        if (isRowSelected(point)) {
            return point;
        }
    }
    return -1;
}

std::optional<double> ShiftPlot::rowsValue() const {
    return canDrag() ? std::optional(chart_->tau()) : std::nullopt;
}

void ShiftPlot::setRowsValue(double tau) {
    if (canDrag()) {
        setTau(std::max(0.0, tau));
    }
}

bool ShiftPlot::canDrag() const {
    const ShiftSeries& series = chart_->series();
    return series.uses_threshold && series.trigger == Trigger::Auto;
}

bool ShiftPlot::isOnTau(QPointF at) const {
    return canDrag() && std::abs(at.y() - chart_->tauPixel()) <= kGrip_px &&
           plot_->axisRect()->rect().contains(at.toPoint());
}

QString ShiftPlot::pointText(int point) const {
    if (point < 0) {
        return {};
    }
    const ShiftPoint& at = chart_->series().points[static_cast<std::size_t>(point)];
    QString said = tr("%1 · %2 tokens").arg(at.label).arg(at.tokens_out);
    if (at.before) {
        said += tr(" · D %1").arg(*at.before, 0, 'g', 3);
    }
    if (at.after) {
        said += tr(" → %1 after re-selection").arg(*at.after, 0, 'g', 3);
    } else if (at.before) {
        said += tr(" · not fired");
    }
    return said;
}

bool ShiftPlot::eventFilter(QObject* watched, QEvent* event) {
    if (watched == plot_) {
        switch (event->type()) {
            case QEvent::MouseButtonPress:
                return press(static_cast<QMouseEvent*>(event));
            case QEvent::MouseMove:
                return move(static_cast<QMouseEvent*>(event));
            case QEvent::MouseButtonRelease:
                return release(static_cast<QMouseEvent*>(event));
            case QEvent::MouseButtonDblClick:
                resetAxes();
                return true;
            case QEvent::ContextMenu:
                return menu(static_cast<QContextMenuEvent*>(event));
            case QEvent::KeyPress:
                return key(static_cast<QKeyEvent*>(event));
            default:
                break;
        }
    }
    return QWidget::eventFilter(watched, event);
}

bool ShiftPlot::press(QMouseEvent* event) {
    if (event->button() != Qt::LeftButton) {
        return false;
    }
    plot_->setFocus(Qt::MouseFocusReason);
    if (isOnTau(event->position())) {
        is_dragging_ = true;
        return true;
    }
    const int point = chart_->pointAt(event->position().x());
    if (point >= 0) {
        selection_->setStage(chart_->series().points[static_cast<std::size_t>(point)].stage);
    }
    return true;
}

bool ShiftPlot::move(QMouseEvent* event) {
    if (!is_dragging_) {
        plot_->setCursor(isOnTau(event->position()) ? Qt::SizeVerCursor : Qt::ArrowCursor);
        read_out_->setText(pointText(chart_->pointAt(event->position().x())));
        return false;
    }
    const double y = event->position().y();
    double tau = std::max(0.0, plot_->yAxis->pixelToCoord(y));
    if (event->modifiers().testFlag(Qt::ControlModifier)) {
        tau = snapped(tau, y);
    }
    moveTau(tau);
    return true;
}

bool ShiftPlot::release(QMouseEvent* /*event*/) {
    if (!is_dragging_) {
        return false;
    }
    is_dragging_ = false;
    Q_EMIT tauReleased();
    return true;
}

void ShiftPlot::resetAxes() {
    rebuild();
}

QString ShiftPlot::csv() const {
    return shiftCsv(chart_->series());
}

void ShiftPlot::copyCsv() const {
    QGuiApplication::clipboard()->setText(csv());
}

QByteArray ShiftPlot::file(const QString& ending, double dpi) const {
    const TracePtr trace = document_->trace();
    if (!trace) {
        return {};
    }
    const ShiftLook look{log_->isChecked(), tokens_->isChecked(), chart_->reference()};
    return shiftPlotFile(*trace, selection_->view(), look, ending, dpi);
}

void ShiftPlot::changeEvent(QEvent* event) {
    if (event->type() == QEvent::PaletteChange) {
        rebuild();
    }
    QWidget::changeEvent(event);
}

}  // namespace prunescope
