// What did this token do? By mouse and keyboard, from the answer over the table to the picture.
#include "tests/ui/shell/window_fixture.h"
#include "ui/attribution/attribution_model.h"
#include "ui/panels/answer_view.h"
#include "ui/views/canvas.h"
#include "ui/views/effect_words.h"

#include <QDockWidget>
#include <QHeaderView>
#include <QLabel>
#include <QProgressBar>
#include <QPushButton>
#include <QTableView>
#include <QToolButton>

namespace prunescope {
namespace {

using Column = AttributionModel::Column;

class AttributionTest : public test::WindowTest {
protected:
    void SetUp() override {
        showActive();
        openWithSixTokens();
        child<QDockWidget>("attributionDock")->raise();
        QCoreApplication::processEvents();
        start_ = child<QPushButton>("attributeButton");
        table_ = child<QTableView>("attributionTable");
        answer_ = child<AnswerView>("prunedAnswer");
        ASSERT_TRUE(QTest::qWaitFor([&] { return answer_->toPlainText() == "word0 word1 cat"; }));
    }

    QString cell(int row, int column) {
        return table_->model()->index(row, column).data().toString();
    }

    QStringList tokens() {
        QStringList names;
        for (int row = 0; row < table_->model()->rowCount(); ++row) {
            names << cell(row, Column::Token);
        }
        return names;
    }

    void click(int row, Qt::KeyboardModifiers modifiers = {}) {
        const QRect place = table_->visualRect(table_->model()->index(row, Column::Token));
        QTest::mouseClick(table_->viewport(), Qt::LeftButton, modifiers, place.center());
    }

    bool isDone(std::size_t effects) {
        return isAttributed() && session_.attribution.found()->effects.size() == effects;
    }

    void ask(std::size_t effects = 6) {
        QTest::mouseClick(start_, Qt::LeftButton);
        ASSERT_TRUE(isDone(effects));
    }

    void clickAnswer(int token) {
        QTest::mouseClick(answer_->viewport(), Qt::LeftButton, {}, answer_->placeOf(token));
    }

    QImage canvas() {
        QCoreApplication::processEvents();
        return child<QWidget>("canvas")->grab().toImage();
    }

    QString statement() { return child<QLabel>("attributionStatement")->text(); }

    QPushButton* start_ = nullptr;
    QTableView* table_ = nullptr;
    AnswerView* answer_ = nullptr;
};

TEST_F(AttributionTest, AClickFillsTheTableStrongestFirstAndMarksThePicture) {
    const QImage before = canvas();
    EXPECT_EQ(table_->model()->rowCount(), 0);
    EXPECT_FALSE(child<QWidget>("effectLegend")->isVisible());
    ask();
    EXPECT_EQ(tokens(), (QStringList{"#0", "#1", "#5", "#2", "#4", "#3"}));
    EXPECT_EQ(cell(0, Column::Delta), "−0.300");
    EXPECT_EQ(cell(0, Column::Answer), "a bird");
    EXPECT_EQ(cell(5, Column::Delta), "0");
    EXPECT_EQ(cell(5, Column::Answer), "the same");
    EXPECT_EQ(cell(5, Column::Attention), "1.0 %");
    EXPECT_TRUE(table_->isColumnHidden(Column::DeltaOfPiece));
    EXPECT_TRUE(statement().contains("by 1 of these 6")) << statement().toStdString();
    EXPECT_NE(canvas(), before);
    EXPECT_TRUE(child<QWidget>("effectLegend")->isVisible());
    EXPECT_EQ(child<QLabel>("effectCount_for")->text(), "3");
    EXPECT_EQ(child<QLabel>("effectCount_against")->text(), "2");
    EXPECT_EQ(child<QLabel>("effectCount_other")->text(), "1");
    session_.selection.setHoveredPatch(0);
    const QString said = child<Canvas>("canvas")->hoverText();
    EXPECT_TRUE(said.contains("without it: Δ log p −0.300 of the answer")) << said.toStdString();
    EXPECT_TRUE(said.contains("becomes “a bird”")) << said.toStdString();
}

TEST_F(AttributionTest, RowsAndPatchesSelectEachOther) {
    ask();
    click(1);
    EXPECT_EQ(session_.selection.patches(), std::vector<int>{1});
    QTest::keyClick(table_, Qt::Key_Up);
    EXPECT_EQ(session_.selection.patches(), std::vector<int>{0});
    click(2, Qt::ControlModifier);
    EXPECT_EQ(session_.selection.patches(), (std::vector<int>{0, 5}));
    session_.selection.setPatches({3, 4});
    QStringList selected;
    for (const QModelIndex& index : table_->selectionModel()->selectedRows()) {
        selected << index.data().toString();
    }
    selected.sort();
    EXPECT_EQ(selected, (QStringList{"#3", "#4"}));
    EXPECT_EQ(session_.selection.patches(), (std::vector<int>{3, 4}));
}

TEST_F(AttributionTest, HeadersSortByEveryColumnAndWhatIsNoNumberComesLast) {
    script_->patch_without_number = 1;
    ask();
    EXPECT_EQ(tokens(), (QStringList{"#0", "#5", "#2", "#4", "#3", "#1"}));
    EXPECT_EQ(cell(5, Column::Delta), "no number");
    QHeaderView* header = table_->horizontalHeader();
    const QPoint at(header->sectionViewportPosition(Column::Token) + 10, header->height() / 2);
    QTest::mouseClick(header->viewport(), Qt::LeftButton, {}, at);
    QStringList ordered = tokens();
    const bool is_up = ordered.front() == "#0";
    EXPECT_EQ(ordered.join(' '), is_up ? "#0 #1 #2 #3 #4 #5" : "#5 #4 #3 #2 #1 #0");
    QTest::mouseClick(header->viewport(), Qt::LeftButton, {}, at);
    EXPECT_NE(tokens(), ordered);
}

TEST_F(AttributionTest, TheKeyStartsItAndEachDroppedPatchOfABoxIsPutBack) {
    session_.selection.setPatches({2, 12, 13});
    EXPECT_TRUE(statement().contains("2 dropped")) << statement().toStdString();
    QTest::keyClick(&window_, Qt::Key_T, Qt::ControlModifier | Qt::ShiftModifier);
    ASSERT_TRUE(isDone(8));
    const QStringList names = tokens();
    for (const char* name : {"#12 put back", "#13 put back", "#2"}) {
        EXPECT_TRUE(names.contains(name)) << name;
    }
    EXPECT_FALSE(names.contains("#12"));
    session_.selection.setPatches({14});
    EXPECT_TRUE(statement().contains("ask again")) << statement().toStdString();
}

TEST_F(AttributionTest, CancelKeepsWhatIsKnownAndRowsStayWhileEffectsCome) {
    script_->hold_attribution = true;
    QTest::mouseClick(start_, Qt::LeftButton);
    ASSERT_TRUE(QTest::qWaitFor([&] { return cell(1, Column::Delta) == "−0.200"; }, 5000));
    EXPECT_EQ(table_->model()->rowCount(), 6);
    EXPECT_EQ(cell(5, Column::Delta), "…");
    click(1);
    int resets = 0;
    QObject::connect(
        table_->model(), &QAbstractItemModel::modelReset, table_, [&resets] { ++resets; });
    auto* cancel = child<QPushButton>("cancelAttribution");
    EXPECT_TRUE(cancel->isVisible());
    EXPECT_EQ(child<QProgressBar>("attributionProgress")->maximum(), 6);
    QTest::mouseClick(cancel, Qt::LeftButton);
    EXPECT_FALSE(cancel->isVisible());
    EXPECT_EQ(cell(1, Column::Delta), "−0.200");
    EXPECT_TRUE(statement().contains("Stopped after 2 of 6")) << statement().toStdString();
    script_->hold_attribution = false;
    ask();
    EXPECT_EQ(cell(5, Column::Delta), "0");
    EXPECT_EQ(resets, 1) << "asked again it begins anew, then only cells change";
}

TEST_F(AttributionTest, EscapeStopsItToo) {
    script_->hold_attribution = true;
    QTest::mouseClick(start_, Qt::LeftButton);
    ASSERT_TRUE(QTest::qWaitFor([&] { return cell(1, Column::Delta) == "−0.200"; }, 5000));
    EXPECT_TRUE(window_.action("stop")->isEnabled());
    QTest::keyClick(&window_, Qt::Key_Escape);
    EXPECT_FALSE(session_.attribution.isRunning());
    EXPECT_FALSE(window_.action("stop")->isEnabled());
    EXPECT_FALSE(start_->isHidden());
}

TEST_F(AttributionTest, AnswerTokensAreChosenByClickAndKeyAndHaveColumnsOfTheirOwn) {
    ask();
    const QImage whole = canvas();
    clickAnswer(2);
    EXPECT_EQ(session_.selection.answerToken(), 2);
    EXPECT_FALSE(table_->isColumnHidden(Column::DeltaOfPiece));
    EXPECT_EQ(table_->model()->headerData(Column::DeltaOfPiece, Qt::Horizontal).toString(),
              "Δ of “cat”");
    // Patches 2 and 5 act on token 2; it looks at patch 2 and flips by none.
    EXPECT_EQ(tokens().mid(0, 2), (QStringList{"#5", "#2"}));
    EXPECT_EQ(cell(0, Column::DeltaOfPiece), "+0.200");
    EXPECT_EQ(cell(1, Column::DeltaOfPiece), "−0.100");
    EXPECT_EQ(cell(1, Column::Attention), "25.0 %");
    EXPECT_EQ(child<QLabel>("effectCount_other")->text(), "0");
    EXPECT_TRUE(statement().contains("30.0 % of its attention")) << statement().toStdString();
    EXPECT_NE(canvas(), whole);
    answer_->setFocus();
    QTest::keyClick(answer_, Qt::Key_Left);
    EXPECT_EQ(session_.selection.answerToken(), 1);
    EXPECT_EQ(child<QLabel>("effectCount_other")->text(), "1");
    QTest::keyClick(answer_, Qt::Key_Home);
    EXPECT_EQ(session_.selection.answerToken(), 0);
    QTest::keyClick(answer_, Qt::Key_End);
    EXPECT_EQ(session_.selection.answerToken(), 2);
    QTest::keyClick(answer_, Qt::Key_Escape);
    EXPECT_EQ(session_.selection.answerToken(), -1);
    EXPECT_TRUE(table_->isColumnHidden(Column::DeltaOfPiece));
    EXPECT_EQ(tokens().front(), "#0");
    EXPECT_EQ(canvas(), whole);
}

TEST_F(AttributionTest, TheSameWordTwiceAreTwoTokensAndAnotherAnswerHasNoneChosen) {
    for (int token = 0; token < 3; ++token) {
        clickAnswer(token);
        EXPECT_EQ(session_.selection.answerToken(), token);
        ASSERT_TRUE(
            QTest::qWaitFor([&] { return answer_->accessibleDescription().contains(" of 3"); }));
    }
    clickAnswer(2);
    EXPECT_EQ(session_.selection.answerToken(), -1) << "a second click lets go";
    clickAnswer(1);
    RunSettings settings = session_.document.settings();
    settings.method = "random";
    session_.document.changeSettings(settings, "random");
    EXPECT_TRUE(QTest::qWaitFor([&] { return session_.selection.answerToken() == -1; }, 5000));
}

TEST_F(AttributionTest, EyesHideBothLayers) {
    ask();
    EXPECT_FALSE(child<QToolButton>("legendEye_attention")->isEnabled()) << "no token is chosen";
    clickAnswer(2);
    const QImage both = canvas();
    QTest::mouseClick(child<QToolButton>("legendEye_attention"), Qt::LeftButton);
    const QImage effects = canvas();
    EXPECT_NE(effects, both);
    QTest::mouseClick(child<QToolButton>("legendEye_effects"), Qt::LeftButton);
    EXPECT_NE(canvas(), effects);
    QTest::mouseClick(child<QToolButton>("legendEye_effects"), Qt::LeftButton);
    EXPECT_EQ(canvas(), effects);
}

TEST_F(AttributionTest, OtherInputsMakeItStaleAndAnotherRunForgetsIt) {
    ask();
    const QImage marked = canvas();
    session_.document.setLive(false);
    RunSettings settings = session_.document.settings();
    settings.budget = 4;
    session_.document.changeSettings(settings, "four");
    EXPECT_FALSE(table_->isEnabled());
    EXPECT_FALSE(start_->isEnabled());
    EXPECT_TRUE(statement().contains("other inputs")) << statement().toStdString();
    EXPECT_FALSE(child<QWidget>("effectLegend")->isVisible());
    session_.document.undoStack()->undo();
    EXPECT_TRUE(table_->isEnabled());
    EXPECT_EQ(table_->model()->rowCount(), 6);
    EXPECT_TRUE(child<QWidget>("effectLegend")->isVisible());
    session_.document.setLive(true);
    session_.document.changeSettings(settings, "four");
    EXPECT_TRUE(QTest::qWaitFor([&] { return session_.attribution.found() == nullptr; }, 5000));
    EXPECT_EQ(table_->model()->rowCount(), 0);
}

TEST_F(AttributionTest, MethodsInsideTheModelSayWhyNot) {
    RunSettings settings = session_.document.settings();
    settings.method = "fastv";
    session_.document.changeSettings(settings, "fastv");
    ASSERT_TRUE(QTest::qWaitFor([&] { return session_.document.resultMatchesInputs(); }, 5000));
    ASSERT_TRUE(reaches(RunState::Ready));
    EXPECT_FALSE(start_->isEnabled());
    EXPECT_TRUE(statement().contains("inside the language model")) << statement().toStdString();
    EXPECT_FALSE(window_.action("attribute")->isEnabled());
}

TEST(EffectWordsTest, NamesWhatIsNoPlainNumber) {
    EXPECT_EQ(deltaText(12.34), "+12.3");
    EXPECT_EQ(deltaText(-0.0004511), "−0.000451");
    EXPECT_EQ(deltaText(std::numeric_limits<double>::infinity()), "+∞");
    EXPECT_EQ(deltaText(-std::numeric_limits<double>::infinity()), "−∞");
    EXPECT_EQ(tokenName(2, {RowKind::Patch, 7}), "#2:7");
    EXPECT_EQ(tokenName(0, {RowKind::Cls, -1}), "cls");
}

}  // namespace
}  // namespace prunescope
