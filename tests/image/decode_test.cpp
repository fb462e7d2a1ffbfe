// Pictures that decode: formats, channels, orientations.
#include "core/image/decode.h"

#include "tests/image/encoded.h"
#include "tests/image/pictures.h"

#include <cstring>
#include <string>
#include <vector>

#include <opencv2/core.hpp>
#include <opencv2/imgcodecs.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace prunescope {
namespace {

using encoded::Bytes;
using testing::Contains;
using testing::IsEmpty;

const Image kPicture = pictures::make(23, 17, 5, "scene");

TEST(Decode, LosslessFormatsGiveTheSamePixels) {
    const cv::Mat mat = encoded::bgr(kPicture);

    const struct {
        std::string extension;
        std::string format;
    } cases[] = {{".png", "PNG"}, {".bmp", "BMP"}, {".webp", "WebP"}};

    for (const auto& item : cases) {
        const DecodedImage result = decodeImage(encoded::as(item.extension, mat));
        EXPECT_EQ(result.image, kPicture) << item.format;
        EXPECT_EQ(result.format, item.format);
        EXPECT_THAT(result.notes, IsEmpty());
    }
}

TEST(Decode, JpegIsCloseAndWhole) {
    const Image smooth = pictures::make(64, 48, 1, "gradient");
    const DecodedImage result = decodeImage(encoded::as(".jpg", encoded::bgr(smooth)));
    EXPECT_EQ(result.format, "JPEG");
    EXPECT_THAT(result.notes, IsEmpty());
    ASSERT_EQ(result.image.rgb.size(), smooth.rgb.size());
    for (std::size_t i = 0; i < smooth.rgb.size(); ++i) {
        ASSERT_NEAR(result.image.rgb[i], smooth.rgb[i], 24);
    }
}

TEST(Decode, AlphaIsDropped) {
    cv::Mat mat(2, 2, CV_8UC4, cv::Scalar(10, 20, 30, 0));
    const DecodedImage result = decodeImage(encoded::as(".png", mat));
    EXPECT_EQ(result.image.rgb,
              (std::vector<std::uint8_t>{30, 20, 10, 30, 20, 10, 30, 20, 10, 30, 20, 10}));
    EXPECT_THAT(result.notes, Contains("alpha dropped"));
}

TEST(Decode, GreyIsReplicated) {
    for (const std::string extension : {".png", ".bmp", ".jpg"}) {
        const DecodedImage result =
            decodeImage(encoded::as(extension, cv::Mat(3, 5, CV_8UC1, cv::Scalar(77))));
        EXPECT_EQ(result.image.rgb, std::vector<std::uint8_t>(45, 77)) << extension;
    }
}

// Pillow: Image.new("CMYK", (16, 16), (40, 200, 10, 30)).save(…, "JPEG", quality=90,
// optimize=True); convert("RGB") of it gives (190, 49, 216).
const Bytes kCmykJpeg{
    0xFF, 0xD8, 0xFF, 0xEE, 0x00, 0x0E, 0x41, 0x64, 0x6F, 0x62, 0x65, 0x00, 0x64, 0x00, 0x00, 0x00,
    0x00, 0x00, 0xFF, 0xDB, 0x00, 0x43, 0x00, 0x03, 0x02, 0x02, 0x03, 0x02, 0x02, 0x03, 0x03, 0x03,
    0x03, 0x04, 0x03, 0x03, 0x04, 0x05, 0x08, 0x05, 0x05, 0x04, 0x04, 0x05, 0x0A, 0x07, 0x07, 0x06,
    0x08, 0x0C, 0x0A, 0x0C, 0x0C, 0x0B, 0x0A, 0x0B, 0x0B, 0x0D, 0x0E, 0x12, 0x10, 0x0D, 0x0E, 0x11,
    0x0E, 0x0B, 0x0B, 0x10, 0x16, 0x10, 0x11, 0x13, 0x14, 0x15, 0x15, 0x15, 0x0C, 0x0F, 0x17, 0x18,
    0x16, 0x14, 0x18, 0x12, 0x14, 0x15, 0x14, 0xFF, 0xC0, 0x00, 0x14, 0x08, 0x00, 0x10, 0x00, 0x10,
    0x04, 0x43, 0x11, 0x00, 0x4D, 0x11, 0x00, 0x59, 0x11, 0x00, 0x4B, 0x11, 0x00, 0xFF, 0xC4, 0x00,
    0x16, 0x00, 0x01, 0x01, 0x01, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
    0x00, 0x00, 0x00, 0x08, 0x09, 0xFF, 0xC4, 0x00, 0x14, 0x10, 0x01, 0x00, 0x00, 0x00, 0x00, 0x00,
    0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0xFF, 0xDA, 0x00, 0x0E, 0x04,
    0x43, 0x00, 0x4D, 0x00, 0x59, 0x00, 0x4B, 0x00, 0x00, 0x3F, 0x00, 0xBA, 0x11, 0xE3, 0x4E, 0x1A,
    0x06, 0x00, 0x00, 0x00, 0xFF, 0xD9};

TEST(Decode, CmykIsShownAsPillowConvertsIt) {
    const DecodedImage result = decodeImage(kCmykJpeg);
    ASSERT_EQ(result.image.width, 16);
    ASSERT_EQ(result.image.rgb.size(), 16U * 16 * 3);
    for (std::size_t i = 0; i < result.image.rgb.size(); i += 3) {
        EXPECT_NEAR(result.image.rgb[i], 190, 3);
        EXPECT_NEAR(result.image.rgb[i + 1], 49, 3);
        EXPECT_NEAR(result.image.rgb[i + 2], 216, 3);
    }
    EXPECT_THAT(result.notes, testing::Not(Contains("alpha dropped")));
}

// transformers reads pixels without colour management; so do we, and whatever a profile holds.
TEST(Decode, ColourProfilesAreNotApplied) {
    const Bytes plain = encoded::as(".jpg", encoded::bgr(kPicture));
    for (const std::size_t size : {std::size_t{0}, std::size_t{1}, std::size_t{600}}) {
        Bytes block{0xFF, 0xE2};
        const std::size_t length = 2 + 14 + size;
        block.push_back(static_cast<std::uint8_t>(length >> 8));
        block.push_back(static_cast<std::uint8_t>(length & 255));
        for (const char c : std::string("ICC_PROFILE\0\1\1", 14)) {
            block.push_back(static_cast<std::uint8_t>(c));
        }
        block.insert(block.end(), size, 0xA5);
        Bytes tagged = plain;
        tagged.insert(tagged.begin() + 2, block.begin(), block.end());
        EXPECT_EQ(decodeImage(tagged).image, decodeImage(plain).image) << size;
    }
}

TEST(Decode, SixteenBitsKeepTheHighByte) {
    const cv::Mat grey(1, 2, CV_16UC1, cv::Scalar(0x12FF));
    EXPECT_EQ(decodeImage(encoded::as(".png", grey)).image.rgb, std::vector<std::uint8_t>(6, 0x12));
    const cv::Mat colour(1, 1, CV_16UC3, cv::Scalar(0x0180, 0x0280, 0x0380));
    const DecodedImage result = decodeImage(encoded::as(".png", colour));
    EXPECT_EQ(result.image.rgb, (std::vector<std::uint8_t>{3, 2, 1}));
    EXPECT_THAT(result.notes, Contains("16 bits a channel cut to 8"));
}

/// Where the pixel (x, y) of the upright picture lies in the stored one.
std::pair<int, int> storedFrom(int orientation, int x, int y, const Image& stored) {
    const int w = stored.width - 1;
    const int h = stored.height - 1;
    switch (orientation) {
        case 2:
            return {w - x, y};
        case 3:
            return {w - x, h - y};
        case 4:
            return {x, h - y};
        case 5:
            return {y, x};
        case 6:
            return {y, h - x};
        case 7:
            return {w - y, h - x};
        case 8:
            return {w - y, x};
        default:
            return {x, y};
    }
}

TEST(Decode, AllEightOrientations) {
    const Image picture = pictures::make(40, 24, 2, "gradient");
    const Bytes jpeg = encoded::as(".jpg", encoded::bgr(picture));
    const Image stored = decodeImage(jpeg).image;
    for (const bool is_little : {true, false}) {
        for (int orientation = 1; orientation <= 8; ++orientation) {
            SCOPED_TRACE(orientation);
            const Bytes turned = encoded::withExif(jpeg, orientation, is_little);
            const Image upright = decodeImage(turned).image;
            const bool swaps = orientation > 4;
            ASSERT_EQ(upright.width, swaps ? 24 : 40);
            ASSERT_EQ(upright.height, swaps ? 40 : 24);
            for (int y = 0; y < upright.height; ++y) {
                for (int x = 0; x < upright.width; ++x) {
                    const auto [sx, sy] = storedFrom(orientation, x, y, stored);
                    ASSERT_EQ(std::memcmp(
                                  &upright.rgb[static_cast<std::size_t>(y * upright.width + x) * 3],
                                  &stored.rgb[static_cast<std::size_t>(sy * stored.width + sx) * 3],
                                  3),
                              0);
                }
            }
            EXPECT_EQ(decodeImage(turned, {.apply_exif_orientation = false}).image, stored);
        }
    }
}

TEST(Decode, BrokenExifIsIgnored) {
    const Bytes jpeg = encoded::as(".jpg", encoded::bgr(kPicture));
    const Image stored = decodeImage(jpeg).image;
    for (const int orientation : {0, 9, 255, 65535}) {
        EXPECT_EQ(decodeImage(encoded::withExif(jpeg, orientation, true)).image, stored);
    }
    Bytes far = encoded::withExif(jpeg, 6, true);
    for (std::size_t i = 16; i < 20; ++i) {
        far[i] = 0xFF;  // the directory's offset points far beyond the file
    }
    EXPECT_EQ(decodeImage(far).image, stored);
}

TEST(Decode, SameBytesGiveTheSamePixels) {
    const Bytes jpeg = encoded::as(".jpg", encoded::bgr(pictures::make(320, 240, 9, "noise")));
    const std::span cut = std::span(jpeg).first(jpeg.size() / 2);
    const Image first = decodeImage(cut).image;
    const Image other =
        decodeImage(encoded::as(".jpg", encoded::bgr(pictures::make(320, 240, 3, "noise")))).image;
    EXPECT_EQ(decodeImage(cut).image, first);
    EXPECT_NE(other, first);
}

}  // namespace
}  // namespace prunescope
