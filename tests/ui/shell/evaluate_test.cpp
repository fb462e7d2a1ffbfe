#include "tests/ui/shell/window_fixture.h"
#include "ui/evaluate/evaluate_panel.h"
#include "ui/evaluate/evaluation.h"

#include <QAbstractItemModelTester>
#include <QFile>
#include <QImage>
#include <QLabel>
#include <QLineEdit>
#include <QListWidget>
#include <QSignalSpy>
#include <QTableView>
#include <QTemporaryDir>
#include <QTest>
#include <QToolButton>

#include <gtest/gtest.h>

namespace prunescope {
namespace {

/// Two pictures with three questions. The fake model answers "word0 word1 mouse" unpruned; pruned
/// with grid it ends in "cat".
class EvaluateTest : public testing::Test {
protected:
    EvaluateTest()
        : script_(std::make_shared<test::Script>()),
          engine_(test::fakeBackend(script_)),
          evaluation_(&document_, &engine_),
          panel_(&evaluation_, &document_, &dialogs_) {
        for (const char* name : {"a.png", "b.png"}) {
            QImage picture(8, 8, QImage::Format_RGB888);
            picture.fill(Qt::red);
            picture.save(scratch_.filePath(name));
        }
        write(
            "set.jsonl",
            R"({"id": "1", "image": "a.png", "task": "one", "question": "A?", "answer": "word0 word1 mouse"}
{"id": "2", "image": "a.png", "task": "two", "question": "B?", "answer": "no"}
{"id": "3", "image": "b.png", "task": "one", "question": "C?", "answer": "word0 word1 mouse"}
)");
        QObject::connect(&engine_, &EngineBridge::arrived, &document_, &Document::apply);
        document_.expectLoad(engine_.load({.directory = "fake"}), "fake");
    }

    void write(const QString& name, const char* text) {
        QFile file(scratch_.filePath(name));
        ASSERT_TRUE(file.open(QIODevice::WriteOnly));
        file.write(text);
    }

    bool reaches(EvalState state) {
        return QTest::qWaitFor([&] { return evaluation_.state() == state; }, 5000);
    }

    void openSet() {
        ASSERT_TRUE(QTest::qWaitFor([&] { return document_.model().has_value(); }, 5000));
        evaluation_.openSet(scratch_.filePath("set.jsonl"));
        ASSERT_TRUE(reaches(EvalState::Ready)) << evaluation_.message().toStdString();
    }

    template <typename T>
    T* child(const QString& name) {
        T* found = panel_.findChild<T*>(name);
        EXPECT_NE(found, nullptr) << name.toStdString();
        return found;
    }

    QTemporaryDir scratch_;
    std::shared_ptr<test::Script> script_;
    Document document_;
    test::CannedDialogs dialogs_;
    EngineBridge engine_;
    Evaluation evaluation_;
    EvaluatePanel panel_;
};

TEST_F(EvaluateTest, RunsEverythingAndFillsTheTable) {
    openSet();
    const QAbstractItemModelTester tester(child<QTableView>("evalTable")->model());
    child<QLineEdit>("evalBudgets")->setText("4, 2");
    QTest::mouseClick(child<QToolButton>("evalStart"), Qt::LeftButton);
    ASSERT_TRUE(reaches(EvalState::Finished));
    EXPECT_EQ(evaluation_.total(), 3u * (1 + 3 * 2));
    EXPECT_EQ(evaluation_.done(), evaluation_.total());
    EXPECT_EQ(script_->runs, static_cast<int>(evaluation_.total()));
    ASSERT_TRUE(QTest::qWaitFor([&] { return evaluation_.summary().resamples > 0; }, 5000));
    const Summary& summary = evaluation_.summary();
    ASSERT_EQ(summary.rows.size(), 7u);
    EXPECT_EQ(summary.rows[0].tasks[0].score.value, 100);
    EXPECT_EQ(summary.rows[0].tasks[1].score.value, 0);
    EXPECT_EQ(summary.rows[3].budget, 4);
    EXPECT_DOUBLE_EQ(summary.rows[3].shift->value, 0.35);
    const QAbstractItemModel* table = child<QTableView>("evalTable")->model();
    EXPECT_EQ(table->rowCount(), 7);
    EXPECT_EQ(table->index(0, 1).data().toString(), "unpruned");
    EXPECT_EQ(table->headerData(2, Qt::Horizontal).toString(), "one");
}

TEST_F(EvaluateTest, PausesAndGoesOnWithNothingDoneTwice) {
    openSet();
    script_->hold = true;
    evaluation_.start({"grid"}, {4}, 0);
    ASSERT_TRUE(QTest::qWaitFor([&] { return script_->runs > 0; }, 5000));
    QTest::mouseClick(child<QToolButton>("evalStart"), Qt::LeftButton);
    EXPECT_EQ(evaluation_.state(), EvalState::Paused);
    EXPECT_EQ(evaluation_.done(), 0u);
    script_->hold = false;
    QTest::qWait(50);
    EXPECT_EQ(evaluation_.done(), 0u) << "a paused evaluation takes no result";
    evaluation_.resume();
    ASSERT_TRUE(reaches(EvalState::Finished));
    EXPECT_EQ(evaluation_.done(), 6u);
    for (const SummaryRow& row : evaluation_.summary().rows) {
        EXPECT_EQ(row.finished, 3);
    }
}

TEST_F(EvaluateTest, CancelKeepsWhatIsDoneAndAnotherModelEndsIt) {
    openSet();
    script_->hold = true;
    evaluation_.start({"grid"}, {4}, 0);
    ASSERT_TRUE(QTest::qWaitFor([&] { return script_->runs > 0; }, 5000));
    evaluation_.cancel();
    EXPECT_EQ(evaluation_.state(), EvalState::Ready);
    evaluation_.start({"grid"}, {4}, 0);
    ASSERT_TRUE(QTest::qWaitFor([&] { return script_->runs > 1; }, 5000));
    engine_.load({.directory = "other"});
    script_->hold = false;
    ASSERT_TRUE(QTest::qWaitFor([&] { return evaluation_.state() != EvalState::Running; }, 5000));
    EXPECT_TRUE(evaluation_.message().contains("another model") || evaluation_.done() == 6);
}

TEST_F(EvaluateTest, ACellListsTheAnswersThatChangedAndOpensOne) {
    openSet();
    evaluation_.start({"grid"}, {4}, 0);
    ASSERT_TRUE(reaches(EvalState::Finished));
    EXPECT_EQ(evaluation_.changedIn("grid", 4, "").size(), 3u);
    EXPECT_EQ(evaluation_.changedIn("grid", 4, "two").size(), 1u);
    EXPECT_TRUE(evaluation_.changedIn("none", 0, "").empty());
    auto* table = child<QTableView>("evalTable");
    Q_EMIT table->clicked(table->model()->index(1, 2));  // "one"
    auto* list = child<QListWidget>("evalChanged");
    ASSERT_EQ(list->count(), 2);
    EXPECT_TRUE(list->item(0)->text().contains("A?"));
    QString path;
    RunSettings settings;
    QObject::connect(&panel_,
                     &EvaluatePanel::sampleChosen,
                     [&](const QString& p, const QString&, const RunSettings& s) {
                         path = p;
                         settings = s;
                     });
    Q_EMIT list->itemActivated(list->item(1));
    EXPECT_EQ(path, scratch_.filePath("b.png"));
    EXPECT_EQ(settings.method, "grid");
    EXPECT_EQ(settings.budget, 4);
}

TEST_F(EvaluateTest, SaysWhatIsMissingAndWhatIsWrong) {
    EXPECT_FALSE(child<QToolButton>("evalStart")->isEnabled());
    openSet();
    EXPECT_TRUE(child<QToolButton>("evalStart")->isEnabled());
    child<QLineEdit>("evalBudgets")->setText("");
    EXPECT_FALSE(child<QToolButton>("evalStart")->isEnabled());
    EXPECT_EQ(child<QToolButton>("evalStart")->toolTip(), "Give a budget.");
    write("broken.jsonl", "{\"image\": \"none.png\", \"question\": \"?\", \"answer\": \"1\"}\n");
    evaluation_.openSet(scratch_.filePath("broken.jsonl"));
    ASSERT_TRUE(reaches(EvalState::NoSet));
    EXPECT_TRUE(child<QLabel>("evalStatus")->text().contains("none.png"));

    write("c.png", "no picture");
    write("half.jsonl",
          "{\"image\": \"c.png\", \"question\": \"?\", \"answer\": \"1\"}\n"
          "{\"image\": \"a.png\", \"question\": \"?\", \"answer\": \"1\"}\n");
    evaluation_.openSet(scratch_.filePath("half.jsonl"));
    ASSERT_TRUE(reaches(EvalState::Ready));
    evaluation_.start({"grid"}, {4}, 0);
    ASSERT_TRUE(reaches(EvalState::Finished));
    EXPECT_TRUE(evaluation_.message().contains("c.png"));
    EXPECT_EQ(evaluation_.summary().rows[0].finished, 1);
}

TEST_F(EvaluateTest, SavesTheTable) {
    openSet();
    evaluation_.start({"grid"}, {4}, 0);
    ASSERT_TRUE(reaches(EvalState::Finished));
    dialogs_.answer = scratch_.filePath("table.csv");
    QTest::mouseClick(child<QToolButton>("evalSave"), Qt::LeftButton);
    QFile file(dialogs_.answer);
    ASSERT_TRUE(file.open(QIODevice::ReadOnly));
    EXPECT_EQ(file.readAll().toStdString(), summaryToCsv(evaluation_.summary()));
}

}  // namespace
}  // namespace prunescope
