#include "ui/geometry/boundary.h"

#include <array>
#include <cmath>
#include <cstddef>

namespace prunescope {

namespace {

// Directions clockwise on screen: right, down, left, up.
constexpr std::array<QPoint, 4> kStep{QPoint(1, 0), QPoint(0, 1), QPoint(-1, 0), QPoint(0, -1)};

/// The directed border edges that leave each corner, with the area on their right.
class BorderEdges {
public:
    BorderEdges(const PatchGrid& grid, const std::vector<std::int32_t>& label, std::int32_t wanted)
        : stride_(grid.cols + 1), leaves_(static_cast<std::size_t>(stride_ * (grid.rows + 1))) {
        const auto inside = [&](int col, int row) {
            return col >= 0 && row >= 0 && col < grid.cols && row < grid.rows &&
                   label[static_cast<std::size_t>(row * grid.cols + col)] == wanted;
        };
        for (int row = 0; row < grid.rows; ++row) {
            for (int col = 0; col < grid.cols; ++col) {
                if (!inside(col, row)) {
                    continue;
                }
                edge({col, row}, 0, !inside(col, row - 1));
                edge({col + 1, row}, 1, !inside(col + 1, row));
                edge({col + 1, row + 1}, 2, !inside(col, row + 1));
                edge({col, row + 1}, 3, !inside(col - 1, row));
            }
        }
    }

    bool take(QPoint corner, int direction) {
        auto flag = at(corner)[static_cast<std::size_t>(direction)];
        at(corner)[static_cast<std::size_t>(direction)] = false;
        return flag;
    }

    bool has(QPoint corner, int direction) {
        return at(corner)[static_cast<std::size_t>(direction)];
    }

    std::size_t corners() const { return leaves_.size(); }

    QPoint cornerOf(std::size_t i) const {
        const int index = static_cast<int>(i);
        return {index % stride_, index / stride_};
    }

private:
    std::array<bool, 4>& at(QPoint corner) {
        return leaves_[static_cast<std::size_t>(corner.y() * stride_ + corner.x())];
    }

    void edge(QPoint corner, int direction, bool is_border) {
        if (is_border) {
            at(corner)[static_cast<std::size_t>(direction)] = true;
        }
    }

    int stride_;
    std::vector<std::array<bool, 4>> leaves_;
};

CornerLoop follow(BorderEdges& edges, QPoint start, int direction) {
    CornerLoop loop;
    QPoint at = start;
    int heading = direction;
    while (edges.take(at, heading)) {
        loop.push_back(at);
        at += kStep[static_cast<std::size_t>(heading)];
        // The right turn first: at a corner where two cells touch it stays with the same cell.
        for (const int turn : {1, 0, 3}) {
            const int next = (heading + turn) % 4;
            if (at == start && next == direction) {
                return loop;
            }
            if (edges.has(at, next)) {
                heading = next;
                break;
            }
        }
    }
    return loop;
}

CornerLoop withoutStraightPoints(const CornerLoop& loop) {
    CornerLoop corners;
    for (std::size_t i = 0; i < loop.size(); ++i) {
        const QPoint before = loop[(i + loop.size() - 1) % loop.size()];
        const QPoint after = loop[(i + 1) % loop.size()];
        if (loop[i] - before != after - loop[i]) {
            corners.push_back(loop[i]);
        }
    }
    return corners;
}

}  // namespace

std::vector<CornerLoop> boundaryLoops(const PatchGrid& grid,
                                      const std::vector<std::int32_t>& label,
                                      std::int32_t wanted) {
    BorderEdges edges(grid, label, wanted);
    std::vector<CornerLoop> loops;
    for (std::size_t i = 0; i < edges.corners(); ++i) {
        for (int direction = 0; direction < 4; ++direction) {
            if (edges.has(edges.cornerOf(i), direction)) {
                loops.push_back(withoutStraightPoints(follow(edges, edges.cornerOf(i), direction)));
            }
        }
    }
    return loops;
}

// Horizontal edges own the squares at the corners, vertical ones go from square to square.
QVector<QRectF> innerStrip(const QPolygonF& outline, double from, double to) {
    const auto n = outline.size();
    const auto inward = [&](qsizetype edge) {  // its right-hand normal
        const QPointF along = outline[(edge + 1) % n] - outline[edge % n];
        return std::abs(along.x()) > std::abs(along.y()) ? QPointF(0, along.x() > 0 ? 1 : -1)
                                                         : QPointF(along.y() > 0 ? -1 : 1, 0);
    };
    QVector<QRectF> strip;
    strip.reserve(n);
    for (qsizetype i = 0; i < n; ++i) {
        const QPointF own = inward(i);
        const QPointF at_start = own + inward(i + n - 1);
        const QPointF at_end = own + inward(i + 1);
        const QPointF& start = outline[i];
        const QPointF& end = outline[(i + 1) % n];
        const QRectF first = QRectF(start + at_start * from, start + at_start * to).normalized();
        const QRectF last = QRectF(end + at_end * from, end + at_end * to).normalized();
        QRectF rect = first.united(last);
        if (own.y() == 0) {
            const bool down = end.y() > start.y();
            rect.setTop(down ? first.bottom() : last.bottom());
            rect.setBottom(down ? last.top() : first.top());
        }
        if (rect.width() > 0 && rect.height() > 0) {
            strip << rect;
        }
    }
    return strip;
}

}  // namespace prunescope
