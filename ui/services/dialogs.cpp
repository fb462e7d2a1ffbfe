#include "ui/services/dialogs.h"

#include <QCoreApplication>
#include <QFileDialog>

namespace prunescope {

QString FileDialogs::openPicture(QWidget* parent) {
    return QFileDialog::getOpenFileName(
        parent,
        QCoreApplication::translate("Dialogs", "Open picture"),
        {},
        QCoreApplication::translate("Dialogs",
                                    "Pictures (*.png *.jpg *.jpeg *.bmp *.webp *.tif *.tiff *.ppm "
                                    "*.pgm);;All files (*)"));
}

QString FileDialogs::openFile(QWidget* parent, const QString& title, const QString& filter) {
    return QFileDialog::getOpenFileName(parent, title, {}, filter);
}

QString FileDialogs::openFolder(QWidget* parent, const QString& title) {
    return QFileDialog::getExistingDirectory(parent, title);
}

QString FileDialogs::saveAs(QWidget* parent,
                            const QString& title,
                            const QString& suggestion,
                            const QString& filter) {
    return QFileDialog::getSaveFileName(parent, title, suggestion, filter);
}

}  // namespace prunescope
