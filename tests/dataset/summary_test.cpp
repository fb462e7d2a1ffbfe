#include "core/dataset/summary.h"

#include "core/base/random.h"

#include <algorithm>

#include <gmock/gmock.h>

namespace prunescope {
namespace {

using testing::HasSubstr;

EvalSample sampleOf(const std::string& id,
                    const std::string& task,
                    Scorer scorer,
                    const std::string& answer) {
    EvalSample sample;
    sample.id = id;
    sample.task = task;
    sample.scorer = scorer;
    sample.answers = {answer};
    return sample;
}

SampleResult resultOf(const EvalSample& sample,
                      const EvalRun& run,
                      const std::string& answer,
                      double shift) {
    SampleResult r;
    r.sample = sample.id;
    r.method = run.label;
    r.budget = run.isUnpruned() ? 0 : run.settings.budget;
    r.answer = answer;
    r.score = scoreOf(sample.scorer, answer, sample.answers);
    if (!run.isUnpruned()) {
        r.shift = shift;
        r.null_median = 0.5;
    }
    return r;
}

/// Two tasks; unpruned 4 of 4 and 2 of 4 right, "grid" 2 of 4 and 1 of 4, wrong where D is large.
struct Small {
    EvalPlan plan;
    std::vector<SampleResult> results;

    Small() {
        for (int i = 0; i < 4; ++i) {
            plan.samples.push_back(sampleOf("a" + std::to_string(i), "one", Scorer::Exact, "x"));
        }
        for (int i = 0; i < 4; ++i) {
            plan.samples.push_back(sampleOf("b" + std::to_string(i), "two", Scorer::Exact, "x"));
        }
        plan.runs = planRuns({"grid"}, {16}, {});
        for (std::size_t i = 0; i < 8; ++i) {
            const bool right = i < 6;
            const bool kept = i < 2 || i == 4;
            results.push_back(resultOf(plan.samples[i], plan.runs[0], right ? "x" : "y", 0));
            results.push_back(
                resultOf(plan.samples[i], plan.runs[1], kept ? "x" : "y", kept ? 0.1 : 0.9));
        }
    }
};

TEST(Summary, ScoresAverageAndRelative) {
    const Small small;
    const Summary summary = summarize(small.plan, small.results, {200, 1});
    ASSERT_EQ(summary.rows.size(), 2u);
    EXPECT_THAT(summary.tasks, testing::ElementsAre("one", "two"));
    EXPECT_DOUBLE_EQ(summary.rows[0].average.value, 75);
    EXPECT_FALSE(summary.rows[0].relative);
    const SummaryRow& grid = summary.rows[1];
    EXPECT_DOUBLE_EQ(grid.tasks[0].score.value, 50);
    EXPECT_DOUBLE_EQ(grid.tasks[1].score.value, 25);
    EXPECT_DOUBLE_EQ(grid.average.value, 37.5);
    EXPECT_DOUBLE_EQ(grid.tasks[0].relative->value, 50);
    EXPECT_DOUBLE_EQ(grid.relative->value, 50);
    EXPECT_LE(grid.average.low, grid.average.value);
    EXPECT_GE(grid.average.high, grid.average.value);
    EXPECT_EQ(grid.changed, 3);
    EXPECT_DOUBLE_EQ(grid.shift->value, (3 * 0.1 + 5 * 0.9) / 8);
    EXPECT_LT(grid.shift->low, grid.shift->value);
    EXPECT_GT(grid.shift->high, grid.shift->value);
    EXPECT_DOUBLE_EQ(grid.same_answer->value, 5.0 / 8);
    EXPECT_LT(grid.same_answer->low, 5.0 / 8);
    EXPECT_FALSE(grid.share_of_kept) << "no sample has boxes";
    EXPECT_FALSE(summary.rows[0].same_answer) << "the unpruned run is what is compared with";
    EXPECT_DOUBLE_EQ(grid.rank_correlation->value, 1) << "D is large exactly where it is wrong";
}

TEST(Summary, DoesNotDependOnTheOrderOfResults) {
    Small small;
    const Summary summary = summarize(small.plan, small.results, {50, 1});
    SplitMix64 random(3);
    for (std::size_t i = small.results.size(); i > 1; --i) {
        std::swap(small.results[i - 1], small.results[random.next() % i]);
    }
    EXPECT_EQ(summarize(small.plan, small.results, {50, 1}), summary);
    EXPECT_NE(summarize(small.plan, small.results, {50, 2}), summary);
}

TEST(Summary, UnfinishedRowsCompareTheSameSamples) {
    Small small;
    // Of "grid" only a0 (right) is there: relative to the unpruned a0 alone.
    std::erase_if(small.results,
                  [](const SampleResult& r) { return r.budget != 0 && r.sample != "a0"; });
    const Summary summary = summarize(small.plan, small.results, {20, 0});
    EXPECT_EQ(summary.rows[1].finished, 1);
    EXPECT_DOUBLE_EQ(summary.rows[1].tasks[0].relative->value, 100);
    EXPECT_EQ(summary.rows[1].tasks[1].units, 0);
    EXPECT_THAT(summaryToText(summary), HasSubstr("-"));
    EXPECT_EQ(summarize(small.plan, {}, {20, 0}).rows[0].finished, 0);
}

TEST(Summary, MmeAddsAccuracyAndPairs) {
    EvalPlan plan;
    plan.runs = planRuns({"grid"}, {16}, {});
    for (int i = 0; i < 4; ++i) {
        plan.samples.push_back(
            sampleOf(std::to_string(i), "count", Scorer::Mme, i % 2 == 0 ? "Yes" : "No"));
        plan.samples.back().group = "count/" + std::to_string(i / 2);
    }
    std::vector<SampleResult> results;
    for (const EvalSample& sample : plan.samples) {
        results.push_back(resultOf(sample, plan.runs[0], sample.answers[0], 0));
        results.push_back(resultOf(sample, plan.runs[1], "yes", 0.1));
    }
    const Summary summary = summarize(plan, results, {0, 0});
    EXPECT_DOUBLE_EQ(summary.rows[0].tasks[0].score.value, 200);
    EXPECT_DOUBLE_EQ(summary.rows[1].tasks[0].score.value, 50) << "half right, no pair right";
    EXPECT_EQ(summary.rows[1].tasks[0].units, 2);
}

TEST(Summary, PopeNumbersPerCategory) {
    EvalPlan plan;
    plan.runs = planRuns({}, {16}, {});
    plan.samples = {sampleOf("1", "random", Scorer::Pope, "yes"),
                    sampleOf("2", "random", Scorer::Pope, "no")};
    const std::vector<SampleResult> results{
        resultOf(plan.samples[0], plan.runs[0], "Yes", 0),
        resultOf(plan.samples[1], plan.runs[0], "Yes it is", 0)};
    const Summary summary = summarize(plan, results, {0, 0});
    ASSERT_EQ(summary.rows[0].pope.size(), 1u);
    EXPECT_DOUBLE_EQ(summary.rows[0].pope[0].counts.yesRatio(), 1);
    EXPECT_DOUBLE_EQ(summary.rows[0].pope[0].counts.precision(), 0.5);
    EXPECT_THAT(summaryToJson(summary), HasSubstr("\"yes_ratio\": 1.0"));
}

TEST(Summary, CsvHasOneLinePerRowAndTask) {
    const Small small;
    const std::string csv = summaryToCsv(summarize(small.plan, small.results, {0, 0}));
    EXPECT_EQ(std::count(csv.begin(), csv.end(), '\n'), 1 + 2 * 3);
    EXPECT_THAT(csv, HasSubstr("\n16,grid,one,4,50,50,50,50,50,50,"));
}

}  // namespace
}  // namespace prunescope
