#include "ui/services/resource_paths.h"

#include <QCoreApplication>
#include <QDir>
#include <QFileInfo>
#include <QStringList>

namespace prunescope {

QString bundledModelDirectory() {
    const QString here = QCoreApplication::applicationDirPath();
    QStringList places{here + "/../share/prunescope", here + "/../Resources", here + "/resources"};
#ifdef PRUNESCOPE_SOURCE_DIR
    places << QStringLiteral(PRUNESCOPE_SOURCE_DIR "/resources");
#endif
    for (const QString& place : places) {
        if (QFileInfo(place + "/models/starter").isDir()) {
            return QDir::cleanPath(place + "/models/starter");
        }
    }
    return {};
}

}  // namespace prunescope
