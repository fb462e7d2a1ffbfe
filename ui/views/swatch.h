#pragma once

#include <functional>

#include <QIcon>
#include <QPainter>
#include <QPalette>
#include <QPixmap>

namespace prunescope {

/// A square of a legend, drawn by the code that draws on the picture.
QPixmap swatchOf(double ratio, const std::function<void(QPainter&, const QRectF&)>& paint);

/// The ground of marks that stand on a picture.
inline constexpr QRgb kSwatchGround = 0xffb9c8b0;

/// An eye, open or struck out, in the palette's text colour.
QIcon eyeIcon(const QPalette& palette, double ratio);

}  // namespace prunescope
