// Pillow's resizing and Hugging Face's whole preparation, bit for bit.
#include "core/base/json.h"
#include "core/image/preprocess.h"
#include "tests/image/pictures.h"

#include <cmath>
#include <filesystem>
#include <map>
#include <string>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace prunescope {
namespace {

nlohmann::json golden(const char* list) {
    return readJsonFile(std::filesystem::path(PRUNESCOPE_TEST_DATA) / "images/images.json")
        .at(list);
}

Image pictureOf(const nlohmann::json& item) {
    return pictures::make(item.at("width"), item.at("height"), item.at("seed"), item.at("kind"));
}

TEST(Golden, Sha256) {
    const std::string text = "abc";
    EXPECT_EQ(pictures::sha256(std::span(reinterpret_cast<const std::uint8_t*>(text.data()), 3)),
              "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

TEST(Golden, ResizeIsPillowsBitForBit) {
    const std::map<std::string, Resample> filters{{"bicubic", Resample::Bicubic},
                                                  {"lanczos", Resample::Lanczos},
                                                  {"bilinear", Resample::Bilinear}};
    const nlohmann::json cases = golden("resize");
    ASSERT_GE(cases.size(), 117u);
    for (const auto& item : cases) {
        const Image result = resize(pictureOf(item),
                                    item.at("out_width"),
                                    item.at("out_height"),
                                    filters.at(item.at("filter").get<std::string>()));
        EXPECT_EQ(pictures::sha256(result.rgb), item.at("sha256")) << item.at("name");
    }
}

PreprocessConfig configOf(const nlohmann::json& item) {
    PreprocessConfig config;
    config.crop_width = config.crop_height = item.at("crop").get<int>();
    const auto& size = item.at("size");
    config.shortest_edge = size.value("shortest_edge", 0);
    config.resize_width = size.value("width", 0);
    config.resize_height = size.value("height", 0);
    return config;
}

TEST(Golden, PreparationIsHuggingFacesBitForBit) {
    const nlohmann::json cases = golden("prepared");
    ASSERT_GE(cases.size(), 19u);
    for (const auto& item : cases) {
        SCOPED_TRACE(item.at("name").get<std::string>());
        const ImageMode mode = item.at("mode") == "pad" ? ImageMode::Pad : ImageMode::Crop;
        const Image picture = pictureOf(item);
        PreprocessConfig config = configOf(item);
        const View view = preprocess(picture, config, mode, 7).at(0);
        double sum = 0;
        double absolute = 0;
        for (const float value : view.pixels) {
            sum += value;
            absolute += std::abs(value);
        }
        const auto n = static_cast<double>(view.pixels.size());
        EXPECT_NEAR(sum / n, item.at("pixel_values_mean").get<double>(), 2e-9);
        EXPECT_NEAR(absolute / n, item.at("pixel_values_abs_mean").get<double>(), 2e-9);

        config.do_rescale = config.do_normalize = false;
        const View plain = preprocess(picture, config, mode, 7).at(0);
        const std::size_t plane = plain.pixels.size() / 3;
        std::vector<std::uint8_t> bytes;
        for (std::size_t i = 0; i < plane; ++i) {
            for (std::size_t c = 0; c < 3; ++c) {
                bytes.push_back(static_cast<std::uint8_t>(plain.pixels[c * plane + i]));
            }
        }
        EXPECT_EQ(pictures::sha256(bytes), item.at("sha256"));
    }
}

}  // namespace
}  // namespace prunescope
