#pragma once

#include "core/image/image.h"
#include "ui/geometry/view_transform.h"
#include "ui/views/overlay_scene.h"
#include "ui/views/overlay_settings.h"

#include <QImage>

namespace prunescope {

/// A copy of the pixels for painting.
QImage toQImage(const Image& image);

/// A picture prepared for repeated painting: bounded in size, with a grey twin and the mean colour
/// of every patch on demand.
class Picture {
public:
    Picture() = default;
    explicit Picture(const QImage& image);

    bool isNull() const { return color_.isNull(); }

    /// Size of the original, in which transforms count.
    QSize size() const { return size_; }

    QRectF rect() const { return {QPointF(0, 0), QSizeF(size_)}; }

    /// Mean colour over a rectangle of the original; invalid outside the picture.
    QColor meanColor(const QRectF& area) const;

    /// Paints the part of the colour or grey picture that `transform` puts into `target` (widget).
    void paint(QPainter& painter, const ViewTransform& transform, bool grey) const;

private:
    QSize size_;
    QImage color_;
    QImage grey_;
};

/// The raster layer under the marks: the picture with every fate's fill treatment.
/// @param size  in device-independent pixels
QImage renderTreated(const Picture& picture,
                     const OverlayScene& scene,
                     const ViewTransform& transform,
                     const OverlayOptions& options,
                     QSize size,
                     double device_pixel_ratio,
                     const QColor& background);

}  // namespace prunescope
