// The threshold on the shift plot: keys, snapping, the menu, and what of it is at hand.
#include "ui/views/plot_tools.h"
#include "ui/views/qcp.h"
#include "ui/views/shift_plot.h"

#include <algorithm>
#include <cmath>

#include <QContextMenuEvent>
#include <QKeyEvent>
#include <QLocale>
#include <QMenu>

namespace prunescope {

namespace {

constexpr double kSnap_px = 28;
constexpr double kTauStep = 0.01;

QString number(double value) {
    return QLocale().toString(value, 'g', 4);
}

}  // namespace

void ShiftPlot::showAhead(const AheadMarks& marks) {
    chart_->setAhead(marks.tau);
    ahead_text_ = tauMarksText(marks);
    rebuild();
}

QString ShiftPlot::aheadHelp() const {
    return ahead_text_.isEmpty()
               ? QString()
               : tr("Bar at the right edge: outcomes at hand, %1. Filled: at hand, hollow: not "
                    "computed.")
                     .arg(ahead_text_);
}

void ShiftPlot::describeTau() {
    const QString said = intervalText(chart_->series(), chart_->tau());
    plot_->setAccessibleDescription(
        ahead_text_.isEmpty() ? said : said + tr("; outcomes at hand: ") + ahead_text_);
}

int ShiftPlot::nearestEdge(double tau) const {
    const std::vector<double>& edges = chart_->series().edges;
    const double y = plot_->yAxis->coordToPixel(tau);
    const auto far = [&](double edge) { return std::abs(plot_->yAxis->coordToPixel(edge) - y); };
    const auto nearest = std::ranges::min_element(edges, {}, far);
    return nearest == edges.end() ? -1 : static_cast<int>(nearest - edges.begin());
}

double ShiftPlot::snapped(double tau, double y) const {
    const int edge = nearestEdge(tau);
    if (edge < 0) {
        return tau;
    }
    const double at = chart_->series().edges[static_cast<std::size_t>(edge)];
    return std::abs(plot_->yAxis->coordToPixel(at) - y) < kSnap_px ? at : tau;
}

// From anywhere into the next range, close to the edge that was crossed.
void ShiftPlot::stepOverEdge(bool up) {
    const std::vector<double>& edges = chart_->series().edges;
    const int range = rangeAt(edges, chart_->tau());
    const int edge = up ? range : range - 1;
    if (edge >= 0 && edge < static_cast<int>(edges.size())) {
        const auto at = static_cast<std::size_t>(edge);
        setTau(up ? tauAbove(edges, at) : tauBelow(edges, at));
    }
}

bool ShiftPlot::key(QKeyEvent* event) {
    const bool is_up = event->key() == Qt::Key_Up;
    if (!canDrag() || (!is_up && event->key() != Qt::Key_Down)) {
        return false;
    }
    if (event->modifiers().testFlag(Qt::ControlModifier)) {
        stepOverEdge(is_up);
    } else {
        setTau(std::max(0.0, chart_->tau() + (is_up ? kTauStep : -kTauStep)));
    }
    return true;
}

bool ShiftPlot::menu(QContextMenuEvent* event) {
    const bool by_mouse = event->reason() == QContextMenuEvent::Mouse;
    const double tau =
        by_mouse ? std::max(0.0, plot_->yAxis->pixelToCoord(event->pos().y())) : chart_->tau();
    auto* menu = new QMenu(this);
    menu->setObjectName(QStringLiteral("tauMenu"));
    menu->setAttribute(Qt::WA_DeleteOnClose);
    menu->setToolTipsVisible(true);
    const auto add = [&](const QString& name, const QString& text, double to, const QString& tip) {
        QAction* entry = menu->addAction(text);
        entry->setObjectName(name);
        entry->setToolTip(tip);
        connect(entry, &QAction::triggered, this, [this, to] { setTau(to); });
        return entry;
    };
    if (!canDrag()) {
        add(QStringLiteral("setTauHere"), tr("Set τ here"), tau, {})->setEnabled(false);
        menu->addAction(intervalText(chart_->series(), tau))->setEnabled(false);
        menu->popup(event->globalPos());
        return true;
    }
    const double here = std::round(tau * 1000) / 1000;
    if (by_mouse) {
        add(QStringLiteral("setTauHere"),
            tr("Set τ here: %1").arg(number(here)),
            here,
            intervalText(chart_->series(), here));
    }
    if (const int edge = nearestEdge(tau); edge >= 0) {
        const std::vector<double>& edges = chart_->series().edges;
        const auto at = static_cast<std::size_t>(edge);
        const QString named = number(edges[at]);
        const double above = tauAbove(edges, at);
        const double below = tauBelow(edges, at);
        add(QStringLiteral("snapTauAbove"),
            tr("Snap τ just above the breakpoint %1").arg(named),
            above,
            intervalText(chart_->series(), above));
        add(QStringLiteral("snapTauBelow"),
            tr("Snap τ just below the breakpoint %1").arg(named),
            below,
            intervalText(chart_->series(), below));
    }
    if (menu->isEmpty()) {
        delete menu;
    } else {
        menu->popup(event->globalPos());
    }
    return true;
}

void ShiftPlot::moveTau(double tau) {
    chart_->setTau(tau, true);
    describeTau();
    announceValue(plot_, tau);
    Q_EMIT tauDragged(tau);
}

void ShiftPlot::setTau(double tau) {
    moveTau(tau);
    Q_EMIT tauReleased();
}

}  // namespace prunescope
