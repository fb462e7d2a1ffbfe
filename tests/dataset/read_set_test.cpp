#include "core/base/error.h"
#include "core/dataset/sample_set.h"

#include <filesystem>
#include <fstream>
#include <set>

#include <gmock/gmock.h>

namespace prunescope {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;
using testing::HasSubstr;

class ReadSet : public testing::Test {
protected:
    void SetUp() override {
        const auto* info = testing::UnitTest::GetInstance()->current_test_info();
        folder = fs::path(testing::TempDir()) / (std::string("prunescope-set-") + info->name());
        fs::remove_all(folder);
        write("a.jpg", "x");
        write("b.jpg", "yy");
    }

    void TearDown() override { fs::remove_all(folder); }

    fs::path write(const std::string& name, const std::string& text) const {
        const fs::path path = folder / name;
        fs::create_directories(path.parent_path());
        std::ofstream(path, std::ios::binary) << text;
        return path;
    }

    fs::path folder;
};

TEST_F(ReadSet, PopeLines) {
    const auto file =
        write("coco_pope_popular.json",
              R"({"question_id": 1, "image": "a.jpg", "text": "Is there a dog?", "label": "yes"}
{"question_id": 2, "image": "a.jpg", "text": "Is there a cat?", "label": "no"}
)");
    const SampleSet set = readSampleSet(file);
    ASSERT_EQ(set.samples.size(), 2u);
    EXPECT_EQ(set.samples[0].id, "1");
    EXPECT_EQ(set.samples[0].task, "popular");
    EXPECT_EQ(set.samples[0].scorer, Scorer::Pope);
    EXPECT_THAT(set.samples[1].answers, ElementsAre("no"));
    EXPECT_EQ(set.samples[1].image, folder / "a.jpg");
    EXPECT_TRUE(set.problems.empty());
}

TEST_F(ReadSet, BundledLinesCarryTaskKindAndBoxes) {
    const auto file = write(
        "items.jsonl",
        R"({"id": "e-1", "image": "a.jpg", "task": "existence", "kind": "exists", "detail": "random", "question": "Is there a cat?", "answer": "Yes", "boxes": [{"name": "cat", "box": [1, 2, 30, 40]}]})");
    const SampleSet set = readSampleSet(file.parent_path());
    ASSERT_EQ(set.samples.size(), 1u);
    EXPECT_EQ(set.samples[0].task, "existence");
    EXPECT_EQ(set.samples[0].scorer, Scorer::Exact);
    EXPECT_THAT(set.samples[0].tags, ElementsAre("exists", "random"));
    EXPECT_THAT(set.samples[0].boxes, ElementsAre(NamedBox{"cat", {1, 2, 30, 40}}));
}

TEST_F(ReadSet, LlavaQuestionsJoinTheirAnswers) {
    const auto questions = write(
        "llava_textvqa.jsonl",
        R"({"question_id": "77", "image": "train_images/77.jpg", "text": "What is the BRAND?\nReference OCR token: X\nAnswer.", "category": "default"}
)");
    write("train_images/77.jpg", "x");
    const auto answers = write(
        "TextVQA_0.5.1_val.json",
        R"({"data": [{"question_id": 5, "image_id": "77", "question": "What is the brand?", "answers": ["nokia", "nokia", "nokia", "a", "b", "c", "d", "e", "f", "g"]}]})");
    const SampleSet set = readSampleSet(questions, {.answers = answers});
    ASSERT_EQ(set.samples.size(), 1u);
    EXPECT_EQ(set.samples[0].scorer, Scorer::Vqa);
    EXPECT_EQ(set.samples[0].answers.size(), 10u);

    const auto gqa =
        write("gqa.jsonl", R"({"question_id": "20", "image": "a.jpg", "text": "Left?"})");
    const auto gold =
        write("gold.json", R"({"20": {"question": "Left?", "answer": "yes", "imageId": "a"}})");
    const SampleSet joined = readSampleSet(gqa, {.answers = gold});
    EXPECT_THAT(joined.samples[0].answers, ElementsAre("yes"));
    EXPECT_EQ(joined.samples[0].scorer, Scorer::Gqa);
}

TEST_F(ReadSet, OfficialFilesOfGqaTextVqaVizWizAndScienceQa) {
    const auto gqa = write(
        "testdev.json",
        R"({"201": {"imageId": "a", "question": "Is it left?", "answer": "no"}, "202": {"imageId": "b", "question": "What?", "answer": "car"}})");
    const SampleSet questions = readSampleSet(gqa);
    ASSERT_EQ(questions.samples.size(), 2u);
    EXPECT_EQ(questions.samples[1].image_name, "b.jpg");
    EXPECT_EQ(questions.samples[1].scorer, Scorer::Gqa);

    const auto vizwiz = write(
        "val.json",
        R"([{"image": "a.jpg", "question": "What?", "answers": [{"answer": "cup"}, {"answer": "mug"}, {"answer": "cup"}], "answerable": 1}])");
    const SampleSet viz = readSampleSet(vizwiz);
    EXPECT_THAT(viz.samples[0].answers, ElementsAre("cup", "mug", "cup"));
    EXPECT_EQ(viz.samples[0].scorer, Scorer::Vqa);

    const auto science = write(
        "llava_test.json",
        R"([{"id": "4", "image": "b.jpg", "conversations": [{"from": "human", "value": "<image>\nWhich? (A) one (B) two"}, {"from": "gpt", "value": "The answer is B."}]},
            {"id": "5", "conversations": [{"from": "human", "value": "No picture"}, {"from": "gpt", "value": "The answer is A."}]}])");
    const SampleSet sqa = readSampleSet(science, {.suffix = "Answer with the letter."});
    ASSERT_EQ(sqa.samples.size(), 1u) << "ScienceQA-image has pictures only";
    EXPECT_EQ(sqa.samples[0].prompt, "Which? (A) one (B) two\nAnswer with the letter.");
    EXPECT_THAT(sqa.samples[0].answers, ElementsAre("B"));
    EXPECT_EQ(sqa.samples[0].scorer, Scorer::ScienceQa);
}

TEST_F(ReadSet, BoxesWithAndWithoutNames) {
    const auto file = write(
        "samples.json",
        R"([{"image": "a.jpg", "prompt": "What?", "answer": "cup", "boxes": [[1, 2, 3, 4], {"box": [5, 6, 7, 8]}, [1, 2, 0, 4], [1, 2], [1, 2, "3", 4], 5]}])");
    EXPECT_THAT(readSampleSet(file).samples.at(0).boxes,
                ElementsAre(NamedBox{"", {1, 2, 3, 4}}, NamedBox{"", {5, 6, 7, 8}}));
}

TEST_F(ReadSet, MmeFoldersOfBothLayouts) {
    write("mme/count/0001.jpg", "x");
    write("mme/count/0001.txt", "Are there two?\tYes\nAre there three?\tNo\n");
    write("mme/OCR/images/0002.png", "x");
    write("mme/OCR/questions_answers_YN/0002.txt", "Is it A?\tYes\r\nIs it B?\tNo\r\n");
    const SampleSet set = readSampleSet(folder / "mme");
    ASSERT_EQ(set.samples.size(), 4u);
    EXPECT_EQ(set.name, "mme");
    EXPECT_EQ(set.samples[0].task, "OCR");
    EXPECT_EQ(set.samples[0].group, set.samples[1].group);
    EXPECT_NE(set.samples[0].group, set.samples[2].group);
    EXPECT_THAT(set.samples[1].answers, ElementsAre("No"));
    EXPECT_EQ(set.samples[3].scorer, Scorer::Mme);
}

TEST_F(ReadSet, CsvWithQuotesAndSeveralAnswers) {
    const auto file = write("mine.csv",
                            "\xEF\xBB\xBFid,image,prompt,answer,scorer\r\n"
                            "q1,a.jpg,\"What, \"\"exactly\"\"?\",cat|dog,\r\n"
                            "q2,b.jpg,\"two\nlines\",4,numeric\r\n");
    const SampleSet set = readSampleSet(file);
    ASSERT_EQ(set.samples.size(), 2u);
    EXPECT_EQ(set.samples[0].prompt, "What, \"exactly\"?");
    EXPECT_THAT(set.samples[0].answers, ElementsAre("cat", "dog"));
    EXPECT_EQ(set.samples[0].scorer, Scorer::AnyOf);
    EXPECT_EQ(set.samples[1].prompt, "two\nlines");
    EXPECT_EQ(set.samples[1].scorer, Scorer::Numeric);
}

TEST_F(ReadSet, FolderOfPicturesComparesWithTheUnprunedAnswer) {
    const SampleSet set = readSampleSet(folder, {.prompt = "What is it?"});
    ASSERT_EQ(set.samples.size(), 2u);
    EXPECT_EQ(set.samples[1].id, "b.jpg");
    EXPECT_EQ(set.samples[1].scorer, Scorer::Agreement);
    EXPECT_THROW(readSampleSet(folder), Error) << "a question is needed";
}

TEST_F(ReadSet, ProblemsCarryTheirLineAndTheRestIsRead) {
    const auto file =
        write("pope.jsonl",
              "{\"question_id\": 1, \"image\": \"a.jpg\", \"text\": \"A?\", \"label\": \"yes\"}\n"
              "not json\n"
              "\n"
              "{\"image\": \"none.jpg\", \"text\": \"A?\", \"label\": \"yes\"}\n"
              "{\"image\": \"../../etc/passwd\", \"text\": \"A?\", \"label\": \"yes\"}\n"
              "{\"image\": \"/etc/passwd\", \"text\": \"A?\", \"label\": \"no\"}\n"
              "{\"image\": \"a.jpg\", \"text\": \" \", \"label\": \"no\"}\n"
              "{\"image\": \"a.jpg\", \"image\": \"b.jpg\", \"text\": \"A?\"}\n"
              "[1]\n"
              "{\"image\": \"b.jpg\", \"text\": \"B?\", \"label\": \"no\"}\n");
    const SampleSet set = readSampleSet(file);
    EXPECT_EQ(set.samples.size(), 2u);
    std::vector<int> lines;
    for (const SetProblem& problem : set.problems) {
        lines.push_back(problem.line);
    }
    EXPECT_THAT(lines, ElementsAre(2, 4, 5, 6, 7, 8, 9));
    EXPECT_THAT(textOf(set.problems[1]), HasSubstr("pope.jsonl line 4: there is no picture"));
    EXPECT_THAT(set.problems[2].message, HasSubstr("outside"));
    EXPECT_THAT(set.problems[3].message, HasSubstr("outside"));
    try {
        readSampleSet(file, {.stop_on_problem = true});
        FAIL() << "the first problem stops";
    } catch (const Error& error) {
        EXPECT_THAT(error.what(), HasSubstr("pope.jsonl line 2"));
        EXPECT_EQ(error.code(), ErrorCode::Input);
    }
}

TEST_F(ReadSet, LimitsHold) {
    const auto file = write("big.jsonl",
                            "{\"image\": \"a.jpg\", \"question\": \"" + std::string(2000, 'x') +
                                "\", \"answer\": \"1\"}\n"
                                "{\"image\": \"a.jpg\", \"question\": \"?\", \"answer\": \"1\"}\n");
    SetLimits limits;
    limits.max_line_bytes = 1000;
    EXPECT_EQ(readSampleSet(file, {}, limits).problems.size(), 1u);
    limits = {};
    limits.max_prompt_bytes = 100;
    EXPECT_EQ(readSampleSet(file, {}, limits).problems.size(), 1u);
    limits = {};
    limits.max_samples = 1;
    EXPECT_THROW(readSampleSet(file, {}, limits), Error);
    limits = {};
    limits.max_file_bytes = 100;
    EXPECT_THROW(readSampleSet(file, {}, limits), Error);
    EXPECT_THROW(readSampleSet(folder / "nothing.jsonl"), Error);
    EXPECT_THROW(readSampleSet(write("empty.jsonl", "")), Error);
    EXPECT_THROW(readSampleSet(write("half.json", "{\"data\": [")), Error);
}

TEST_F(ReadSet, EqualIdsAreToldApart) {
    const auto file = write("same.jsonl",
                            "{\"question_id\": \"i\", \"image\": \"a.jpg\", \"text\": \"A?\"}\n"
                            "{\"question_id\": \"i\", \"image\": \"a.jpg\", \"text\": \"B?\"}\n");
    const SampleSet set = readSampleSet(file);
    EXPECT_EQ(set.samples[0].id, "i");
    EXPECT_EQ(set.samples[1].id, "i#2");
}

SampleSet manySamples() {
    SampleSet set;
    for (int i = 0; i < 90; ++i) {
        EvalSample sample;
        sample.id = std::to_string(i);
        sample.task = i < 60 ? "long" : i < 89 ? "short" : "single";
        sample.image = std::to_string(i % 7);
        set.samples.push_back(sample);
    }
    return set;
}

TEST(DrawSamples, TakesEveryTaskByItsShareAndRepeats) {
    const SampleSet set = manySamples();
    const std::vector<EvalSample> drawn = drawSamples(set, 30, 5);
    std::map<std::string, int> counts;
    std::set<std::string> ids;
    for (const EvalSample& sample : drawn) {
        ++counts[sample.task];
        ids.insert(sample.id);
    }
    EXPECT_EQ(counts["long"], 20);
    EXPECT_GE(counts["short"], 9);
    EXPECT_EQ(counts["single"], 1);
    EXPECT_EQ(ids.size(), drawn.size());
    EXPECT_EQ(drawSamples(set, 30, 5), drawn);
    EXPECT_NE(drawSamples(set, 30, 6), drawn);
    EXPECT_EQ(drawSamples(set, 0, 5), set.samples);
    EXPECT_EQ(drawSamples(set, 500, 5), set.samples);
}

TEST(DrawSamples, GroupsPicturesInTheOrderOfTheirFirst) {
    const std::vector<EvalSample> grouped = groupedByImage(manySamples().samples);
    for (std::size_t i = 1; i < grouped.size(); ++i) {
        const int before = std::stoi(grouped[i - 1].image.string());
        EXPECT_TRUE(grouped[i].image == grouped[i - 1].image ||
                    std::stoi(grouped[i].image.string()) == before + 1);
    }
}

TEST(DrawSamples, TheHashChangesWithWhatDecides) {
    std::vector<EvalSample> samples = manySamples().samples;
    const std::uint64_t hash = contentHash(samples);
    samples[3].answers = {"x"};
    EXPECT_NE(contentHash(samples), hash);
    samples[3].answers.clear();
    EXPECT_EQ(contentHash(samples), hash);
    samples[3].boxes = {{"cat", {1, 2, 3, 4}}};
    EXPECT_NE(contentHash(samples), hash);
    samples[3].boxes.clear();
    samples[3].scorer = Scorer::Vqa;
    EXPECT_NE(contentHash(samples), hash);
}

}  // namespace
}  // namespace prunescope
