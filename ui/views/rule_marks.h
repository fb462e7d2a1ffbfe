#pragma once

#include "core/trace/settings.h"
#include "ui/geometry/view_transform.h"

#include <QPainter>
#include <QRectF>

namespace prunescope {

/// A pin at the lower right of a cell, in ink with a halo.
void paintPin(QPainter& painter, const QRectF& cell);

/// A barred circle at the same place.
void paintBan(QPainter& painter, const QRectF& cell);

/// Both on the patches that a person has ruled on.
void paintRules(QPainter& painter,
                const PatchRules& rules,
                const ViewTransform& transform,
                const QRectF& visible);

}  // namespace prunescope
