#pragma once

#include "ui/services/preferences.h"

#include <QIcon>

class QApplication;

namespace prunescope {

/// Fusion style with a light or dark palette; System keeps what the desktop says.
void applyAppearance(QApplication& app, Appearance appearance);

QIcon applicationIcon();

/// A symbolic icon of resources/icons, drawn in the palette's text colour (grey when disabled).
/// Follows the palette when it is asked for again.
QIcon symbolicIcon(const QString& name);

}  // namespace prunescope
