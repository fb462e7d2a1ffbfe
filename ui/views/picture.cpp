#include "ui/views/picture.h"

#include <algorithm>

#include <QPainter>
#include <QPainterPath>
#include <QRegion>

namespace prunescope {

namespace {

constexpr int kLongestSide = 2048;  // more than any canvas shows; keeps repaints short

void paintClipped(QPainter& painter,
                  const QRegion& region,
                  const Picture& picture,
                  const ViewTransform& transform,
                  double opacity) {
    if (region.isEmpty()) {
        return;
    }
    painter.save();
    painter.setClipRegion(region);
    painter.setOpacity(opacity);
    picture.paint(painter, transform, true);
    painter.restore();
}

}  // namespace

QImage toQImage(const Image& image) {
    const QImage view(
        image.rgb.data(), image.width, image.height, image.width * 3, QImage::Format_RGB888);
    return view.convertToFormat(QImage::Format_RGB32);
}

Picture::Picture(const QImage& image) : size_(image.size()) {
    QImage bounded = image;
    if (std::max(image.width(), image.height()) > kLongestSide) {
        bounded =
            image.scaled(kLongestSide, kLongestSide, Qt::KeepAspectRatio, Qt::SmoothTransformation);
    }
    color_ = bounded.convertToFormat(QImage::Format_RGB32);
    grey_ = color_.convertToFormat(QImage::Format_Grayscale8).convertToFormat(QImage::Format_RGB32);
}

QColor Picture::meanColor(const QRectF& area) const {
    if (isNull()) {
        return {};
    }
    const double shrink = static_cast<double>(color_.width()) / size_.width();
    const QRect pixels = QRectF(area.topLeft() * shrink, area.size() * shrink)
                             .toAlignedRect()
                             .intersected(color_.rect());
    if (pixels.isEmpty()) {
        return {};
    }
    qint64 red = 0;
    qint64 green = 0;
    qint64 blue = 0;
    for (int y = pixels.top(); y <= pixels.bottom(); ++y) {
        const auto* line = reinterpret_cast<const QRgb*>(color_.constScanLine(y));
        for (int x = pixels.left(); x <= pixels.right(); ++x) {
            red += qRed(line[x]);
            green += qGreen(line[x]);
            blue += qBlue(line[x]);
        }
    }
    const qint64 n = static_cast<qint64>(pixels.width()) * pixels.height();
    return {static_cast<int>(red / n), static_cast<int>(green / n), static_cast<int>(blue / n)};
}

void Picture::paint(QPainter& painter, const ViewTransform& transform, bool grey) const {
    const double zoom = transform.scale * size_.width() / std::max(1, color_.width());
    painter.setRenderHint(QPainter::SmoothPixmapTransform, zoom < 6);
    painter.drawImage(transform.widgetFromPicture(rect()), grey ? grey_ : color_);
}

QImage renderTreated(const Picture& picture,
                     const OverlayScene& scene,
                     const ViewTransform& transform,
                     const OverlayOptions& options,
                     QSize size,
                     double device_pixel_ratio,
                     const QColor& background) {
    QImage layer(size * device_pixel_ratio, QImage::Format_RGB32);
    layer.setDevicePixelRatio(device_pixel_ratio);
    layer.fill(background);
    QPainter painter(&layer);
    picture.paint(painter, transform, false);
    if (!options.on || scene.isEmpty() || !transform.hasGrid()) {
        return layer;
    }
    QRegion grey;
    std::array<std::vector<QRect>, kFateCount> cells;
    const QRect visible(QPoint(0, 0), size);
    for (int patch = 0; patch < scene.grid.count(); ++patch) {
        const PatchFate fate = scene.fates[static_cast<std::size_t>(patch)];
        const FateStyle& style = styleOf(fate);
        const QRect cell = transform.pixelRectOf(patch);
        if (style.darken <= 0 || !options.shows(fate) || !cell.intersects(visible)) {
            continue;
        }
        cells[static_cast<std::size_t>(fate)].push_back(cell);
        if (style.fill == FillTreatment::GreyDark) {
            grey += cell;
        }
    }
    paintClipped(painter, grey, picture, transform, options.opacity);
    for (const FateStyle& style : fateStyles()) {
        const auto& rects = cells[static_cast<std::size_t>(style.fate)];
        const QColor shade =
            QColor::fromRgbF(0, 0, 0, static_cast<float>(style.darken * options.opacity));
        for (const QRect& cell : rects) {
            painter.fillRect(cell, shade);
        }
    }
    return layer;
}

}  // namespace prunescope
