#pragma once

#include "ui/theme/palette.h"

#include <QPainter>

namespace prunescope {

/// A small card of wrapped text whose `corner` lies at `at`.
void paintCard(
    QPainter& painter, const Theme& theme, const QString& text, QPointF at, Qt::Corner corner);

}  // namespace prunescope
