#include "ui/services/figure_files.h"

#include "ui/views/overlay_export.h"
#include "ui/views/shift_chart.h"

#include <QCoreApplication>
#include <QFileInfo>
#include <QImage>

namespace prunescope {

namespace {

QString words(const char* text) {
    return QCoreApplication::translate("FigureFiles", text);
}

// A name typed without an ending gets PNG.
QString withEnding(const QString& path) {
    return QFileInfo(path).suffix().isEmpty() ? path + ".png" : path;
}

std::optional<QString> outcome(bool is_written, const QString& path) {
    if (is_written) {
        return std::nullopt;
    }
    return words("%1 could not be written: check the ending and the folder.")
        .arg(QFileInfo(path).fileName());
}

}  // namespace

QString suggestedFigureName(const Document& document, const QString& what) {
    const RunSettings& settings = document.settings();
    return QString("%1-%2-%3-%4.png")
        .arg(QFileInfo(document.imageName()).completeBaseName(),
             QString::fromStdString(settings.method))
        .arg(settings.budget)
        .arg(what);
}

std::optional<QString> saveOverlay(const Document& document,
                                   const SelectionModel& selection,
                                   const QString& path) {
    const auto image = document.image();
    const TracePtr trace = document.trace();
    if (!image || !trace) {
        return words("There is no result to write.");
    }
    const QImage picture(
        image->rgb.data(), image->width, image->height, image->width * 3, QImage::Format_RGB888);
    const QString named = withEnding(path);
    return outcome(writeOverlay(*trace, picture, selection.stage(), named, selection.view()),
                   named);
}

std::optional<QString> savePlot(const Document& document, const QString& path) {
    if (!document.trace()) {
        return words("There is no result to write.");
    }
    const QString named = withEnding(path);
    return outcome(writeShiftPlot(*document.trace(), named), named);
}

}  // namespace prunescope
