#pragma once

#include "ui/theme/palette.h"

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

/// Writes png, svg or pdf by the path's ending, in device-independent pixels. False: it could not.
bool savePlot(QCustomPlot& plot, const QString& path, int width, int height);

/// Writes the whole text or leaves the old file as it was.
bool saveText(const QString& path, const QString& text);

/// A flat text button of a plot's tool row.
QToolButton* makePlotButton(const QString& object_name,
                            const QString& text,
                            const QString& help,
                            bool checkable,
                            QWidget* parent);

}  // namespace prunescope
