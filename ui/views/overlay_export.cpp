#include "ui/views/overlay_export.h"

#include "ui/views/overlay_painter.h"
#include "ui/views/stage_labels.h"

#include <algorithm>

#include <QCoreApplication>
#include <QFileInfo>
#include <QPageSize>
#include <QPdfWriter>
#include <QSaveFile>
#include <QSvgGenerator>

namespace prunescope {

namespace {

constexpr double kLongestSide = 900;
constexpr double kRowHeight = 34;
constexpr double kMargin = 16;
constexpr int kColumns = 4;

/// A figure laid out on a page of `page` points, painted the same way on every device.
struct Figure {
    Picture picture;
    OverlayScene scene;
    OverlayInput input;
    QString caption;
    QSizeF page;

    void paint(QPainter& painter) const;
    void paintLegend(QPainter& painter, double top) const;
};

void Figure::paint(QPainter& painter) const {
    painter.fillRect(QRectF(QPointF(0, 0), page), Qt::white);
    const QRectF area =
        input.transform.widgetFromPicture(input.transform.source.united(picture.rect()));
    ViewTransform raster = input.transform;
    raster.offset -= area.topLeft();
    const QSize size = area.size().toSize();
    painter.drawImage(area,
                      renderTreated(picture, scene, raster, input.options, size, 2.0, Qt::white));
    paintMarks(painter, input, area);
    paintLegend(painter, area.bottom() + kMargin);
}

void Figure::paintLegend(QPainter& painter, double top) const {
    QFont font = painter.font();
    font.setPixelSize(13);
    painter.setFont(font);
    painter.setPen(Qt::black);
    painter.drawText(QRectF(kMargin, top, page.width() - 2 * kMargin, 20), Qt::AlignLeft, caption);
    const double width = (page.width() - 2 * kMargin) / kColumns;
    const int rows = kFateCount + (scene.clusters.empty() ? 0 : 1);
    for (int i = 0; i < rows; ++i) {
        const QPointF at(kMargin + (i % kColumns) * width, top + 26 + (i / kColumns) * kRowHeight);
        const QRectF swatch(at, QSizeF(24, 24));
        QString label;
        if (i < kFateCount) {
            const PatchFate fate = fateStyles()[static_cast<std::size_t>(i)].fate;
            paintSwatch(painter, swatch, fate);
            label = QStringLiteral("%1 (%2)").arg(fateLabel(fate)).arg(scene.count(fate));
        } else {
            paintClusterSwatch(painter, swatch, false);
            label =
                QCoreApplication::translate("Overlay", "Cluster (%1)").arg(scene.clusters.size());
        }
        painter.setPen(Qt::black);
        painter.drawText(QRectF(at + QPointF(32, 0), QSizeF(width - 34, 24)),
                         Qt::AlignLeft | Qt::AlignVCenter,
                         label);
    }
}

void layOut(Figure& figure, const ViewTrace& view) {
    ViewTransform transform;
    transform.grid = view.grid;
    transform.source = toQRectF(view.source);
    const QRectF area = transform.source.united(figure.picture.rect());
    transform.scale = kLongestSide / std::max(area.width(), area.height());
    transform.offset = QPointF(kMargin, kMargin) - area.topLeft() * transform.scale;
    const double width = std::max(area.width() * transform.scale, 620.0) + 2 * kMargin;
    figure.page = {width, area.height() * transform.scale + 3 * kMargin + 26 + 2 * kRowHeight};
    figure.input.transform = transform;
}

bool writePng(const Figure& figure, const QString& path) {
    QImage image((figure.page * 2).toSize(), QImage::Format_RGB32);
    image.setDevicePixelRatio(2);
    QPainter painter(&image);
    figure.paint(painter);
    painter.end();
    QSaveFile file(path);
    return file.open(QIODevice::WriteOnly) && image.save(&file, "PNG") && file.commit();
}

bool writeSvg(const Figure& figure, const QString& path) {
    QSaveFile file(path);
    if (!file.open(QIODevice::WriteOnly)) {
        return false;
    }
    QSvgGenerator generator;
    generator.setOutputDevice(&file);
    generator.setResolution(96);
    generator.setSize(figure.page.toSize());
    generator.setViewBox(QRectF(QPointF(0, 0), figure.page));
    QPainter painter(&generator);
    figure.paint(painter);
    painter.end();
    return file.commit();
}

bool writePdf(const Figure& figure, const QString& path) {
    QSaveFile file(path);
    if (!file.open(QIODevice::WriteOnly)) {
        return false;
    }
    QPdfWriter writer(&file);
    writer.setResolution(72);  // one unit of the figure is one point
    writer.setPageMargins(QMarginsF());
    writer.setPageSize(QPageSize(figure.page, QPageSize::Point, QString(), QPageSize::ExactMatch));
    QPainter painter(&writer);
    figure.paint(painter);
    painter.end();
    return file.commit();
}

}  // namespace

bool writeOverlay(
    const RunTrace& trace, const QImage& picture, int stage, const QString& path, int view) {
    if (view < 0 || static_cast<std::size_t>(view) >= trace.views.size() || picture.isNull()) {
        return false;
    }
    const ViewTrace& shown = trace.views[static_cast<std::size_t>(view)];
    Figure figure;
    figure.picture = Picture(picture);
    figure.scene = makeScene(shown, stage);
    figure.input.picture = &figure.picture;
    figure.input.scene = &figure.scene;
    figure.caption =
        QStringLiteral("%1 · %2 · k = %3")
            .arg(stageLabel(shown, stage), QString::fromStdString(trace.settings.method))
            .arg(trace.settings.budget);
    layOut(figure, shown);
    const QString ending = QFileInfo(path).suffix().toLower();
    if (ending == QLatin1String("png")) {
        return writePng(figure, path);
    }
    if (ending == QLatin1String("svg")) {
        return writeSvg(figure, path);
    }
    return ending == QLatin1String("pdf") && writePdf(figure, path);
}

}  // namespace prunescope
