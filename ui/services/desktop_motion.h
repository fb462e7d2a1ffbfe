#pragma once

#include <QStringList>

class QDBusConnection;

namespace prunescope {

/// Whether the desktop asks for no animations: KDE's AnimationDurationFactor of 0 (kdeglobals) or
/// GTK's gtk-enable-animations off (gtk-3.0 and gtk-4.0, settings.ini). Qt 6.4 has no hint for it.
/// Of each file the first of the folders counts.
bool desktopReducesMotion(const QStringList& config_folders);

/// GNOME's switch, org.gnome.desktop.interface enable-animations, which lies in no file: asked of
/// the desktop portal. False where nobody answers within 50 ms.
bool portalReducesMotion(const QDBusConnection& bus);

/// In the user's configuration folder, then the system's; on GNOME also of the portal.
bool desktopReducesMotion();

}  // namespace prunescope
