#include "ui/services/kept_pictures.h"

#include "core/base/text.h"

#include <QDir>
#include <QImage>
#include <QSaveFile>

namespace prunescope {

namespace {

constexpr int kMostPictures = 32;

}  // namespace

QString keepPicture(const Image& image, const QString& folder) {
    QDir place(folder);
    const QString path =
        place.filePath(QString::fromStdString(hex(contentHash(image))) + QStringLiteral(".png"));
    if (QFile::exists(path)) {
        return path;
    }
    if (!place.mkpath(QStringLiteral("."))) {
        return {};
    }
    const QStringList old = place.entryList({"*.png"}, QDir::Files, QDir::Time);
    for (const QString& name : old.mid(kMostPictures - 1)) {
        place.remove(name);
    }
    const QImage pixels(
        image.rgb.data(), image.width, image.height, image.width * 3, QImage::Format_RGB888);
    QSaveFile file(path);
    return file.open(QIODevice::WriteOnly) && pixels.save(&file, "PNG") && file.commit()
               ? path
               : QString();
}

}  // namespace prunescope
