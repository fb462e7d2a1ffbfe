#include "ui/views/plot_tools.h"

#include "ui/views/qcp.h"

#include <algorithm>
#include <cmath>

#include <QFileInfo>
#include <QSaveFile>
#include <QSvgGenerator>
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

bool savePlot(QCustomPlot& plot, const QString& path, int width, int height) {
    const QString ending = QFileInfo(path).suffix().toLower();
    if (ending == QLatin1String("png")) {
        return plot.savePng(path, width, height, 2.0);
    }
    if (ending == QLatin1String("pdf")) {
        return plot.savePdf(path, width, height);
    }
    if (ending == QLatin1String("svg")) {
        QSaveFile file(path);
        if (!file.open(QIODevice::WriteOnly)) {
            return false;
        }
        QSvgGenerator generator;
        generator.setOutputDevice(&file);
        generator.setResolution(96);
        generator.setSize(QSize(width, height));
        generator.setViewBox(QRect(0, 0, width, height));
        QCPPainter painter;
        painter.begin(&generator);
        painter.setMode(QCPPainter::pmVectorized);
        painter.setMode(QCPPainter::pmNoCaching);
        painter.fillRect(QRect(0, 0, width, height), plot.palette().color(QPalette::Base));
        plot.toPainter(&painter, width, height);
        painter.end();
        return file.commit();
    }
    return false;
}

bool saveText(const QString& path, const QString& text) {
    QSaveFile file(path);
    return file.open(QIODevice::WriteOnly) && file.write(text.toUtf8()) >= 0 && file.commit();
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

}  // namespace prunescope
