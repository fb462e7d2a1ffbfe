#include "ui/views/shift_chart.h"

#include "core/session/figure_state.h"
#include "ui/views/plot_tools.h"
#include "ui/views/qcp.h"

#include <algorithm>
#include <cmath>

#include <QCoreApplication>
#include <QFileInfo>

namespace prunescope {

namespace {

QString text(const char* source) {
    return QCoreApplication::translate("ShiftPlot", source);
}

QString number(double value) {
    return QLocale().toString(value, 'g', 3);
}

/// A graph of markers without a line.
QCPGraph* addMarkers(QCustomPlot* plot, const QCPScatterStyle& style, const QString& name) {
    QCPGraph* graph = plot->addGraph();
    graph->setLineStyle(QCPGraph::lsNone);
    graph->setScatterStyle(style);
    graph->setName(name);
    return graph;
}

}  // namespace

ShiftChart::ShiftChart(QCustomPlot* plot) : plot_(plot) {
    plot_->addLayer(QStringLiteral("tau"), plot_->layer(QStringLiteral("main")));
    plot_->layer(QStringLiteral("tau"))->setMode(QCPLayer::lmBuffered);
    plot_->addLayer(QStringLiteral("current"), plot_->layer(QStringLiteral("grid")));
    plot_->layer(QStringLiteral("current"))->setMode(QCPLayer::lmBuffered);
}

void ShiftChart::show(const ShiftSeries& series,
                      const Theme& theme,
                      bool logarithmic,
                      bool tokens) {
    const bool is_same_axis = series.metric == series_.metric && series.place == series_.place;
    series_ = series;
    plot_->clearPlottables();
    plot_->clearItems();
    applyTheme(*plot_, theme);
    plot_->yAxis->setLabel(shiftAxisLabel(series.metric, series.place, logarithmic));
    double smallest = series.smallestPositive();
    double largest = series.largest();
    if (reference_) {
        smallest = std::min(smallest, reference_->smallestPositive());
        largest = std::max(largest, reference_->largest());
    }
    // The bands come in a moment: meanwhile the axis has room for those of the run before, and does
    // not move twice.
    if (series.awaits_null_bands && is_same_axis && extent_) {
        smallest = std::min(smallest, extent_->first);
        largest = std::max(largest, extent_->second);
    } else {
        extent_ = {smallest, largest};
    }
    setScale(*plot_->yAxis, logarithmic, smallest, largest);
    addPlaces();
    plot_->yAxis2->setVisible(tokens);
    current_ = new QCPItemStraightLine(plot_);
    current_->setLayer(QStringLiteral("current"));
    QColor shade = theme.faint;
    shade.setAlpha(90);
    current_->setPen(QPen(shade, 9));
    current_->setVisible(false);
    addNullBand(theme);
    if (tokens) {
        addTokens(theme);
    }
    addReference(theme);
    addCurve(theme);
    addArrows(theme);
    if (series.uses_threshold) {
        addThreshold(theme);
        addAhead(theme);
    }
    setTau(series.threshold, false);
}

void ShiftChart::addPlaces() {
    const auto ticker = QSharedPointer<QCPAxisTickerText>::create();
    for (std::size_t i = 0; i < series_.points.size(); ++i) {
        QString label = series_.points[i].label;
        label.replace(QLatin1Char(' '), QLatin1Char('\n'));  // neighbours have little room
        ticker->addTick(static_cast<double>(i), label);
    }
    plot_->xAxis->setTicker(ticker);
    plot_->xAxis->setSubTicks(false);
    plot_->xAxis->setRange(-0.6, std::max(0.6, static_cast<double>(series_.points.size()) - 0.4));
    plot_->xAxis->setLabel(text(QT_TRANSLATE_NOOP("ShiftPlot", "after layer")));
}

void ShiftChart::addNullBand(const Theme& theme) {
    QCPGraph* low = plot_->addGraph();
    QCPGraph* high = plot_->addGraph();
    low->setPen(Qt::NoPen);
    QColor edge = theme.band;
    edge.setAlpha(255);
    high->setPen(QPen(edge, 1, Qt::DotLine));
    low->setName(QStringLiteral("null 5 %"));
    int fewest = 0;
    for (std::size_t i = 0; i < series_.points.size(); ++i) {
        const NullBand& band = series_.points[i].null_band;
        if (band.draws == 0 || !std::isfinite(band.p5) || !std::isfinite(band.p95)) {
            continue;
        }
        fewest = fewest == 0 ? band.draws : std::min(fewest, band.draws);
        // A step of its place's width, so that a single place shows a band too.
        for (const double x : {static_cast<double>(i) - 0.3, static_cast<double>(i) + 0.3}) {
            low->addData(x, band.p5);
            high->addData(x, band.p95);
        }
    }
    // Metrics that are dear at a large k take fewer draws, and the band is rougher.
    high->setName(
        fewest == 0 ? text(QT_TRANSLATE_NOOP("ShiftPlot", "random draws, 5–95 %"))
                    : text(QT_TRANSLATE_NOOP("ShiftPlot", "%1 random draws, 5–95 %")).arg(fewest));
    high->setBrush(theme.band);
    high->setChannelFillGraph(low);
}

void ShiftChart::addCurve(const Theme& theme) {
    QCPGraph* line = plot_->addGraph();
    line->setPen(QPen(theme.series, 1.5));
    const QCPScatterStyle open(
        QCPScatterStyle::ssCircle, QPen(theme.series, 1.75), theme.background, 8);
    const QCPScatterStyle fired(
        QCPScatterStyle::ssDiamond, QPen(theme.fired, 1.5), theme.fired, 11);
    QCPGraph* rest = addMarkers(plot_, open, QStringLiteral("D"));
    QCPGraph* hits = addMarkers(plot_, fired, QStringLiteral("D, fired"));
    for (std::size_t i = 0; i < series_.points.size(); ++i) {
        const ShiftPoint& point = series_.points[i];
        if (!point.before || !std::isfinite(*point.before)) {
            continue;
        }
        const double x = static_cast<double>(i);
        if (series_.place == ShiftPlace::Projected && i > 0 &&
            point.site.kind == Site::Kind::AfterEncoder &&
            series_.points[i - 1].site.kind == Site::Kind::EncoderLayer) {
            line->addData(x - 0.5, qQNaN());  // another space: no line leads there
        }
        line->addData(x, *point.before);
        (point.after && series_.fired ? hits : rest)->addData(x, *point.before);
    }
}

// Dashes and squares: told from the strong curve without colour.
void ShiftChart::addReference(const Theme& theme) {
    if (!reference_ || series_.points.empty()) {
        return;
    }
    QColor ink = theme.ink;
    ink.setAlpha(190);
    QCPGraph* line = plot_->addGraph();
    line->setPen(QPen(ink, 1.25, Qt::DashLine));
    line->setScatterStyle(
        QCPScatterStyle(QCPScatterStyle::ssSquare, QPen(ink, 1.25), theme.background, 7));
    line->setName(QStringLiteral("B"));
    double last_x = 0;
    double last_y = 0;
    for (const ShiftPoint& point : reference_->points) {
        const std::optional<double> value =
            point.after && reference_->accepted ? point.after : point.before;
        if (value) {
            last_x = placeOf(point.site, series_.points);
            last_y = *value;
            line->addData(last_x, last_y);
        }
    }
    if (line->dataCount() == 0) {
        return;
    }
    auto* label = new QCPItemText(plot_);
    label->setPositionAlignment(Qt::AlignLeft | Qt::AlignVCenter);
    label->position->setCoords(last_x + 0.06, last_y);
    label->setText(QStringLiteral("B"));
    label->setColor(theme.ink);
    QFont bold = plot_->font();
    bold.setBold(true);
    label->setFont(bold);
    label->setPadding(QMargins(3, 1, 3, 1));
}

void ShiftChart::addArrows(const Theme& theme) {
    const QCPScatterStyle after_style(
        QCPScatterStyle::ssDiamond, QPen(theme.fired, 1.5), theme.background, 10);
    QCPGraph* after = addMarkers(plot_, after_style, QStringLiteral("D after"));
    for (std::size_t i = 0; i < series_.points.size(); ++i) {
        const ShiftPoint& point = series_.points[i];
        if (!point.before || !point.after || !std::isfinite(*point.before) ||
            !std::isfinite(*point.after)) {
            continue;
        }
        const double x = static_cast<double>(i);
        after->addData(x, *point.after);
        auto* arrow = new QCPItemLine(plot_);
        arrow->start->setCoords(x, *point.before);
        arrow->end->setCoords(x, *point.after);
        arrow->setPen(QPen(theme.fired, 1.5, series_.accepted ? Qt::SolidLine : Qt::DashLine));
        arrow->setHead(QCPLineEnding::esSpikeArrow);
        auto* label = new QCPItemText(plot_);
        label->setPositionAlignment(Qt::AlignRight | Qt::AlignVCenter);
        label->position->setCoords(x - 0.12, (*point.before + *point.after) / 2);
        const double change = *point.after - *point.before;
        label->setText(
            QStringLiteral("ΔD %1%2").arg(change < 0 ? u"−" : u"+", number(std::abs(change))));
        label->setColor(theme.ink);
        label->setFont(plot_->font());
        QColor ground = theme.background;
        ground.setAlpha(200);
        label->setBrush(ground);
        label->setPadding(QMargins(3, 1, 3, 1));
    }
}

void ShiftChart::addTokens(const Theme& theme) {
    QCPGraph* steps = plot_->addGraph(plot_->xAxis, plot_->yAxis2);
    steps->setLineStyle(QCPGraph::lsStepCenter);
    steps->setPen(QPen(theme.faint, 1.5, Qt::DashLine));
    for (std::size_t i = 0; i < series_.points.size(); ++i) {
        steps->addData(static_cast<double>(i), series_.points[i].tokens_out);
    }
    plot_->yAxis2->setLabel(text(QT_TRANSLATE_NOOP("ShiftPlot", "tokens kept (dashed)")));
    plot_->yAxis2->setRange(0, std::max(1, series_.tokens_full));
}

void ShiftChart::addThreshold(const Theme& theme) {
    const auto on_layer = [](auto* item) {
        item->setLayer(QStringLiteral("tau"));
        item->setClipToAxisRect(true);
        return item;
    };
    QColor faint = theme.threshold;
    faint.setAlpha(70);
    hatch_ = on_layer(new QCPItemRect(plot_));
    hatch_->setPen(Qt::NoPen);
    hatch_->setBrush(QBrush(faint, Qt::BDiagPattern));
    interval_ = on_layer(new QCPItemRect(plot_));
    interval_->setPen(Qt::NoPen);
    interval_->setBrush(theme.interval);
    for (QCPItemRect* area : {hatch_.data(), interval_.data()}) {
        // Bound to the axes by coordinates too: a file in SVG knows no clipping.
        area->topLeft->setTypeX(QCPItemPosition::ptAxisRectRatio);
        area->bottomRight->setTypeX(QCPItemPosition::ptAxisRectRatio);
    }
    line_ = on_layer(new QCPItemStraightLine(plot_));
    const bool is_fixed = series_.trigger != Trigger::Auto;
    line_->setPen(QPen(theme.threshold, 2, is_fixed ? Qt::DashLine : Qt::SolidLine));
    QColor ground = theme.background;
    ground.setAlpha(215);
    tau_label_ = on_layer(new QCPItemText(plot_));
    interval_label_ = on_layer(new QCPItemText(plot_));
    for (QCPItemText* label : {tau_label_.data(), interval_label_.data()}) {
        label->setFont(plot_->font());
        label->setBrush(ground);
        label->setPadding(QMargins(4, 1, 4, 1));
    }
    tau_label_->setColor(theme.threshold);
    tau_label_->setPositionAlignment(Qt::AlignLeft | Qt::AlignBottom);
    tau_label_->position->setTypeX(QCPItemPosition::ptAxisRectRatio);
    interval_label_->setColor(theme.ink);
    interval_label_->setPositionAlignment(Qt::AlignLeft | Qt::AlignTop);
    interval_label_->position->setType(QCPItemPosition::ptAxisRectRatio);
    interval_label_->position->setCoords(0.01, 0.02);
}

void ShiftChart::addAhead(const Theme& theme) {
    constexpr double kWidth = 0.008;  // of the axes
    const QCPRange shown = plot_->yAxis->range();
    for (const AheadMark& mark : ahead_) {
        if (mark.from >= shown.upper || mark.to <= shown.lower) {
            continue;
        }
        auto* bar = new QCPItemRect(plot_);
        bar->setLayer(QStringLiteral("tau"));
        bar->setClipToAxisRect(true);
        bar->setPen(QPen(theme.threshold, 1));
        bar->setBrush(mark.ready ? QBrush(theme.threshold) : QBrush(theme.background));
        for (QCPItemPosition* corner : {bar->topLeft, bar->bottomRight}) {
            corner->setTypeX(QCPItemPosition::ptAxisRectRatio);
        }
        // A gap at either end, so that neighbours are told apart.
        const auto moved = [this](double value, double px) {
            return plot_->yAxis->pixelToCoord(plot_->yAxis->coordToPixel(value) + px);
        };
        bar->topLeft->setCoords(1 - kWidth, moved(std::min(mark.to, shown.upper), 2));
        bar->bottomRight->setCoords(1, moved(std::max(mark.from, shown.lower), -2));
    }
}

void ShiftChart::setTau(double tau, bool repaint) {
    tau_ = tau;
    if (line_.isNull()) {
        return;
    }
    const double least = plot_->yAxis->range().lower;
    const double y =
        plot_->yAxis->scaleType() == QCPAxis::stLogarithmic ? std::max(tau, least) : tau;
    line_->point1->setCoords(0, y);
    line_->point2->setCoords(1, y);
    const double most = plot_->yAxis->range().upper;
    hatch_->topLeft->setCoords(0, most);
    hatch_->bottomRight->setCoords(1, std::min(y, most));
    tau_label_->position->setCoords(0.01, y);
    tau_label_->setText(series_.trigger == Trigger::Relative
                            ? QStringLiteral("φ × null = %1").arg(number(tau))
                            : QStringLiteral("τ = %1").arg(number(tau)));
    const std::optional<TauInterval> interval = intervalAt(series_, tau);
    interval_->setVisible(interval.has_value());
    if (interval) {
        interval_->topLeft->setCoords(0, std::min(interval->to, most));
        interval_->bottomRight->setCoords(1, std::clamp(interval->from, least, most));
    }
    interval_label_->setText(intervalText(series_, tau));
    if (repaint) {
        plot_->layer(QStringLiteral("tau"))->replot();
    }
}

void ShiftChart::setCurrentStage(int stage) {
    if (current_.isNull()) {
        return;
    }
    current_->setVisible(false);
    for (std::size_t i = 0; i < series_.points.size(); ++i) {
        if (series_.points[i].stage == stage) {
            current_->point1->setCoords(static_cast<double>(i), 0);
            current_->point2->setCoords(static_cast<double>(i), 1);
            current_->setVisible(true);
        }
    }
}

double ShiftChart::tauPixel() const {
    return line_.isNull() ? -1 : plot_->yAxis->coordToPixel(line_->point1->value());
}

int ShiftChart::pointAt(double x_pixel) const {
    const long nearest = std::lround(plot_->xAxis->pixelToCoord(x_pixel));
    const bool exists = nearest >= 0 && nearest < static_cast<long>(series_.points.size());
    return exists ? static_cast<int>(nearest) : -1;
}

double placeOf(const Site& site, const std::vector<ShiftPoint>& points) {
    const auto order = [](const Site& at) {
        const bool has_layer = at.kind != Site::Kind::AfterEncoder;
        return std::pair(static_cast<int>(at.kind), has_layer ? at.layer : 0);
    };
    const auto wanted = order(site);
    const auto n = static_cast<int>(points.size());
    int before = -1;
    for (int i = 0; i < n; ++i) {
        const auto here = order(points[static_cast<std::size_t>(i)].site);
        if (here == wanted) {
            return i;
        }
        before = here < wanted ? i : before;
    }
    if (before < 0 || before == n - 1) {
        return before < 0 ? -0.4 : n - 1 + 0.4;
    }
    const Site& left = points[static_cast<std::size_t>(before)].site;
    const Site& right = points[static_cast<std::size_t>(before) + 1].site;
    const bool is_even = left.kind == site.kind && right.kind == site.kind;
    return before + (is_even ? static_cast<double>(site.layer - left.layer) /
                                   static_cast<double>(right.layer - left.layer)
                             : 0.5);
}

QByteArray shiftPlotFile(
    const RunTrace& trace, int view, const ShiftLook& look, const QString& ending, double dpi) {
    const ShiftSeries series = makeShiftSeries(trace, view);
    if (ending == QLatin1String("csv")) {
        return shiftCsv(series).toUtf8();
    }
    PlotFile file;
    file.dpi = dpi;
    file.state =
        QByteArray::fromStdString(figureStateToJson(figureStateOf(trace, view, kLastStage)));
    QCustomPlot plot;
    plot.resize(file.width, file.height);
    ShiftChart chart(&plot);
    chart.setReference(look.reference);
    chart.show(series, lightTheme(), look.logarithmic, look.tokens);
    return plotBytes(plot, ending, file);
}

bool writeShiftPlot(const RunTrace& trace, const QString& path) {
    return saveBytes(path, shiftPlotFile(trace, 0, {}, QFileInfo(path).suffix().toLower()));
}

}  // namespace prunescope
