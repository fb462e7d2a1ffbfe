#include "ui/views/overlay_edges.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <set>

#include <QCoreApplication>
#include <QPainterPath>

namespace prunescope {

namespace {

double weightOf(const std::vector<Transfer>& edges) {
    double sum = 0;
    for (const Transfer& edge : edges) {
        sum += static_cast<double>(edge.weight);
    }
    return sum;
}

bool isHeavier(const Transfer& a, const Transfer& b) {
    return a.weight > b.weight;
}

std::vector<Transfer> topPerAnchor(const std::vector<Transfer>& edges) {
    std::map<std::int32_t, std::vector<Transfer>> by_anchor;
    for (const Transfer& edge : edges) {
        by_anchor[edge.to_patch].push_back(edge);
    }
    std::vector<Transfer> top;
    for (auto& [anchor, incoming] : by_anchor) {
        std::stable_sort(incoming.begin(), incoming.end(), isHeavier);
        const auto n = std::min<std::size_t>(incoming.size(), kEdgesPerAnchor);
        top.insert(top.end(), incoming.begin(), incoming.begin() + static_cast<std::ptrdiff_t>(n));
    }
    return top;
}

void paintEdge(QPainter& painter, const Transfer& edge, const ViewTransform& transform) {
    const QPointF from = transform.widgetRectOf(edge.from_patch).center();
    const QPointF to = transform.widgetRectOf(edge.to_patch).center();
    const QPointF along = to - from;
    const double length = std::hypot(along.x(), along.y());
    const double clear = transform.cellSize() * 0.5;
    if (length < 2 * clear + 1) {
        return;
    }
    const QPointF unit = along / length;
    const QPointF normal(-unit.y(), unit.x());
    const QPointF bend = (from + to) / 2 + normal * length * 0.16;
    const auto toward = [](QPointF a, QPointF b, double distance) {
        const QPointF d = b - a;
        return a + d * (distance / std::max(1e-6, std::hypot(d.x(), d.y())));
    };
    const QPointF start = toward(from, bend, clear);
    const QPointF tip = toward(to, bend, clear);
    const double weight = std::clamp(static_cast<double>(edge.weight), 0.0, 1.0);
    const double width = 0.75 + 3.25 * std::sqrt(weight);
    QPainterPath path(start);
    path.quadTo(bend, tip);
    const QPointF back = toward(tip, bend, 5 + 1.5 * width);
    const QPointF arm = QPointF(-(tip - back).y(), (tip - back).x()) * 0.45;
    QPainterPath head(tip);
    head.lineTo(back + arm);
    head.lineTo(back - arm);
    head.closeSubpath();
    const QColor color(230, 159, 0, 200);
    painter.setBrush(Qt::NoBrush);
    painter.setPen(QPen(QColor(0, 0, 0, 150), width + 1.5, Qt::SolidLine, Qt::FlatCap));
    painter.drawPath(path);
    painter.setPen(QPen(color, width, Qt::SolidLine, Qt::FlatCap));
    painter.drawPath(path);
    painter.setPen(QPen(QColor(0, 0, 0, 170), 0.75));
    painter.setBrush(color);
    painter.drawPath(head);
}

}  // namespace

EdgeSelection selectEdges(const OverlayScene& scene,
                          EdgeMode mode,
                          const std::vector<int>& selected,
                          int hovered) {
    EdgeSelection selection;
    std::set<int> wanted(selected.begin(), selected.end());
    wanted.insert(hovered);
    std::vector<Transfer> all;
    if (mode == EdgeMode::TopK) {
        all = scene.transfers;
        selection.edges = topPerAnchor(all);
    } else if (mode == EdgeMode::Selected) {
        for (const Transfer& edge : scene.transfers) {
            if (wanted.count(edge.from_patch) > 0 || wanted.count(edge.to_patch) > 0) {
                all.push_back(edge);
            }
        }
        selection.edges = all;
        std::stable_sort(selection.edges.begin(), selection.edges.end(), isHeavier);
        if (selection.edges.size() > static_cast<std::size_t>(kMostEdges)) {
            selection.edges.resize(static_cast<std::size_t>(kMostEdges));
        }
    }
    selection.total = static_cast<int>(all.size());
    const double whole = weightOf(all);
    selection.mass_share = whole > 0 ? weightOf(selection.edges) / whole : 1;
    std::stable_sort(selection.edges.begin(),
                     selection.edges.end(),
                     [](const Transfer& a, const Transfer& b) { return a.weight < b.weight; });
    return selection;
}

QString edgeStatement(const EdgeSelection& selection) {
    if (selection.total == 0) {
        return {};
    }
    return QCoreApplication::translate("Overlay", "showing %1 of %2 edges (%3 % of mass)")
        .arg(selection.edges.size())
        .arg(selection.total)
        .arg(qRound(selection.mass_share * 100));
}

void paintEdges(QPainter& painter, const EdgeSelection& selection, const ViewTransform& transform) {
    painter.save();
    painter.setRenderHint(QPainter::Antialiasing, true);
    for (const Transfer& edge : selection.edges) {
        paintEdge(painter, edge, transform);
    }
    painter.restore();
}

}  // namespace prunescope
