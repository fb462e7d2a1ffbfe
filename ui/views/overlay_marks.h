#pragma once

#include "ui/theme/fate_style.h"

#include <vector>

#include <QPainter>
#include <QPointF>
#include <QRectF>

namespace prunescope {

/// A cell to mark: where it is and what its marks need to know.
struct CellMark {
    QRectF rect;
    float mass = 1;        ///< patches' worth
    float mass_share = 0;  ///< 0..1 of the largest mass of the picture, for bar and width
    QPointF toward;        ///< direction of the main anchor, zero: unknown
};

/// Which marks fit into a cell of that many device-independent pixels.
struct DetailLevel {
    bool glyphs = false;   ///< from 18
    bool texture = false;  ///< mass bars, above 20
    bool near = false;     ///< hatches, and merged patches as loud as the others, above 36
    double stroke = 1;     ///< 1: full line widths; less for small cells
};

DetailLevel detailFor(double cell_size);

/// Outline, texture and glyph of one fate on all `cells`, batched. The fill treatment of the
/// picture below is not part of it.
void paintCellMarks(QPainter& painter,
                    const FateStyle& style,
                    const std::vector<CellMark>& cells,
                    const DetailLevel& detail);

/// The static yellow and black frame of a selected or hovered cell.
void paintFocusFrame(QPainter& painter, const QRectF& cell, bool hovered);

/// Sparse diagonal lines for what is padding or lies beyond the model's view.
void paintSparseDiagonals(QPainter& painter, const QRectF& area, const QColor& color);

/// Text with a halo, centred.
void paintHaloText(QPainter& painter, const QRectF& area, const QString& text, const QColor& ink);

/// 45 degree lines inside `area`, in phase over the whole device.
void appendDiagonals(const QRectF& area, double spacing, QVector<QLineF>& lines);

}  // namespace prunescope
