// What tokens did to the answer outlives the window: in sessions, tables and figures.
#include "core/session/attribution_json.h"
#include "core/session/session_file.h"
#include "tests/ui/shell/window_fixture.h"
#include "ui/attribution/attribution_model.h"
#include "ui/figures/exporter.h"
#include "ui/views/canvas.h"

#include <QApplication>
#include <QClipboard>
#include <QComboBox>
#include <QFile>
#include <QLabel>
#include <QLineEdit>
#include <QPushButton>
#include <QTableView>

namespace prunescope {
namespace {

class AttributionFilesTest : public test::WindowTest {
protected:
    void SetUp() override {
        showActive();
        openWithSixTokens();
        preferences_.setExport(scratch_.path(), 0, "png", 96);
    }

    void ask() {
        QApplication::setActiveWindow(&window_);  // as a window manager does when a dialog closes
        QTest::keyClick(&window_, Qt::Key_T, Qt::ControlModifier | Qt::ShiftModifier);
        ASSERT_TRUE(isAttributed());
    }

    QString file() const { return scratch_.filePath("work.prunescope"); }

    void save() {
        dialogs_.answer = file();
        window_.action("saveSession")->trigger();
        ASSERT_TRUE(QTest::qWaitFor([&] { return session_.files.path() == file(); }, 5000));
    }

    QByteArray exported(FigureKind kind, const QString& ending) {
        QApplication::setActiveWindow(&window_);
        QTest::keyClick(&window_, Qt::Key_E, Qt::ControlModifier);
        child<QComboBox>("exportKind")->setCurrentIndex(static_cast<int>(kind));
        auto* format = child<QComboBox>("exportFormat");
        format->setCurrentIndex(format->findData(ending));
        const QString path = child<QLineEdit>("exportPath")->text();
        QTest::mouseClick(child<QPushButton>("exportWrite"), Qt::LeftButton);
        EXPECT_TRUE(QTest::qWaitFor(
            [&] { return !child<QWidget>("exportDialog")->isVisible() && QFile::exists(path); },
            8000))
            << child<QLabel>("exportNote")->text().toStdString();
        QFile written(path);
        EXPECT_TRUE(written.open(QIODevice::ReadOnly));
        const QByteArray bytes = written.readAll();
        written.remove();
        return bytes;
    }
};

TEST_F(AttributionFilesTest, ASessionShowsItAgainWithoutTheModel) {
    ask();
    save();
    QTemporaryDir other;
    Preferences preferences(other.filePath("settings.ini"));
    Session session(test::fakeBackend(std::make_shared<test::Script>()), &preferences);
    MainWindow window(&session, &preferences, &dialogs_);
    window.resize(1280, 800);
    window.show();
    dialogs_.answer = file();
    window.action("openSession")->trigger();
    ASSERT_TRUE(QTest::qWaitFor([&] { return session.attribution.shown() != nullptr; }, 5000));
    EXPECT_EQ(session.document.state(), RunState::NoModel);
    EXPECT_EQ(*session.attribution.shown(), *session_.attribution.shown());
    auto* table = window.findChild<QTableView*>("attributionTable");
    EXPECT_TRUE(table->isEnabled());
    ASSERT_EQ(table->model()->rowCount(), 6);
    EXPECT_EQ(table->model()->index(0, AttributionModel::Token).data().toString(), "#0");
    EXPECT_EQ(table->model()->index(0, AttributionModel::Delta).data().toString(), "−0.300");
    auto* start = window.findChild<QPushButton*>("attributeButton");
    EXPECT_FALSE(start->isEnabled());
    EXPECT_EQ(start->toolTip(), "Open a model first");
    EXPECT_TRUE(window.findChild<QWidget*>("effectLegend")->isVisibleTo(&window));
    session.selection.setHoveredPatch(0);
    const QString said = window.findChild<Canvas*>("canvas")->hoverText();
    EXPECT_TRUE(said.contains("becomes “a bird”")) << said.toStdString();
    session.document.undoStack()->undo();  // opening was one step: it was about other inputs
    EXPECT_EQ(session.attribution.shown(), nullptr);
    session.document.undoStack()->redo();
}

TEST_F(AttributionFilesTest, ARunThatGivesTheSameKeepsIt) {
    ask();
    const Attribution before = *session_.attribution.shown();
    save();
    RunSettings other = session_.document.settings();
    other.budget = 5;
    session_.document.changeSettings(other, "five");
    ASSERT_TRUE(QTest::qWaitFor([&] { return session_.document.resultMatchesInputs(); }, 5000));
    EXPECT_EQ(session_.attribution.shown(), nullptr);
    EXPECT_EQ(session_.files.captured().attribution, nullptr);
    window_.openAny(file());
    ASSERT_TRUE(QTest::qWaitFor(
        [&] {
            return session_.document.settings().budget == 6 &&
                   session_.document.state() == RunState::Ready &&
                   session_.attribution.shown() != nullptr;
        },
        5000));
    EXPECT_EQ(*session_.attribution.shown(), before);
}

TEST_F(AttributionFilesTest, TheTableIsExportedAndCopied) {
    EXPECT_EQ(session_.files.captured().attribution, nullptr);
    QTest::keyClick(&window_, Qt::Key_E, Qt::ControlModifier);
    child<QComboBox>("exportKind")->setCurrentIndex(static_cast<int>(FigureKind::Attribution));
    EXPECT_FALSE(child<QPushButton>("exportWrite")->isEnabled());
    EXPECT_TRUE(child<QLabel>("exportNote")->text().contains("What did each token do"));
    child<QWidget>("exportDialog")->close();
    QApplication::setActiveWindow(&window_);
    ask();
    const Attribution found = *session_.attribution.shown();
    const std::string csv = attributionToCsv(found);
    EXPECT_EQ(exported(FigureKind::Attribution, "csv").toStdString(), csv);
    const SavedAttribution read =
        attributionFromJson(exported(FigureKind::Attribution, "json").toStdString());
    EXPECT_EQ(read.found.effects, found.effects);
    EXPECT_TRUE(isOf(read, *session_.document.trace()));
    QApplication::setActiveWindow(&window_);
    child<QTableView>("attributionTable")->setFocus();
    QTest::keyClick(QApplication::focusWidget(), Qt::Key_C, Qt::ControlModifier | Qt::AltModifier);
    EXPECT_EQ(QApplication::clipboard()->text().toStdString(), csv);
}

TEST_F(AttributionFilesTest, FiguresShowItWhileItIsOnShow) {
    const QByteArray plain = exported(FigureKind::Overlay, "svg");
    ask();
    session_.selection.setAnswerToken(0);
    const QByteArray marked = exported(FigureKind::Overlay, "svg");
    EXPECT_FALSE(plain.contains("Bars: "));
    EXPECT_TRUE(marked.contains("Bars: ")) << marked.left(2000).toStdString();
    EXPECT_TRUE(marked.contains("6 of 6 known"));
    EXPECT_TRUE(marked.contains("squares: attention of"));
    EXPECT_TRUE(marked.contains("Speaks for")) << "the legend";
    OverlayOptions options = session_.overlay.options();
    options.effects = options.attention = false;
    session_.overlay.setOptions(options);
    EXPECT_FALSE(exported(FigureKind::Overlay, "svg").contains("Bars: "));
}

}  // namespace
}  // namespace prunescope
