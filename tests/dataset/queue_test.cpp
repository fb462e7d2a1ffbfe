#include "core/dataset/queue.h"

#include "core/base/error.h"

#include <gmock/gmock.h>

namespace prunescope {
namespace {

using testing::ElementsAre;

EvalPlan planOf(const std::vector<std::pair<std::string, std::string>>& id_and_image) {
    EvalPlan plan;
    for (const auto& [id, image] : id_and_image) {
        EvalSample sample;
        sample.id = id;
        sample.image = image;
        sample.answers = {"yes"};
        plan.samples.push_back(sample);
    }
    plan.runs = planRuns({"grid"}, {32, 16}, {});
    return plan;
}

RunTrace traceOf(const std::string& answer, double kappa) {
    RunTrace trace;
    trace.answer.text = answer;
    trace.tokens.visual_kept = 16;
    trace.views.resize(2);
    for (ViewTrace& view : trace.views) {
        view.shift.kappa = kappa;
        view.shift.null_band.median = 0.5;
        kappa += 0.2;
    }
    return trace;
}

std::vector<std::string> orderOf(EvalQueue queue) {
    std::vector<std::string> order;
    while (!queue.isComplete()) {
        const SampleResult result = queue.finish(traceOf("yes", 0.1), 1);
        order.push_back(result.sample + "/" + std::to_string(result.budget));
    }
    return order;
}

TEST(Queue, DoesPicturesThenRunsThenQuestions) {
    const EvalPlan plan = planOf({{"a", "1"}, {"b", "1"}, {"c", "2"}});
    EXPECT_THAT(orderOf(EvalQueue(plan, {})),
                ElementsAre("a/0", "b/0", "a/32", "b/32", "a/16", "b/16", "c/0", "c/32", "c/16"));
}

TEST(Queue, LooksAheadToTheEndOfThePicture) {
    const EvalPlan plan = planOf({{"a", "1"}, {"b", "1"}, {"c", "2"}});
    EvalQueue queue(plan, {});
    EXPECT_EQ(queue.ahead(4).size(), 4u);
    ASSERT_EQ(queue.ahead(100).size(), 6u);
    EXPECT_EQ(queue.ahead(100)[3].first->id, "b");
    EXPECT_EQ(queue.ahead(100)[3].second->settings.budget, 32);
    for (int i = 0; i < 8; ++i) {
        queue.fail("");
    }
    EXPECT_EQ(queue.ahead(100).size(), 1u);
    queue.fail("");
    EXPECT_TRUE(queue.ahead(100).empty());
}

TEST(Queue, GoesOnWhereverItWasLeft) {
    const EvalPlan plan = planOf({{"a", "1"}, {"b", "1"}, {"c", "2"}});
    const std::vector<std::string> whole = orderOf(EvalQueue(plan, {}));
    for (std::size_t left = 0; left <= whole.size(); ++left) {
        EvalQueue first(plan, {});
        std::vector<SampleResult> results;
        while (results.size() < left) {
            results.push_back(first.finish(traceOf("yes", 0.1), 1));
        }
        EvalQueue second(plan, results);
        EXPECT_EQ(second.done(), left);
        EXPECT_EQ(second.total(), whole.size());
        EXPECT_EQ(orderOf(second),
                  std::vector<std::string>(whole.begin() + static_cast<std::ptrdiff_t>(left),
                                           whole.end()));
    }
}

TEST(Queue, ResultsHoldMeansOverViews) {
    EvalQueue queue(planOf({{"a", "1"}}), {});
    const SampleResult unpruned = queue.finish(traceOf("Yes.", 0.4), 1);
    EXPECT_EQ(unpruned.budget, 0);
    EXPECT_EQ(unpruned.score, 1);
    EXPECT_FALSE(unpruned.kappa) << "nothing was pruned";
    RunTrace trace = traceOf("no", 0.4);
    trace.views[0].shift.fired = trace.views[0].shift.accepted = true;
    trace.views[0].shift.kappa_after = 0.2;
    trace.views[1].shift.fired = true;  // the guard kept the old set
    trace.views[1].shift.kappa_after = 0.9;
    const SampleResult pruned = queue.finish(trace, 7);
    EXPECT_DOUBLE_EQ(*pruned.kappa, 0.5);
    EXPECT_DOUBLE_EQ(*pruned.shift, 0.4);
    EXPECT_DOUBLE_EQ(*pruned.null_median, 0.5);
    EXPECT_TRUE(pruned.fired);
    EXPECT_EQ(pruned.score, 0);
    EXPECT_EQ(pruned.ms, 7);
}

TEST(Queue, ResultsHoldCountsCostAndSharesOfTheObject) {
    EvalPlan plan = planOf({{"a", "1"}, {"b", "1"}});
    plan.samples[0].boxes = {{"left half", {0, 0, 20, 40}}};
    EvalQueue queue(plan, {});
    RunTrace trace = traceOf("yes", 0.4);
    trace.views.resize(1);
    trace.views[0].grid = {2, 2};
    trace.views[0].source = {0, 0, 40, 40};
    trace.views[0].kept = {0, 1, 3};
    trace.tokens.layer_mean_in = 30;
    trace.tokens.layer_mean_out = 20;
    trace.cost_ms.encode = 5;
    trace.cost_ms.decode = 7;
    trace.cost_ms.reference = 100;  // only D needs it
    const SampleResult result = queue.finish(trace, 1);
    EXPECT_DOUBLE_EQ(*result.share_of_kept, 1.0 / 3);
    EXPECT_DOUBLE_EQ(*result.share_of_object, 0.5);
    EXPECT_EQ(result.layer_mean_in, 30);
    EXPECT_EQ(result.layer_mean_out, 20);
    EXPECT_EQ(result.cost_ms, 12);
    EXPECT_FALSE(queue.finish(trace, 1).share_of_kept) << "its boxes are not known";
}

TEST(Queue, WithoutLabelsTheUnprunedAnswerCounts) {
    EvalPlan plan = planOf({{"a", "1"}});
    plan.samples[0].answers.clear();
    plan.samples[0].scorer = Scorer::Agreement;
    EvalQueue queue(plan, {});
    EXPECT_EQ(queue.finish(traceOf("a cat", 0), 1).score, 1);
    EXPECT_EQ(queue.finish(traceOf("A cat.", 0), 1).score, 1);
    EXPECT_EQ(queue.finish(traceOf("a dog", 0), 1).score, 0);

    EvalQueue broken(plan, {});
    EXPECT_EQ(broken.fail("no picture").budget, 0);
    EXPECT_THROW(broken.finish(traceOf("a cat", 0), 1), Error);
    EXPECT_EQ(broken.fail("nothing to compare with").budget, 32);
    EXPECT_EQ(broken.done(), 2u);
}

}  // namespace
}  // namespace prunescope
