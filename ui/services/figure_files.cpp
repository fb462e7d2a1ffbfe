#include "ui/services/figure_files.h"

namespace prunescope {

QString suggestedFigureName(const Document& document, const QString& what) {
    QString picture = document.imageName().section('.', 0, 0);
    const RunSettings& settings = document.settings();
    return QString("%1-%2-%3-%4")
        .arg(picture, QString::fromStdString(settings.method))
        .arg(settings.budget)
        .arg(what);
}

std::optional<QString> saveOverlay(const Document&, const SelectionModel&, const QString&) {
    return QString("no export yet");
}

std::optional<QString> savePlot(const Document&, const QString&) {
    return QString("no export yet");
}

}  // namespace prunescope
