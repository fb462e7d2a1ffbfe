#include "core/image/preprocess.h"

#include "core/base/error.h"
#include "tests/image/pictures.h"

#include <cmath>
#include <filesystem>
#include <fstream>
#include <functional>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace prunescope {
namespace {

using testing::HasSubstr;

Image plain(int width, int height, std::uint8_t level = 100) {
    Image image{width, height, {}};
    image.rgb.assign(static_cast<std::size_t>(width) * static_cast<std::size_t>(height) * 3, level);
    return image;
}

PreprocessConfig small() {
    PreprocessConfig config;
    config.crop_width = config.crop_height = config.shortest_edge = 28;
    return config;
}

View view(const Image& image, ImageMode mode, const PreprocessConfig& config = small()) {
    return preprocess(image, config, mode, 7).at(0);
}

TEST(PatchGrid, PatchesAndPoints) {
    const PatchGrid grid{3, 4, 14};
    for (int patch = 0; patch < grid.count(); ++patch) {
        const RectF rect = grid.rectOf(patch);
        EXPECT_EQ(grid.patchAt(rect.x, rect.y), patch);
        EXPECT_EQ(grid.patchAt(rect.x + 13.999, rect.y + 13.999), patch);
    }
    EXPECT_EQ(grid.patchAt(-0.001, 0), -1);
    EXPECT_EQ(grid.patchAt(0, 42), -1);
    EXPECT_EQ(grid.patchAt(56, 0), -1);
    EXPECT_EQ(grid.patchAt(std::nan(""), 0), -1);
    EXPECT_EQ(PatchGrid{}.patchAt(0, 0), -1);
}

TEST(Image, HashIsOfSizeAndPixels) {
    const Image a = plain(4, 2);
    Image b = a;
    EXPECT_EQ(contentHash(a), contentHash(b));
    b.rgb[5] ^= 1;
    EXPECT_NE(contentHash(a), contentHash(b));
    EXPECT_NE(contentHash(plain(4, 2)), contentHash(plain(2, 4)));
}

TEST(Preprocess, SourceRectangles) {
    EXPECT_EQ(view(plain(200, 100), ImageMode::Crop).source, (RectF{50, 0, 100, 100}));
    EXPECT_EQ(view(plain(100, 200), ImageMode::Crop).source, (RectF{0, 50, 100, 100}));
    EXPECT_EQ(view(plain(200, 100), ImageMode::Pad).source, (RectF{0, -50, 200, 200}));
    EXPECT_EQ(view(plain(100, 201), ImageMode::Pad).source, (RectF{-50, 0, 201, 201}));
    EXPECT_EQ(view(plain(200, 100), ImageMode::Squash).source, (RectF{0, 0, 200, 100}));
}

TEST(Preprocess, GridFollowsTheSquare) {
    const View square = view(plain(60, 40), ImageMode::Crop);
    EXPECT_EQ(square.width, 28);
    EXPECT_EQ(square.height, 28);
    EXPECT_EQ(square.grid, (PatchGrid{4, 4, 7}));
    EXPECT_EQ(square.pixels.size(), 3u * 28 * 28);
}

TEST(Preprocess, SquashKeepsEverything) {
    const Image picture = pictures::make(60, 41, 3, "scene");
    PreprocessConfig config = small();
    config.do_normalize = config.do_rescale = false;
    const View squashed = view(picture, ImageMode::Squash, config);
    const Image expected = resize(picture, 28, 28, Resample::Bicubic);
    for (std::size_t i = 0; i < 28 * 28; ++i) {
        ASSERT_EQ(squashed.pixels[i], static_cast<float>(expected.rgb[i * 3]));
    }
}

TEST(Preprocess, PlainPicturesStayPlain) {
    PreprocessConfig config = small();
    config.do_normalize = config.do_rescale = false;
    for (const int level : {0, 1, 127, 254, 255}) {
        for (const auto mode : {ImageMode::Crop, ImageMode::Squash}) {
            for (const float value :
                 view(plain(311, 97, static_cast<std::uint8_t>(level)), mode, config).pixels) {
                ASSERT_EQ(value, static_cast<float>(level));
            }
        }
    }
}

TEST(Preprocess, ExtremePicturesTakeLittleMemory) {
    for (const auto& image : {plain(20'000, 1),
                              plain(1, 20'000),
                              plain(20'000, 100),
                              plain(100, 20'000),
                              plain(1, 1)}) {
        for (const auto mode : {ImageMode::Crop, ImageMode::Pad, ImageMode::Squash}) {
            const View square = preprocess(image, PreprocessConfig{}, mode, 14).at(0);
            EXPECT_EQ(square.pixels.size(), 3u * 336 * 336);
        }
    }
}

TEST(Preprocess, RefusesBrokenPictures) {
    EXPECT_THROW(view(Image{}, ImageMode::Crop), Error);
    EXPECT_THROW(view(Image{10, 10, {}}, ImageMode::Crop), Error);
    EXPECT_THROW(preprocess(plain(4, 4), small(), ImageMode::Crop, 0), Error);
}

class Config : public testing::Test {
protected:
    void SetUp() override {
        folder_ = std::filesystem::path(testing::TempDir()) /
                  (std::string("config_") +
                   testing::UnitTest::GetInstance()->current_test_info()->name());
        std::filesystem::remove_all(folder_);
        std::filesystem::create_directories(folder_);
    }

    void TearDown() override { std::filesystem::remove_all(folder_); }

    PreprocessConfig read(const std::string& json) {
        std::ofstream(folder_ / "preprocessor_config.json") << json;
        return readPreprocessConfig(folder_, 336);
    }

    std::string refusal(const std::string& json) {
        try {
            read(json);
        } catch (const Error& e) {
            EXPECT_EQ(e.code(), ErrorCode::Model);
            return e.what();
        }
        return "accepted";
    }

    std::filesystem::path folder_;
};

TEST_F(Config, DefaultsAreThoseOfTheModel) {
    EXPECT_EQ(readPreprocessConfig(folder_, 336), PreprocessConfig{});
    EXPECT_EQ(readPreprocessConfig(folder_, 28), small());
    EXPECT_EQ(read("{}"), PreprocessConfig{});
    EXPECT_EQ(read(R"({"size": null, "do_resize": null, "image_mean": null})"), PreprocessConfig{});
}

TEST_F(Config, ReadsEverySpellingOfSize) {
    EXPECT_EQ(read(R"({"size": 64, "crop_size": 56})").shortest_edge, 64);
    EXPECT_EQ(read(R"({"size": 64, "crop_size": 56})").crop_height, 56);
    EXPECT_EQ(read(R"({"size": {"shortest_edge": 64}})").shortest_edge, 64);
    const PreprocessConfig exact =
        read(R"({"size": {"width": 64, "height": 48}, "crop_size": {"width": 32, "height": 16}})");
    EXPECT_EQ(exact.shortest_edge, 0);
    EXPECT_EQ(exact.resize_width, 64);
    EXPECT_EQ(exact.resize_height, 48);
    EXPECT_EQ(exact.crop_width, 32);
    EXPECT_EQ(exact.crop_height, 16);
    EXPECT_EQ(read(R"({"resample": 1})").resample, Resample::Lanczos);
}

TEST_F(Config, RefusesWhatCannotBe) {
    EXPECT_THAT(refusal(R"({"size": 0})"), HasSubstr("from 1 to 8192"));
    EXPECT_THAT(refusal(R"({"size": 1e9})"), HasSubstr("from 1 to 8192"));
    EXPECT_THAT(refusal(R"({"size": {"longest_edge": 5}})"), HasSubstr("has no \"width\""));
    EXPECT_THAT(refusal(R"({"crop_size": {"width": 5}})"), HasSubstr("has no \"height\""));
    EXPECT_THAT(refusal(R"({"crop_size": -3})"), HasSubstr("from 1 to 8192"));
    EXPECT_THAT(refusal(R"({"resample": 4})"), HasSubstr("resample"));
    EXPECT_THAT(refusal(R"({"image_std": [1, 0, 1]})"), HasSubstr("image_std"));
    EXPECT_THAT(refusal(R"({"image_mean": [0.5, 0.5]})"), HasSubstr("three numbers"));
    EXPECT_THAT(refusal(R"({"rescale_factor": 0})"), HasSubstr("rescale_factor"));
    EXPECT_THAT(refusal(R"({"do_resize": "yes"})"), HasSubstr("true or false"));
    EXPECT_THAT(refusal(R"({"do_center_crop": false})"), HasSubstr("same size"));
    EXPECT_THAT(refusal("[]"), HasSubstr("no object"));
    EXPECT_THAT(refusal(R"({"size": 1, "size": 2})"), HasSubstr("twice"));
    EXPECT_THROW(readPreprocessConfig(folder_, 0), Error);
}

}  // namespace
}  // namespace prunescope
