#include "ui/document.h"

#include "tests/ui/shell/fake_backend.h"

#include <QSignalSpy>

#include <gtest/gtest.h>

namespace prunescope {
namespace {

class DocumentTest : public testing::Test {
protected:
    DocumentTest() {
        document_.expectLoad(1, "model");
        document_.apply(ModelLoaded{1, test::fakeReport("model")});
        document_.setImage(std::make_shared<const Image>(Image{2, 1, {1, 2, 3, 4, 5, 6}}), "a", "");
        document_.setPrompt("What?");
        document_.endMerge();
    }

    TracePtr trace() const {
        RunRequest request;
        request.settings = document_.settings();
        RunTrace made = test::fakeTrace(request);
        made.answer.text = "yes";
        made.answer.complete = true;
        return std::make_shared<const RunTrace>(made);
    }

    void finishRun(RunId id) {
        document_.expectRun(id);
        document_.apply(Selected{id, trace()});
        document_.apply(Finished{id, trace()});
        document_.apply(Idle{id});
    }

    void setBudget(int budget, const QString& key = {}) {
        RunSettings settings = document_.settings();
        settings.budget = budget;
        document_.changeSettings(settings, "Budget", key);
    }

    Document document_;
};

TEST_F(DocumentTest, StartsWithoutModelAndBecomesReadyWhenOneIsLoaded) {
    const Document fresh;
    EXPECT_EQ(fresh.state(), RunState::NoModel);
    EXPECT_EQ(document_.state(), RunState::Ready);
}

TEST_F(DocumentTest, DragIsOneUndoStepAndTheNextDragAnother) {
    const int before = document_.undoStack()->count();
    for (const int budget : {60, 50, 40}) {
        setBudget(budget, "budget");
    }
    document_.endMerge();
    EXPECT_EQ(document_.undoStack()->count(), before + 1);
    setBudget(30, "budget");
    EXPECT_EQ(document_.undoStack()->count(), before + 2);
    document_.undoStack()->undo();
    EXPECT_EQ(document_.settings().budget, 40);
    document_.undoStack()->undo();
    EXPECT_EQ(document_.settings().budget, 64);
}

TEST_F(DocumentTest, DragBackToTheStartLeavesNoStep) {
    const int before = document_.undoStack()->count();
    setBudget(60, "budget");
    setBudget(64, "budget");
    EXPECT_EQ(document_.undoStack()->count(), before);
}

TEST_F(DocumentTest, DragsOfTwoControlsDoNotMerge) {
    const int before = document_.undoStack()->count();
    setBudget(60, "budget");
    RunSettings settings = document_.settings();
    settings.tau = 0.5;
    document_.changeSettings(settings, "Threshold", "tau");
    EXPECT_EQ(document_.undoStack()->count(), before + 2);
}

TEST_F(DocumentTest, ResultOfOtherInputsIsStaleAndUndoMakesItExactAgain) {
    finishRun(2);
    EXPECT_EQ(document_.state(), RunState::Ready);
    setBudget(5);
    EXPECT_EQ(document_.state(), RunState::Stale);
    EXPECT_FALSE(document_.resultMatchesInputs());
    document_.undoStack()->undo();
    EXPECT_EQ(document_.state(), RunState::Ready);
    EXPECT_TRUE(document_.resultMatchesInputs());
}

TEST_F(DocumentTest, InputsChangedWhileRunningLeaveAStaleResult) {
    document_.expectRun(2);
    setBudget(5);
    EXPECT_EQ(document_.state(), RunState::Running);
    document_.apply(Finished{2, trace()});
    document_.apply(Idle{2});
    EXPECT_EQ(document_.state(), RunState::Stale);
}

TEST_F(DocumentTest, EventsOfAnotherRunAreDropped) {
    document_.expectRun(3);
    document_.apply(Finished{2, trace()});
    EXPECT_EQ(document_.trace(), nullptr);
    EXPECT_EQ(document_.state(), RunState::Running);
}

TEST_F(DocumentTest, FailureClearsTheOldResult) {
    finishRun(2);
    document_.expectRun(3);
    document_.apply(Failed{3, false, ErrorCode::Failure, "It broke.", "Mend it."});
    EXPECT_EQ(document_.state(), RunState::Error);
    EXPECT_EQ(document_.trace(), nullptr);
    EXPECT_EQ(document_.unpruned(), nullptr);
    EXPECT_TRUE(document_.curve().empty());
    ASSERT_TRUE(document_.error().has_value());
    EXPECT_EQ(document_.error()->message, "It broke.");
    document_.dismissError();
    EXPECT_EQ(document_.state(), RunState::Ready);
}

TEST_F(DocumentTest, OutOfMemoryHasItsOwnState) {
    document_.expectRun(2);
    document_.apply(Failed{2, false, ErrorCode::OutOfMemory, "Memory ran out.", ""});
    EXPECT_EQ(document_.state(), RunState::OutOfMemory);
}

TEST_F(DocumentTest, CancelledRunGoesBackToTheLastResult) {
    finishRun(2);
    const TracePtr valid = document_.trace();
    setBudget(5);
    document_.expectRun(3);
    document_.apply(Selected{3, trace()});
    EXPECT_NE(document_.trace(), valid);
    document_.apply(Stopped{3});
    EXPECT_EQ(document_.trace(), valid);
    EXPECT_EQ(document_.streamedAnswer(), "yes");
    EXPECT_EQ(document_.state(), RunState::Stale) << "it is a result of other inputs";
}

TEST_F(DocumentTest, CancelledWhileBandsAreDrawnKeepsTheAnswer) {
    finishRun(2);
    setBudget(5);
    document_.expectRun(3);
    document_.apply(Selected{3, trace()});
    auto answered = *trace();
    answered.answer.text = "no";
    answered.answer.complete = true;
    document_.apply(Refined{3, std::make_shared<const RunTrace>(answered)});
    document_.apply(Stopped{3});
    ASSERT_NE(document_.trace(), nullptr);
    EXPECT_EQ(document_.trace()->answer.text, "no");
    EXPECT_EQ(document_.state(), RunState::Cancelled);
    EXPECT_TRUE(document_.resultMatchesInputs());
}

TEST_F(DocumentTest, CancelledWhileTheCurveRunsKeepsTheExactResult) {
    document_.expectRun(2);
    document_.apply(Finished{2, trace()});
    document_.apply(Stopped{2});
    EXPECT_EQ(document_.state(), RunState::Cancelled);
    EXPECT_TRUE(document_.resultMatchesInputs());
}

TEST_F(DocumentTest, UnprunedAnswerSurvivesAnotherBudgetButNotAnotherPrompt) {
    document_.expectRun(2);
    document_.apply(Selected{2, trace()});
    document_.apply(UnprunedFinished{2, trace()});
    document_.apply(Idle{2});
    setBudget(5);
    document_.expectRun(3);
    document_.apply(Selected{3, trace()});
    EXPECT_NE(document_.unpruned(), nullptr);
    document_.setPrompt("Else?");
    document_.expectRun(4);
    document_.apply(Selected{4, trace()});
    EXPECT_EQ(document_.unpruned(), nullptr);
}

TEST_F(DocumentTest, CurvesOfAllMethodsSurviveAnotherMethodButNotAnotherMetric) {
    finishRun(2);
    const std::vector<BudgetPoint> points{{8, 0.5, 0.5, false, 0.1}};
    document_.expectRun(3);
    document_.apply(Selected{3, trace()});
    document_.apply(BudgetCurve{3, points, true, "grid"});
    document_.apply(BudgetCurve{3, {}, true, "random"});
    document_.apply(BudgetCurve{3, points, true, "random"});
    EXPECT_TRUE(document_.curve().empty());
    EXPECT_EQ(document_.methodCurves(),
              (std::vector<MethodCurve>{{"grid", points}, {"random", points}}));
    document_.apply(Idle{3});
    RunSettings settings = document_.settings();
    settings.method = "cls-topk";
    document_.changeSettings(settings, "method");
    finishRun(4);
    EXPECT_EQ(document_.methodCurves().size(), 2U);
    settings.metric = "meanCos";
    document_.changeSettings(settings, "metric");
    finishRun(5);
    EXPECT_TRUE(document_.methodCurves().empty());
}

TEST_F(DocumentTest, LoadingAnotherModelKeepsInputsAndClearsResults) {
    finishRun(2);
    document_.expectLoad(3, "other");
    EXPECT_EQ(document_.state(), RunState::LoadingModel);
    document_.apply(Failed{3, true, ErrorCode::Model, "Broken.", ""});
    EXPECT_EQ(document_.state(), RunState::Error);
    EXPECT_EQ(document_.loadingDirectory(), "other");
    EXPECT_EQ(document_.trace(), nullptr);
    EXPECT_EQ(document_.prompt(), "What?");
}

}  // namespace
}  // namespace prunescope
