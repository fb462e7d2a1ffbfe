#include "ui/services/desktop_motion.h"

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

bool desktopReducesMotion() {
    return desktopReducesMotion(
        QStandardPaths::standardLocations(QStandardPaths::GenericConfigLocation));
}

}  // namespace prunescope
