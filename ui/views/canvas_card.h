#pragma once

#include "ui/theme/palette.h"

#include <QPainter>

namespace prunescope {

/// A small card of wrapped text whose `corner` lies at `at`, at most `widest` wide.
void paintCard(QPainter& painter,
               const Theme& theme,
               const QString& text,
               QPointF at,
               Qt::Corner corner,
               double widest = 440);

}  // namespace prunescope
