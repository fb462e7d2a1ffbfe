#pragma once

#include "ui/theme/palette.h"

#include <QByteArray>
#include <QString>

class QCPAxis;
class QCustomPlot;
class QToolButton;
class QWidget;

namespace prunescope {

/// Colours of axes, grid and ground.
void applyTheme(QCustomPlot& plot, const Theme& theme);

/// Linear from zero, or logarithmic over the decades of [least, most].
void setScale(QCPAxis& axis, bool logarithmic, double least, double most);

/// How a plot becomes a file.
struct PlotFile {
    int width = 760;  ///< in units of 1/96 inch
    int height = 420;
    double dpi = 192;       ///< of png
    QByteArray state = {};  ///< that png and svg carry (figure_metadata.h); empty: none
};

/// The bytes of a png, svg or pdf; empty for another ending.
QByteArray plotBytes(QCustomPlot& plot, const QString& ending, const PlotFile& file);

/// Writes all bytes or leaves the old file as it was. False also when there are none.
bool saveBytes(const QString& path, const QByteArray& bytes);

/// A flat text button of a plot's tool row.
QToolButton* makePlotButton(const QString& object_name,
                            const QString& text,
                            const QString& help,
                            bool checkable,
                            QWidget* parent);

/// Draws a plot anew with the next frame, or once it is shown: one behind another tab costs
/// nothing.
void replotSoon(QCustomPlot& plot);

}  // namespace prunescope
