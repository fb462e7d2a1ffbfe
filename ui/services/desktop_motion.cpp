#include "ui/services/desktop_motion.h"

#include <QDBusConnection>
#include <QDBusMessage>
#include <QDBusVariant>
#include <QFileInfo>
#include <QSettings>
#include <QStandardPaths>

namespace prunescope {

namespace {

/// Of the first folder whose file has the key; "" none.
QString valueOf(const QStringList& folders, const QString& file, const QString& key) {
    for (const QString& folder : folders) {
        const QString path = folder + '/' + file;
        if (QFileInfo(path).isFile()) {
            const QVariant value = QSettings(path, QSettings::IniFormat).value(key);
            if (value.isValid()) {
                return value.toString().trimmed().toLower();
            }
        }
    }
    return {};
}

}  // namespace

bool desktopReducesMotion(const QStringList& config_folders) {
    bool is_number = false;
    const double factor =
        valueOf(config_folders, "kdeglobals", "KDE/AnimationDurationFactor").toDouble(&is_number);
    if (is_number && factor == 0) {
        return true;
    }
    for (const char* file : {"gtk-4.0/settings.ini", "gtk-3.0/settings.ini"}) {
        const QString animations = valueOf(config_folders, file, "Settings/gtk-enable-animations");
        if (animations == QLatin1String("0") || animations == QLatin1String("false")) {
            return true;
        }
    }
    return false;
}

bool portalReducesMotion(const QDBusConnection& bus) {
    constexpr int kPatience_ms = 50;
    QDBusMessage ask = QDBusMessage::createMethodCall("org.freedesktop.portal.Desktop",
                                                      "/org/freedesktop/portal/desktop",
                                                      "org.freedesktop.portal.Settings",
                                                      "Read");
    ask << "org.gnome.desktop.interface"
        << "enable-animations";
    const QDBusMessage reply = bus.call(ask, QDBus::Block, kPatience_ms);
    QVariant said =
        reply.type() == QDBusMessage::ReplyMessage ? reply.arguments().value(0) : QVariant();
    while (said.userType() == qMetaTypeId<QDBusVariant>()) {  // the portal wraps it twice
        said = qvariant_cast<QDBusVariant>(said).variant();
    }
    return said.userType() == QMetaType::Bool && !said.toBool();
}

bool desktopReducesMotion() {
    return desktopReducesMotion(
               QStandardPaths::standardLocations(QStandardPaths::GenericConfigLocation)) ||
           (qgetenv("XDG_CURRENT_DESKTOP").contains("GNOME") &&
            portalReducesMotion(QDBusConnection::sessionBus()));
}

}  // namespace prunescope
