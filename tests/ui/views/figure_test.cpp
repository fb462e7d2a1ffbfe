// Exported figures: what a file holds, and what comes back out of one.
#include "core/session/figure_state.h"
#include "tests/support/synthetic_trace.h"
#include "ui/figures/animation.h"
#include "ui/figures/figure_metadata.h"
#include "ui/figures/overlay_figure.h"
#include "ui/figures/png_chunks.h"
#include "ui/views/budget_chart.h"
#include "ui/views/picture.h"
#include "ui/views/plot_tools.h"
#include "ui/views/shift_chart.h"

#include <algorithm>
#include <map>
#include <random>

#include <QBuffer>
#include <QFile>
#include <QTemporaryDir>
#include <QXmlStreamReader>

#include <gtest/gtest.h>

namespace prunescope {
namespace {

class Figures : public testing::Test {
protected:
    Figures() {
        trace.image.name = "folder/a.png";
        trace.image.hash = "0123456789abcdef";
        trace.prompt = "Is there a <dog> & a \"cat\"?";
        trace.answer.text = "No";
        trace.version = "1.2";
        state = figureStateOf(trace, 0, last());
    }

    int last() const { return static_cast<int>(trace.views[0].stages.size()) - 1; }

    QByteArray made(const QString& ending, const OverlayFigureOptions& options = {}) const {
        return overlayFigureFile(trace, picture, options, ending);
    }

    QString kept(const QByteArray& bytes, const QString& name) {
        const QString path = folder.filePath(name);
        EXPECT_TRUE(saveBytes(path, bytes));
        return path;
    }

    RunTrace trace = syntheticTrace();
    QImage picture = toQImage(syntheticPicture(672, 504));
    FigureState state;
    QTemporaryDir folder;
};

/// Number of elements of each name, "" counts all; empty when it is no XML.
std::map<QString, int> elementsOf(const QByteArray& svg, QString* words = nullptr) {
    std::map<QString, int> counts;
    QXmlStreamReader xml(svg);
    while (!xml.atEnd()) {
        if (xml.readNext() == QXmlStreamReader::StartElement) {
            ++counts[xml.name().toString()];
            ++counts[QString()];
        } else if (words != nullptr && xml.isCharacters()) {
            *words += xml.text().toString() + QLatin1Char('\n');
        }
    }
    return xml.hasError() ? std::map<QString, int>() : counts;
}

TEST_F(Figures, SvgHoldsThePictureOnceAndTheMarksAsVectors) {
    OverlayFigureOptions options;
    options.selected = {210};
    QString words;
    std::map<QString, int> counts = elementsOf(made("svg", options), &words);
    ASSERT_FALSE(counts.empty()) << "well-formed";
    EXPECT_EQ(counts["image"], 1);
    EXPECT_GT(counts["path"] + counts["polyline"] + counts["rect"], 100);
    EXPECT_GT(counts["text"], 8) << "legend and caption";
    EXPECT_TRUE(words.contains(QString::fromStdString(state.session_id)));
    EXPECT_TRUE(words.contains("τ = "));
    EXPECT_TRUE(words.contains("a.png"));
    EXPECT_FALSE(words.contains("folder/")) << "no folders in figures";
}

TEST_F(Figures, PdfHoldsThePictureOnce) {
    const QByteArray pdf = made("pdf");
    EXPECT_TRUE(pdf.startsWith("%PDF-1."));
    EXPECT_EQ(pdf.count("/Subtype /Image"), 1);
    EXPECT_GT(pdf.count("/Type /Font"), 0) << "text stays text";
}

TEST_F(Figures, PngHasTheResolutionThatWasAskedFor) {
    OverlayFigureOptions options;
    options.dpi = 96;
    const QImage small = QImage::fromData(made("png", options));
    options.dpi = 300;
    const QImage large = QImage::fromData(made("png", options));
    EXPECT_NEAR(large.width(), small.width() * 300 / 96, 2);
    EXPECT_NEAR(large.dotsPerMeterX() * 0.0254, 300, 0.1);
    EXPECT_EQ(large.pixelColor(2, 2), QColor(Qt::white));
}

TEST_F(Figures, OptionsOfTheOverlayAreThoseOfTheFigure) {
    const QImage all = overlayFigureImage(trace, picture, {});
    OverlayFigureOptions fewer;
    fewer.overlay.setShown(PatchFate::Merged, false);
    OverlayFigureOptions framed;
    framed.selected = {200};
    OverlayFigureOptions before;
    before.stage = -1;
    for (const OverlayFigureOptions& options : {fewer, framed, before}) {
        EXPECT_NE(overlayFigureImage(trace, picture, options), all);
    }
    OverlayFigureOptions other_view;
    other_view.view = 1;
    EXPECT_TRUE(overlayFigureImage(trace, picture, other_view).isNull());
    EXPECT_TRUE(made("xyz").isEmpty());
    EXPECT_TRUE(overlayFigureImage(trace, {}, {}).isNull());
}

TEST_F(Figures, PngAndSvgBringTheStateBack) {
    for (const char* ending : {"png", "svg"}) {
        const auto read = readFigureState(kept(made(ending), QString("figure.") + ending));
        ASSERT_TRUE(read.has_value()) << ending;
        EXPECT_EQ(figureStateFromJson(read->toStdString()), state) << ending;
        const auto of_plot =
            readFigureState(kept(shiftPlotFile(trace, 0, {}, ending), QString("plot.") + ending));
        ASSERT_TRUE(of_plot.has_value()) << ending;
        EXPECT_EQ(figureStateFromJson(of_plot->toStdString()).session_id, state.session_id);
    }
    EXPECT_FALSE(readFigureState(kept(made("pdf"), "figure.pdf")).has_value());
    ASSERT_TRUE(picture.save(folder.filePath("plain.png")));
    EXPECT_FALSE(readFigureState(folder.filePath("plain.png")).has_value());
    EXPECT_FALSE(readFigureState(folder.filePath("missing.png")).has_value());
    EXPECT_FALSE(readFigureState(folder.path()).has_value());
}

TEST_F(Figures, AnimationShowsEveryStageAndCarriesTheState) {
    OverlayFigureOptions options;
    options.dpi = 48;
    const QByteArray file = stageAnimation(trace, picture, options);
    const std::vector<PngChunk> chunks = pngChunks(file);
    ASSERT_FALSE(chunks.empty());
    const auto count = [&](const char* type) {
        return std::count_if(
            chunks.begin(), chunks.end(), [&](const PngChunk& c) { return c.type == type; });
    };
    EXPECT_EQ(count("fcTL"), last() + 2);
    EXPECT_EQ(count("acTL"), 1);
    EXPECT_FALSE(QImage::fromData(file).isNull()) << "readers without animation show a frame";
    EXPECT_TRUE(readFigureState(kept(file, "stages.apng")).has_value());
    EXPECT_TRUE(encodeApng({}).isEmpty());
    EXPECT_TRUE(encodeApng({{QImage(2, 2, QImage::Format_RGB32), 1},
                            {QImage(3, 2, QImage::Format_RGB32), 1}})
                    .isEmpty());
}

TEST_F(Figures, PlotsAreWrittenInEveryFormat) {
    BudgetSeries series;
    series.metric = "klDiagFwd";
    series.curves = {{"dcp", {{8, 0.5, 0.4, true, 0.1}}}};
    for (const char* ending : {"png", "svg", "pdf", "csv"}) {
        EXPECT_GT(shiftPlotFile(trace, 0, {}, ending).size(), 100) << ending;
        EXPECT_GT(budgetPlotFile(series, true, false, ending).size(), 50) << ending;
    }
    EXPECT_TRUE(shiftPlotFile(trace, 0, {}, "xyz").isEmpty());
    EXPECT_EQ(elementsOf(shiftPlotFile(trace, 0, {}, "svg"))["image"], 0) << "all vectors";
    EXPECT_TRUE(writeOverlayFigure(trace, picture, {}, folder.filePath("o.pdf")));
    EXPECT_FALSE(writeOverlayFigure(trace, picture, {}, folder.filePath("no/o.pdf")));
    EXPECT_FALSE(writeShiftPlot(trace, folder.filePath("o.xyz")));
}

TEST_F(Figures, HostileFilesNeitherCrashNorGiveAState) {
    OverlayFigureOptions options;
    options.dpi = 24;
    const QByteArray png = made("png", options);
    const QByteArray svg = made("svg", options);
    std::mt19937 random(3);
    int read = 0;
    for (int i = 0; i < 600; ++i) {
        QByteArray bad = (i % 2 == 0 ? png : svg).left(4000);
        for (int change = 0; change < 4; ++change) {
            bad[static_cast<qsizetype>(random() % static_cast<unsigned>(bad.size()))] =
                static_cast<char>(random() % 256);
        }
        bad.truncate(static_cast<qsizetype>(random() % 4000));
        const auto found = readFigureState(kept(bad + ' ', "bad"));
        if (found) {
            try {
                figureStateFromJson(found->toStdString());
                ++read;
            } catch (const std::exception&) {  // refused in words
            }
        }
    }
    EXPECT_LT(read, 550);
    const QByteArray bomb =
        "<!DOCTYPE svg [<!ENTITY a \"aaaaaaaaaa\"><!ENTITY b \"&a;&a;&a;&a;&a;&a;&a;&a;\">]>"
        "<svg><metadata id=\"prunescope.figure\">&b;&b;</metadata></svg>";
    EXPECT_FALSE(readFigureState(kept(bomb, "bomb.svg")).has_value());
    QByteArray huge("\x89PNG\r\n\x1a\n\x7f\xff\xff\xffiTXt", 16);
    EXPECT_FALSE(readFigureState(kept(huge + "prunescope.figure", "huge.png")).has_value());
}

}  // namespace
}  // namespace prunescope
