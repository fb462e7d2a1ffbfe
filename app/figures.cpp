#include "app/figures.h"

#include "core/base/error.h"
#include "ui/figures/overlay_figure.h"
#include "ui/views/budget_chart.h"
#include "ui/views/picture.h"
#include "ui/views/shift_chart.h"

#include <clocale>

#include <QApplication>
#include <QString>

namespace prunescope {

namespace {

/// Qt's painting needs an application object, not a display.
void ensureApplication() {
    static int argc = 1;
    static char name[] = "prunescope-cli";
    static char* argv[] = {name, nullptr};
    if (qApp == nullptr) {
        qputenv("QT_QPA_PLATFORM", "offscreen");
        // Never destroyed: at exit Qt's own globals may be gone before it.
        static auto* const application = new QApplication(argc, argv);
        static_cast<void>(application);
        setlocale(LC_NUMERIC, "C");
    }
}

void check(bool written, const std::string& path, const char* endings) {
    if (!written) {
        throw Error(ErrorCode::Failure,
                    path + " could not be written.",
                    std::string("Its name must end in ") + endings +
                        ", and its folder must exist and be writable.");
    }
}

}  // namespace

void writeOverlayFile(const RunTrace& trace, const Image& image, const std::string& path) {
    ensureApplication();
    OverlayFigureOptions options;
    options.dpi = path.ends_with(".apng") ? 96 : options.dpi;  // many frames
    check(writeOverlayFigure(trace, toQImage(image), options, QString::fromStdString(path)),
          path,
          ".png, .svg, .pdf or .apng");
}

void writeCurvePlotFile(const std::vector<MethodCurve>& curves,
                        const RunSettings& settings,
                        const std::string& path) {
    ensureApplication();
    BudgetSeries series;
    series.metric = QString::fromStdString(settings.metric);
    series.place = settings.place;
    series.current = QString::fromStdString(settings.method);
    series.curves = curves;
    series.compares = true;
    check(writeBudgetPlot(series, QString::fromStdString(path)), path, ".png, .svg, .pdf or .csv");
}

void writePlotFile(const RunTrace& trace, const std::string& path) {
    ensureApplication();
    check(writeShiftPlot(trace, QString::fromStdString(path)), path, ".png, .svg, .pdf or .csv");
}

}  // namespace prunescope
