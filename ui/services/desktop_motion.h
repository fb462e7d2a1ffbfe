#pragma once

#include <QStringList>

namespace prunescope {

/// Whether the desktop asks for no animations: KDE's AnimationDurationFactor of 0 (kdeglobals) or
/// GTK's gtk-enable-animations off (gtk-3.0 and gtk-4.0, settings.ini). Qt 6.4 has no hint for it.
/// Of each file the first of the folders counts. GNOME keeps its own switch in no file: there the
/// preference says it.
bool desktopReducesMotion(const QStringList& config_folders);

/// In the user's configuration folder, then the system's.
bool desktopReducesMotion();

}  // namespace prunescope
