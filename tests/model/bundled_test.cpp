#include "core/model/bundled.h"

#include <algorithm>
#include <fstream>
#include <set>

#include <gtest/gtest.h>

namespace prunescope {
namespace {

namespace fs = std::filesystem;

TEST(Bundled, ModelAndSampleAreFoundFromAnyWorkingDirectory) {
    const fs::path before = fs::current_path();
    fs::current_path("/");
    EXPECT_TRUE(fs::is_regular_file(bundledModel() / "config.json")) << bundledModel();
    const ModelSample sample = bundledSample();
    EXPECT_TRUE(fs::is_regular_file(sample.image)) << sample.image;
    EXPECT_FALSE(sample.prompt.empty());
    fs::current_path(before);
}

TEST(Bundled, FivePicturesHaveQuestionsAndMostOfTheseTheirBoxes) {
    const std::vector<ModelSample> samples = samplesOf(bundledModel());
    std::set<fs::path> pictures;
    for (const ModelSample& sample : samples) {
        pictures.insert(sample.image);
    }
    EXPECT_EQ(pictures.size(), 5U);
    EXPECT_GE(samples.size(), 4 * pictures.size());
    const auto with_boxes =
        std::ranges::count_if(samples, [](const ModelSample& s) { return !s.boxes.empty(); });
    EXPECT_GT(2 * static_cast<std::size_t>(with_boxes), samples.size());
    for (const ModelSample& sample : samples) {
        for (const RectF& box : sample.boxes) {  // the pictures are 336 x 336
            EXPECT_GE(std::min(box.x, box.y), 0) << sample.prompt;
            EXPECT_LE(std::max(box.x + box.width, box.y + box.height), 336) << sample.prompt;
        }
    }
}

TEST(Bundled, BenchmarkHasTheQuestionsItNames) {
    EXPECT_TRUE(fs::is_regular_file(bundledBenchmark() / "items.jsonl")) << bundledBenchmark();
}

class SampleFile : public ::testing::Test {
protected:
    void SetUp() override {
        fs::create_directories(folder_ / "samples");
        std::ofstream(folder_ / "samples" / "a.png") << "any";
    }

    void TearDown() override { fs::remove_all(folder_); }

    std::vector<ModelSample> read(const std::string& text) const {
        std::ofstream(folder_ / "samples" / "samples.json") << text;
        return samplesOf(folder_);
    }

    fs::path folder_ = fs::path(::testing::TempDir()) / "prunescope_samples";
};

TEST_F(SampleFile, WithoutAPictureOrAPromptIsLeftOut) {
    const std::vector<ModelSample> samples = read(R"([
        {"image": "../a.png", "prompt": "A dog?", "boxes": [[1, 2, 30, 4.5], [0, 0, -1, 5], 7]},
        {"image": "b.png", "prompt": "A cat?"}, {"image": "a.png"}, {"prompt": "A?"}, 3,
        {"image": "a.png", "prompt": "A cat?", "boxes": "none"}])");
    const fs::path picture = folder_ / "samples" / "a.png";
    EXPECT_EQ(samples,
              (std::vector<ModelSample>{{picture, "A dog?", {{1, 2, 30, 4.5}}},
                                        {picture, "A cat?", {}}}));
}

TEST_F(SampleFile, ThatIsNoListIsEmpty) {
    for (const char* text : {"", "{", "{\"image\": 1}", "7", "[[], null]"}) {
        EXPECT_TRUE(read(text).empty()) << text;
    }
    EXPECT_TRUE(samplesOf("/nowhere").empty());
}

}  // namespace
}  // namespace prunescope
