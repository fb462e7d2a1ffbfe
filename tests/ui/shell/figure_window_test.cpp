// Exporting, copying and reproducing figures in the window.
#include "core/session/figure_state.h"
#include "core/trace/trace_json.h"
#include "tests/ui/shell/window_fixture.h"
#include "ui/figures/export_dialog.h"
#include "ui/figures/figure_metadata.h"
#include "ui/panels/error_card.h"
#include "ui/views/canvas.h"
#include "ui/views/qcp.h"

#include <QApplication>
#include <QClipboard>
#include <QComboBox>
#include <QDialog>
#include <QDropEvent>
#include <QFile>
#include <QLabel>
#include <QLineEdit>
#include <QMimeData>
#include <QPushButton>

namespace prunescope {
namespace {

class FigureWindowTest : public test::WindowTest {
protected:
    void SetUp() override {
        window_.show();
        QApplication::setActiveWindow(&window_);
        openEverything();
        preferences_.setExport(scratch_.path(), 0, "png", 96);
    }

    QDialog* exportDialog() { return child<QDialog>("exportDialog"); }

    void press(const char* button) {
        QTest::mouseClick(child<QPushButton>(button), Qt::LeftButton);
    }

    /// Writes the current state as a figure and returns its path.
    QString exported(const QString& name) {
        const QString path = scratch_.filePath(name);
        QApplication::setActiveWindow(&window_);  // as a window manager does when a dialog closes
        child<Canvas>("canvas")->setFocus();
        QTest::keyClick(&window_, Qt::Key_E, Qt::ControlModifier);
        auto* format = child<QComboBox>("exportFormat");
        format->setCurrentIndex(format->findData(name.section('.', -1)));
        child<QLineEdit>("exportPath")->setText(path);
        press("exportWrite");
        EXPECT_TRUE(QTest::qWaitFor([&] { return !exportDialog()->isVisible(); }, 8000));
        EXPECT_TRUE(QFile::exists(path));
        return path;
    }

    void drop(const QString& path) {
        QMimeData mime;
        mime.setUrls({QUrl::fromLocalFile(path)});
        QDragEnterEvent enter(QPoint(5, 5), Qt::CopyAction, &mime, Qt::LeftButton, Qt::NoModifier);
        QApplication::sendEvent(&window_, &enter);
        QDropEvent event(QPointF(5, 5), Qt::CopyAction, &mime, Qt::LeftButton, Qt::NoModifier);
        QApplication::sendEvent(&window_, &event);
    }

    bool asks() {
        return QTest::qWaitFor([&] { return child<QDialog>("reproduceDialog")->isVisible(); },
                               5000);
    }

    QString said(const char* label) { return child<QLabel>(label)->text(); }
};

TEST_F(FigureWindowTest, CtrlEExportsWhatIsOnShow) {
    const QString path = exported("figure.png");
    const auto state = readFigureState(path);
    ASSERT_TRUE(state.has_value());
    const FigureState figure = figureStateFromJson(state->toStdString());
    EXPECT_EQ(figure.settings, session_.document.settings());
    EXPECT_EQ(figure.stage, session_.selection.stage());
    EXPECT_EQ(preferences_.exportFolder(), QFileInfo(path).absolutePath());
}

TEST_F(FigureWindowTest, EveryKindIsWrittenInEveryFormat) {
    session_.attribution.start();
    ASSERT_TRUE(QTest::qWaitFor([&] { return !session_.attribution.isRunning(); }, 5000));
    QTest::keyClick(&window_, Qt::Key_E, Qt::ControlModifier);
    auto* kind = child<QComboBox>("exportKind");
    auto* format = child<QComboBox>("exportFormat");
    ASSERT_EQ(kind->count(), static_cast<int>(std::size(kFigureKinds)));
    int files = 0;
    for (int k = 0; k < kind->count(); ++k) {
        kind->setCurrentIndex(k);
        const int formats = format->count();
        for (int f = 0; f < formats; ++f) {
            exportDialog()->show();
            kind->setCurrentIndex(k);
            format->setCurrentIndex(f);
            const QString path = child<QLineEdit>("exportPath")->text();
            EXPECT_TRUE(path.startsWith(scratch_.path()));
            EXPECT_TRUE(path.contains("two-dcp-64-")) << path.toStdString();
            EXPECT_EQ(child<QComboBox>("exportDpi")->isEnabled(), path.endsWith("png"));
            press("exportWrite");
            ASSERT_TRUE(QTest::qWaitFor([&] { return !exportDialog()->isVisible(); }, 8000))
                << said("exportNote").toStdString();
            EXPECT_GT(QFileInfo(path).size(), 60) << path.toStdString();
            ++files;
        }
    }
    EXPECT_EQ(files, 3 + 4 + 4 + 2 + 1 + 2);
    QFile json(scratch_.filePath("two-dcp-64-trace.json"));
    ASSERT_TRUE(json.open(QIODevice::ReadOnly));
    EXPECT_EQ(traceFromJson(json.readAll().toStdString()), *session_.document.trace());
}

TEST_F(FigureWindowTest, WhatCannotBeWrittenIsSaidWithWhatToDo) {
    QTest::keyClick(&window_, Qt::Key_E, Qt::ControlModifier);
    child<QLineEdit>("exportPath")->setText(scratch_.filePath("no/such/figure.png"));
    press("exportWrite");
    ASSERT_TRUE(QTest::qWaitFor([&] { return said("exportNote").contains("no folder"); }, 8000));
    EXPECT_TRUE(said("exportNote").contains("Choose another folder."));
    EXPECT_TRUE(exportDialog()->isVisible());
    EXPECT_TRUE(child<QPushButton>("exportWrite")->isEnabled());
    child<QLineEdit>("exportPath")->setText(scratch_.filePath("figure.xyz"));
    press("exportWrite");
    EXPECT_TRUE(said("exportNote").contains(".png or .svg or .pdf"));
    QFile old(scratch_.filePath("old.png"));
    ASSERT_TRUE(old.open(QIODevice::WriteOnly));
    old.close();
    dialogs_.answer = old.fileName();
    press("exportBrowse");
    EXPECT_TRUE(said("exportNote").startsWith("old.png exists and will be replaced."));
    EXPECT_EQ(child<QPushButton>("exportWrite")->text().remove('&'), "Replace");
    session_.document.setLive(false);
    session_.document.setPrompt("Else?");
    EXPECT_FALSE(window_.action("export")->isEnabled());
}

TEST_F(FigureWindowTest, TheClipboardGetsPictureOrPlot) {
    child<Canvas>("canvas")->setFocus();
    QTest::keyClick(child<Canvas>("canvas"), Qt::Key_C, Qt::ControlModifier);
    const auto* clipboard = QApplication::clipboard();
    ASSERT_TRUE(QTest::qWaitFor(
        [&] { return clipboard->mimeData() != nullptr && clipboard->mimeData()->hasImage(); },
        8000));
    EXPECT_TRUE(clipboard->mimeData()->data("image/svg+xml").contains("prunescope.figure"));
    EXPECT_FALSE(clipboard->mimeData()->hasText());
    auto* plot = child<QCustomPlot>("shiftPlotArea");
    plot->setFocus();
    QTest::keyClick(plot, Qt::Key_C, Qt::ControlModifier);
    EXPECT_TRUE(clipboard->mimeData()->hasImage());
    EXPECT_TRUE(clipboard->text().startsWith("place,tokens,")) << clipboard->text().toStdString();
    QTest::keyClick(plot, Qt::Key_C, Qt::ControlModifier | Qt::AltModifier);
    EXPECT_FALSE(clipboard->mimeData()->hasImage());
    child<Canvas>("canvas")->setFocus();
    window_.action("copyData")->trigger();
    EXPECT_TRUE(clipboard->text().startsWith("view,stage,name,"));
}

TEST_F(FigureWindowTest, ADroppedFigureBringsItsStateBackInOneUndoStep) {
    session_.selection.setStage(0);
    for (const char* name : {"figure.svg", "figure.png"}) {
        const RunSettings settings = session_.document.settings();
        const QString path = exported(name);
        RunSettings other = settings;
        other.budget = 5;
        other.method = "random";
        session_.document.changeSettings(other, "other");
        session_.document.setPrompt("Something else?");
        session_.document.endMerge();
        ASSERT_TRUE(reaches(RunState::Running) && reaches(RunState::Ready));
        const int steps = session_.document.undoStack()->count();
        drop(path);
        ASSERT_TRUE(asks());
        EXPECT_TRUE(said("figurePicture").contains("two.png"));
        EXPECT_TRUE(said("figureModel").endsWith("open"));
        press("restoreFigure");
        EXPECT_EQ(session_.document.settings(), settings);
        EXPECT_EQ(session_.document.prompt(), "What is it?");
        EXPECT_EQ(session_.document.undoStack()->count(), steps + 1);
        ASSERT_TRUE(reaches(RunState::Running) && reaches(RunState::Ready));
        EXPECT_TRUE(QTest::qWaitFor([&] { return session_.selection.stage() == 0; }, 2000));
        session_.document.undoStack()->undo();
        EXPECT_EQ(session_.document.settings(), other);
        session_.document.undoStack()->redo();
        ASSERT_TRUE(reaches(RunState::Ready));
        ASSERT_TRUE(QTest::qWaitFor([&] { return session_.document.resultMatchesInputs(); }, 5000));
        session_.selection.setStage(0);
    }
}

TEST_F(FigureWindowTest, AMissingPictureIsAskedForAndOnlyTheSameIsTaken) {
    const QString path = exported("figure.svg");
    session_.document.setImage(
        std::make_shared<const Image>(Image{1, 1, {9, 9, 9}}), "else.png", {});
    session_.document.setPrompt("Else?");
    dialogs_.answer = path;
    window_.action("reproduceFigure")->trigger();
    ASSERT_TRUE(asks());
    EXPECT_TRUE(said("figurePicture").contains("not found"));
    EXPECT_FALSE(child<QPushButton>("restoreFigure")->isEnabled());
    QImage wrong(2, 1, QImage::Format_RGB888);
    wrong.fill(Qt::red);
    dialogs_.answer = scratch_.filePath("wrong.png");
    ASSERT_TRUE(wrong.save(dialogs_.answer));
    press("locatePicture");
    ASSERT_TRUE(
        QTest::qWaitFor([&] { return said("figureNote").contains("pixels differ"); }, 5000));
    EXPECT_FALSE(child<QPushButton>("restoreFigure")->isEnabled());
    const uchar pixels[] = {1, 2, 3, 4, 5, 6};
    const QImage right(pixels, 2, 1, 6, QImage::Format_RGB888);
    dialogs_.answer = scratch_.filePath("right.png");
    ASSERT_TRUE(right.save(dialogs_.answer));
    press("locatePicture");
    ASSERT_TRUE(
        QTest::qWaitFor([&] { return child<QPushButton>("restoreFigure")->isEnabled(); }, 5000));
    press("restoreFigure");
    EXPECT_EQ(session_.document.imagePath(), dialogs_.answer);
    EXPECT_EQ(session_.document.prompt(), "What is it?");
}

TEST_F(FigureWindowTest, APictureBesideTheFigureIsFound) {
    const uchar pixels[] = {1, 2, 3, 4, 5, 6};
    ASSERT_TRUE(QImage(pixels, 2, 1, 6, QImage::Format_RGB888).save(scratch_.filePath("two.png")));
    const QString path = exported("figure.png");
    session_.document.setImage(
        std::make_shared<const Image>(Image{1, 1, {9, 9, 9}}), "else.png", {});
    session_.controller.loadModel("another");
    ASSERT_TRUE(reaches(RunState::Ready));
    drop(path);
    ASSERT_TRUE(asks());
    EXPECT_TRUE(said("figurePicture").endsWith("two.png"));
    EXPECT_TRUE(said("figureModel").contains("not found"));
    EXPECT_TRUE(said("figureNote").contains("the result will be that of the model that is open"));
    press("figureAsPicture");
    EXPECT_TRUE(
        QTest::qWaitFor([&] { return session_.document.imageName() == "figure.png"; }, 5000));
}

TEST_F(FigureWindowTest, AFigureWithAForgedStateIsRefusedInWords) {
    const QString path = exported("figure.svg");
    QFile file(path);
    ASSERT_TRUE(file.open(QIODevice::ReadWrite));
    const QByteArray whole =
        file.readAll().replace("&quot;budget&quot;:64", "&quot;budget&quot;:65");
    file.resize(0);
    file.seek(0);
    file.write(whole);
    file.close();
    dialogs_.answer = path;
    window_.action("reproduceFigure")->trigger();
    auto* card = child<ErrorCard>("errorCard");
    ASSERT_TRUE(QTest::qWaitFor([&] { return card->isVisible(); }, 5000));
    EXPECT_TRUE(card->message().contains("belongs to other values"))
        << card->message().toStdString();
    EXPECT_FALSE(child<QDialog>("reproduceDialog")->isVisible());
}

}  // namespace
}  // namespace prunescope
