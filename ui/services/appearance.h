#pragma once

#include "ui/services/preferences.h"

#include <QIcon>

class QApplication;

namespace prunescope {

/// Fusion style with a light or dark palette; System keeps what the desktop says.
/// @param high_contrast  black and white, text at least 7 : 1; also on where the appearance is the
/// desktop's and the desktop's own palette is one of high contrast
/// @param reduced_motion  nothing moves, fades or blinks by itself
void applyAppearance(QApplication& app,
                     Appearance appearance,
                     bool high_contrast = false,
                     bool reduced_motion = false);

QIcon applicationIcon();

/// A symbolic icon of resources/icons, drawn in the palette's text colour (grey when disabled).
/// Follows the palette when it is asked for again.
QIcon symbolicIcon(const QString& name);

}  // namespace prunescope
