#include "ui/views/plot_tools.h"

#include "ui/figures/figure_metadata.h"
#include "ui/views/qcp.h"

#include <algorithm>
#include <cmath>

#include <QBuffer>
#include <QPageSize>
#include <QPdfWriter>
#include <QSaveFile>
#include <QSvgGenerator>
#include <QTimer>
#include <QToolButton>

namespace prunescope {

void applyTheme(QCustomPlot& plot, const Theme& theme) {
    plot.setBackground(QBrush(theme.background));
    QColor grid = theme.faint;
    grid.setAlpha(70);
    for (QCPAxis* axis : {plot.xAxis, plot.yAxis, plot.xAxis2, plot.yAxis2}) {
        axis->setBasePen(QPen(theme.ink, 1));
        axis->setTickPen(QPen(theme.ink, 1));
        axis->setSubTickPen(QPen(theme.faint, 1));
        axis->setTickLabelColor(theme.ink);
        axis->setLabelColor(theme.ink);
        axis->setLabelFont(plot.font());
        axis->setTickLabelFont(plot.font());
        axis->grid()->setPen(QPen(grid, 1, Qt::SolidLine));
        axis->grid()->setZeroLinePen(QPen(grid, 1));
    }
}

void setScale(QCPAxis& axis, bool logarithmic, double least, double most) {
    if (logarithmic) {
        axis.setScaleType(QCPAxis::stLogarithmic);
        axis.setTicker(QSharedPointer<QCPAxisTickerLog>::create());
        axis.setNumberFormat(QStringLiteral("g"));
        axis.setRange(least * 0.7, std::max(most, least * 2) * 1.4);
        return;
    }
    axis.setScaleType(QCPAxis::stLinear);
    axis.setTicker(QSharedPointer<QCPAxisTicker>::create());
    axis.setNumberFormat(QStringLiteral("g"));
    axis.setRange(0, most > 0 ? most * 1.18 : 1);
}

namespace {

void paintPlot(QCustomPlot& plot, QPaintDevice* device, const PlotFile& file) {
    QCPPainter painter;
    painter.begin(device);
    painter.setMode(QCPPainter::pmVectorized);
    painter.setMode(QCPPainter::pmNoCaching);
    painter.setMode(QCPPainter::pmNonCosmetic);
    plot.toPainter(&painter, file.width, file.height);
    painter.end();
}

}  // namespace

QByteArray plotBytes(QCustomPlot& plot, const QString& ending, const PlotFile& file) {
    QByteArray bytes;
    QBuffer buffer(&bytes);
    buffer.open(QIODevice::WriteOnly);
    if (ending == QLatin1String("png")) {
        QImage image = plot.toPixmap(file.width, file.height, file.dpi / 96).toImage();
        image.setDevicePixelRatio(1);
        image.setDotsPerMeterX(qRound(file.dpi / 0.0254));
        image.setDotsPerMeterY(qRound(file.dpi / 0.0254));
        image.save(&buffer, "PNG");
    } else if (ending == QLatin1String("svg")) {
        QSvgGenerator generator;
        generator.setOutputDevice(&buffer);
        generator.setResolution(96);
        generator.setSize(QSize(file.width, file.height));
        generator.setViewBox(QRect(0, 0, file.width, file.height));
        paintPlot(plot, &generator, file);
    } else if (ending == QLatin1String("pdf")) {
        QPdfWriter writer(&buffer);
        writer.setResolution(72);
        writer.setPageMargins(QMarginsF());
        writer.setPageSize(QPageSize(
            QSizeF(file.width, file.height), QPageSize::Point, QString(), QPageSize::ExactMatch));
        paintPlot(plot, &writer, file);
        return bytes;
    }
    return bytes.isEmpty() ? bytes : withFigureState(bytes, file.state);
}

bool saveBytes(const QString& path, const QByteArray& bytes) {
    QSaveFile file(path);
    return !bytes.isEmpty() && file.open(QIODevice::WriteOnly) &&
           file.write(bytes) == bytes.size() && file.commit();
}

QToolButton* makePlotButton(const QString& object_name,
                            const QString& text,
                            const QString& help,
                            bool checkable,
                            QWidget* parent) {
    auto* button = new QToolButton(parent);
    button->setObjectName(object_name);
    button->setText(text);
    button->setToolTip(help);
    button->setAccessibleName(text);
    button->setAccessibleDescription(help);
    button->setCheckable(checkable);
    button->setAutoRaise(true);
    return button;
}

namespace {

// Draws what was put off, once. A panel that comes to the front of its tabs is painted, not shown.
class WhenShown : public QObject {
public:
    explicit WhenShown(QCustomPlot* plot) : QObject(plot), plot_(plot) {
        setObjectName(kWhenShown);
        plot_->installEventFilter(this);
    }

    bool eventFilter(QObject* watched, QEvent* event) override {
        if (event->type() == QEvent::Paint) {
            plot_->replot(QCustomPlot::rpQueuedReplot);
            deleteLater();
        }
        return QObject::eventFilter(watched, event);
    }

    static constexpr QLatin1String kWhenShown{"whenShown"};

private:
    QCustomPlot* plot_;
};

}  // namespace

// A frame later: a change of the settings is soon followed by its result, which the picture needs
// first, and both are drawn at once. The plot is painted with whatever else that frame holds.
void replotSoon(QCustomPlot& plot) {
    static constexpr QLatin1String kSoon{"replotSoon"};
    constexpr int kFrame_ms = 16;
    if (plot.isVisible() && !plot.visibleRegion().isEmpty()) {
        auto* soon = plot.findChild<QTimer*>(kSoon, Qt::FindDirectChildrenOnly);
        if (soon == nullptr) {
            soon = new QTimer(&plot);
            soon->setObjectName(kSoon);
            soon->setSingleShot(true);
            soon->setInterval(kFrame_ms);
            QObject::connect(soon, &QTimer::timeout, &plot, [&plot] {
                plot.replot(QCustomPlot::rpQueuedRefresh);
            });
        }
        if (!soon->isActive()) {
            soon->start();
        }
    } else if (plot.findChild<QObject*>(WhenShown::kWhenShown, Qt::FindDirectChildrenOnly) ==
               nullptr) {
        new WhenShown(&plot);  // the plot's own
    }
}

}  // namespace prunescope
