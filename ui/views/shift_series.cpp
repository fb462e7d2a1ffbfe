#include "ui/views/shift_series.h"

#include "core/metric/shift.h"
#include "core/prune/catalog.h"
#include "ui/views/stage_labels.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include <QCoreApplication>
#include <QLocale>

namespace prunescope {

namespace {

constexpr double kNothing = std::numeric_limits<double>::quiet_NaN();

QString text(const char* source) {
    return QCoreApplication::translate("ShiftPlot", source);
}

QString number(double value) {
    return QLocale().toString(value, 'g', 3);
}

const ShiftMetricInfo* infoFor(const QString& metric) {
    const auto& metrics = shiftMetrics();
    const auto found = std::ranges::find(metrics, metric.toStdString(), &ShiftMetricInfo::id);
    return found == metrics.end() ? nullptr : &*found;
}

void appendStage(ShiftSeries& series, const StageTrace& stage, int index) {
    const QString label = siteLabel(stage.site);
    if (series.points.empty() || series.points.back().label != label) {
        series.points.push_back({label, index, {}, {}, {}, stage.tokens_out, stage.site});
    }
    ShiftPoint& point = series.points.back();
    point.stage = index;
    point.tokens_out = stage.tokens_out;
    point.before = point.before ? point.before : stage.shift_before;
    point.after = stage.shift_after ? stage.shift_after : point.after;
    if (stage.null_band.draws > 0) {
        point.null_band = stage.null_band;
    }
}

/// kappa belongs to what leaves the encoder, also where no stage carries it. Where tokens leave in
/// the language model, it is D of the encoder's rows of those that remain, and its place comes
/// first.
void completeLast(ShiftSeries& series, const ViewTrace& view) {
    const ShiftSummary& shift = view.shift;
    if (!shift.kappa) {
        return;
    }
    const int last_stage = static_cast<int>(view.stages.size()) - 1;
    const QString label = siteLabel({Site::Kind::AfterEncoder, 0});
    const bool has_place = std::any_of(series.points.begin(),
                                       series.points.end(),
                                       [&](const ShiftPoint& p) { return p.label == label; });
    if (!has_place) {
        const int tokens = series.points.empty() ? 0 : series.points.back().tokens_out;
        const bool in_decoder =
            !view.stages.empty() && view.stages.front().site.kind == Site::Kind::DecoderLayer;
        series.points.insert(
            in_decoder ? series.points.begin() : series.points.end(),
            {label, last_stage, {}, {}, {}, tokens, {Site::Kind::AfterEncoder, 0}});
    }
    for (ShiftPoint& point : series.points) {
        if (point.label == label) {
            point.before = shift.kappa;
            point.after = shift.kappa_after ? shift.kappa_after : point.after;
            point.null_band = shift.null_band.draws > 0 ? shift.null_band : point.null_band;
        }
    }
}

template <typename Visit>
void visitValues(const ShiftSeries& series, Visit visit) {
    const auto visitFinite = [&](double value) {
        if (std::isfinite(value)) {
            visit(value);
        }
    };
    for (const ShiftPoint& point : series.points) {
        visitFinite(point.before.value_or(kNothing));
        visitFinite(point.after.value_or(kNothing));
        if (point.null_band.draws > 0) {
            visitFinite(point.null_band.p5);
            visitFinite(point.null_band.p95);
        }
    }
    if (series.uses_threshold) {
        visitFinite(series.threshold);
    }
}

}  // namespace

double ShiftSeries::largest() const {
    double most = 0;
    visitValues(*this, [&most](double value) { most = std::max(most, value); });
    return most;
}

double ShiftSeries::smallestPositive() const {
    double least = std::numeric_limits<double>::infinity();
    visitValues(*this,
                [&least](double value) { least = value > 0 ? std::min(least, value) : least; });
    return std::isfinite(least) ? least : 1e-4;
}

ShiftSeries makeShiftSeries(const RunTrace& trace, int view_index) {
    ShiftSeries series;
    series.metric = QString::fromStdString(trace.settings.metric);
    series.place = trace.settings.place;
    series.trigger = decidingTrigger(trace.settings);
    const MethodSpec* method = findMethod(trace.settings.method);
    series.uses_threshold = method == nullptr || method->uses_threshold;
    const auto i = static_cast<std::size_t>(std::max(0, view_index));
    if (i >= trace.views.size()) {
        return series;
    }
    const ViewTrace& view = trace.views[i];
    series.threshold = view.shift.tau;
    series.fired = view.shift.fired;
    series.accepted = view.shift.accepted;
    series.kappa = view.shift.kappa;
    series.parts = view.shift;
    series.tokens_full = view.grid.count();
    series.edges = tauEdges(trace);
    for (std::size_t s = 0; s < view.stages.size(); ++s) {
        appendStage(series, view.stages[s], static_cast<int>(s));
    }
    completeLast(series, view);
    series.awaits_null_bands =
        !trace.answer.complete && std::ranges::none_of(series.points, [](const ShiftPoint& point) {
            return point.null_band.draws > 0;
        });
    return series;
}

std::optional<TauInterval> intervalAt(const ShiftSeries& series, double tau) {
    if (!series.uses_threshold || series.trigger != Trigger::Auto || !series.kappa) {
        return std::nullopt;
    }
    const auto at = static_cast<std::size_t>(rangeAt(series.edges, tau));
    return TauInterval{tauRanges(series.edges)[at], *series.kappa > tau};
}

QString intervalText(const ShiftSeries& series, double tau) {
    if (!series.uses_threshold) {
        return text(QT_TRANSLATE_NOOP("ShiftPlot", "this method has no threshold"));
    }
    switch (series.trigger) {
        case Trigger::Always:
            return text(QT_TRANSLATE_NOOP("ShiftPlot", "trigger “always”: τ changes nothing"));
        case Trigger::Never:
            return text(QT_TRANSLATE_NOOP("ShiftPlot", "trigger “never”: τ changes nothing"));
        case Trigger::Relative:
            return text(QT_TRANSLATE_NOOP("ShiftPlot",
                                          "relative trigger: threshold %1 = φ × null median"))
                .arg(number(series.threshold));
        case Trigger::Auto:
            break;
    }
    const std::optional<TauInterval> interval = intervalAt(series, tau);
    if (!interval) {
        return {};
    }
    if (interval->fires && interval->from > 0) {
        return text(QT_TRANSLATE_NOOP(
                        "ShiftPlot",
                        "nothing changes from %1 to %2: re-selection fires in this view"))
            .arg(number(interval->from), number(interval->to));
    }
    if (!interval->fires && std::isfinite(interval->to)) {
        return text(QT_TRANSLATE_NOOP(
                        "ShiftPlot",
                        "nothing changes from %1 to %2: it fires in other views, not in this one"))
            .arg(number(interval->from), number(interval->to));
    }
    if (interval->fires) {
        return text(QT_TRANSLATE_NOOP("ShiftPlot",
                                      "nothing changes between 0 and %1: re-selection fires"))
            .arg(number(interval->to));
    }
    return text(QT_TRANSLATE_NOOP("ShiftPlot", "nothing changes from %1 up: it does not fire"))
        .arg(number(interval->from));
}

QString shiftCsv(const ShiftSeries& series) {
    QString csv =
        QStringLiteral("place,tokens,shift_before,shift_after,null_p5,null_median,null_p95\n");
    const auto cell = [](const std::optional<double>& value) {
        return value ? QString::number(*value, 'g', 12) : QString();
    };
    for (const ShiftPoint& point : series.points) {
        const NullBand& band = point.null_band;
        const auto edge = [&](double value) { return band.draws > 0 ? cell(value) : QString(); };
        csv += QStringList{point.label,
                           QString::number(point.tokens_out),
                           cell(point.before),
                           cell(point.after),
                           edge(band.p5),
                           edge(band.median),
                           edge(band.p95)}
                   .join(QLatin1Char(',')) +
               QLatin1Char('\n');
    }
    return csv;
}

QString shiftAxisLabel(const QString& metric, ShiftPlace place, bool logarithmic) {
    if (metric.isEmpty()) {  // no run yet
        return text(QT_TRANSLATE_NOOP("ShiftPlot", "D"));
    }
    QString measured = metric;
    if (place != ShiftPlace::Encoder) {
        measured += QStringLiteral(", ") + QString::fromStdString(nameOf(place));
    }
    return (logarithmic ? text(QT_TRANSLATE_NOOP("ShiftPlot", "D (%1), log scale"))
                        : text(QT_TRANSLATE_NOOP("ShiftPlot", "D (%1), linear")))
        .arg(measured);
}

QString metricHelp(const QString& metric, ShiftPlace place) {
    const ShiftMetricInfo* info = infoFor(metric);
    if (info == nullptr) {
        return metric;
    }
    QStringList lines{QString::fromStdString(info->title),
                      QString::fromStdString(info->formula),
                      QString::fromStdString(info->note)};
    const auto& places = shiftPlaces();
    const auto at = std::ranges::find(places, place, &ShiftPlaceInfo::place);
    if (at != places.end()) {
        lines << QStringLiteral("%1: %2").arg(QString::fromStdString(at->title),
                                              QString::fromStdString(at->help));
    }
    lines << (info->lower_is_better
                  ? text(QT_TRANSLATE_NOOP("ShiftPlot", "Lower is closer to the full set."))
                  : text(QT_TRANSLATE_NOOP("ShiftPlot", "Higher is closer to the full set.")))
          << text(QT_TRANSLATE_NOOP("ShiftPlot", "Our implementation; the paper calls it κ."));
    lines.removeAll(QString());
    return lines.join(QLatin1Char('\n'));
}

QString partsText(const ShiftSeries& series) {
    const ShiftMetricInfo* info = infoFor(series.metric);
    const double kappa = series.parts.mean_term + series.parts.variance_term;
    if (info == nullptr || !info->has_terms || !series.kappa || !(kappa > 0) ||
        !std::isfinite(kappa)) {
        return {};
    }
    const auto percent = [&](double part) {
        return QString::number(std::lround(100 * part / kappa));
    };
    QString said = text(QT_TRANSLATE_NOOP("ShiftPlot", "κ %1: means %2 % · variances %3 %"))
                       .arg(number(kappa),
                            percent(series.parts.mean_term),
                            percent(series.parts.variance_term));
    if (!series.parts.channels.empty()) {
        QStringList first;
        for (const ChannelShift& one : series.parts.channels) {
            if (first.size() == 3) {
                break;
            }
            first << QStringLiteral("%1 (%2 %)").arg(one.channel).arg(100 * one.share, 0, 'f', 1);
        }
        said += text(QT_TRANSLATE_NOOP("ShiftPlot", " · channels %1"))
                    .arg(first.join(QStringLiteral(", ")));
    }
    return said;
}

QString channelsHelp(const ShiftSeries& series) {
    if (series.parts.channels.empty()) {
        return {};
    }
    QString rows;
    for (const ChannelShift& one : series.parts.channels) {
        rows += QStringLiteral(
                    "<tr><td align=right>%1</td><td align=right>&nbsp;%2 %</td>"
                    "<td align=right>&nbsp;%3</td><td align=right>&nbsp;%4</td></tr>")
                    .arg(one.channel)
                    .arg(100 * one.share, 0, 'f', 1)
                    .arg(number(one.mean_term), number(one.variance_term));
    }
    return text(QT_TRANSLATE_NOOP("ShiftPlot",
                                  "<p>Channels that add most to κ</p><table><tr><th>channel</th>"
                                  "<th>&nbsp;share</th><th>&nbsp;mean term</th>"
                                  "<th>&nbsp;variance term</th></tr>%1</table>"))
        .arg(rows);
}

}  // namespace prunescope
