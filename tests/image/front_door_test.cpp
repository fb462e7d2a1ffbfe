// Files that must not open, or only with a label: bombs, cuts, other formats, things that are no
// files.
#include "core/base/error.h"
#include "core/base/text.h"
#include "core/image/decode.h"
#include "tests/image/encoded.h"
#include "tests/image/pictures.h"

#include <filesystem>
#include <fstream>
#include <string>
#include <sys/resource.h>
#include <sys/stat.h>
#include <utility>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace prunescope {
namespace {

namespace fs = std::filesystem;
using encoded::Bytes;
using testing::AnyOf;
using testing::Contains;
using testing::HasSubstr;

std::string refusal(std::span<const std::uint8_t> bytes, const DecodeOptions& options = {}) {
    try {
        decodeImage(bytes, options);
    } catch (const Error& e) {
        EXPECT_EQ(e.code(), ErrorCode::Input);
        return e.what();
    }
    return "accepted";
}

Bytes bytesOf(const std::string& text) {
    return {text.begin(), text.end()};
}

void putBig(Bytes& bytes, std::size_t at, std::uint32_t value) {
    for (std::size_t i = 0; i < 4; ++i) {
        bytes.at(at + i) = static_cast<std::uint8_t>(value >> (24 - 8 * i));
    }
}

Bytes pngOf(std::uint32_t width, std::uint32_t height) {
    Bytes png = encoded::as(".png", cv::Mat(8, 8, CV_8UC1, cv::Scalar(1)));
    putBig(png, 16, width);
    putBig(png, 20, height);
    return png;
}

TEST(FrontDoor, NamesOtherFormats) {
    EXPECT_EQ(refusal({}), "The file is empty");
    EXPECT_EQ(refusal(bytesOf("GIF89a......")), "The bytes are a GIF picture");
    EXPECT_EQ(refusal(bytesOf(std::string("II*\0....", 8))), "The bytes are a TIFF picture");
    EXPECT_EQ(refusal(bytesOf(std::string(128, '\0') + "DICM")), "The bytes are a DICOM file");
    EXPECT_EQ(refusal(bytesOf("\x76\x2F\x31\x01....")), "The bytes are an OpenEXR picture");
    EXPECT_EQ(refusal(bytesOf("%PDF-1.7")), "The bytes are a PDF document");
    EXPECT_EQ(refusal(bytesOf("<svg xmlns=")), "The bytes are an SVG drawing");
    EXPECT_EQ(refusal(bytesOf(std::string("\0\0\0\x18"
                                          "ftypheic",
                                          12))),
              "The bytes are a HEIC picture");
    EXPECT_EQ(refusal(bytesOf("P6\n1 1\n255\n...")), "The bytes are a PNM picture");
    EXPECT_EQ(refusal(bytesOf("hello")), "The bytes are not a picture that we know");
}

TEST(FrontDoor, RefusesBombsByTheirHeader) {
    EXPECT_EQ(refusal(pngOf(60000, 60000)),
              "The picture has 60000 x 60000 pixels; at most 100 megapixels can be opened");
    EXPECT_THAT(refusal(pngOf(20000, 20000)), HasSubstr("megapixels"));
    EXPECT_THAT(refusal(pngOf(0xFFFFFFFF, 0xFFFFFFFF)), HasSubstr("megapixels"));
    EXPECT_THAT(refusal(pngOf(0, 5)), HasSubstr("empty"));
    EXPECT_THAT(refusal(pngOf(1, 20000)), HasSubstr("too narrow"));
    EXPECT_THAT(refusal(pngOf(20000, 1)), HasSubstr("too narrow"));
    EXPECT_THAT(refusal(pngOf(201, 1)), HasSubstr("too narrow"));
    EXPECT_THAT(refusal(pngOf(401, 2)), HasSubstr("too narrow"));
    Bytes bmp = encoded::as(".bmp", cv::Mat(8, 8, CV_8UC3));
    for (std::size_t i = 18; i < 26; ++i) {
        bmp[i] = 0xFF;
    }
    bmp[25] = 0x7F;
    bmp[21] = 0x7F;
    EXPECT_NE(refusal(bmp), "accepted");
    bmp[22] = bmp[23] = bmp[24] = 0;
    bmp[25] = 0x80;  // the lowest height there is
    EXPECT_NE(refusal(bmp), "accepted");
}

// A header costs its writer nothing: what it asks for is judged before it is given.
TEST(FrontDoor, RefusingABombTakesNoMemory) {
    const auto peak_kilobytes = [] {
        rusage usage{};
        getrusage(RUSAGE_SELF, &usage);
        return usage.ru_maxrss;
    };
    const long before = peak_kilobytes();
    for (const auto& [width, height] : {std::pair{60000U, 60000U},
                                        {20000U, 20000U},
                                        {1U, 20000U},
                                        {20000U, 1U},
                                        {0xFFFFFFFFU, 1U},
                                        {0x7FFFFFFFU, 0x7FFFFFFFU}}) {
        EXPECT_NE(refusal(pngOf(width, height)), "accepted");
    }
    EXPECT_LT(peak_kilobytes() - before, 16 * 1024);
}

TEST(FrontDoor, ExtremeButAllowedPicturesOpen) {
    EXPECT_EQ(
        decodeImage(encoded::as(".png", cv::Mat(1, 1, CV_8UC3, cv::Scalar(1, 2, 3)))).image.rgb,
        (std::vector<std::uint8_t>{3, 2, 1}));
    EXPECT_EQ(decodeImage(encoded::as(".png", cv::Mat::zeros(1, 200, CV_8UC3))).image.width, 200);
}

TEST(FrontDoor, LimitsAreOptions) {
    const Bytes png = encoded::as(".png", cv::Mat::zeros(20, 20, CV_8UC3));
    EXPECT_THAT(refusal(png, {.max_pixels = 399}), HasSubstr("megapixels"));
    EXPECT_EQ(refusal(png, {.max_pixels = 400}), "accepted");
    EXPECT_THAT(refusal(png, {.max_file_bytes = 10}), HasSubstr("at most 10 B"));
}

TEST(FrontDoor, CutFilesAreRefusedOrLabelled) {
    const cv::Mat mat = encoded::bgr(pictures::make(64, 48, 7, "scene"));
    for (const std::string extension : {".png", ".bmp", ".webp", ".jpg"}) {
        const Bytes whole = encoded::as(extension, mat);
        for (std::size_t i = 0; i < 200; ++i) {
            const std::span cut = std::span(whole).first(whole.size() * i / 200);
            SCOPED_TRACE(extension + " cut to " + std::to_string(cut.size()));
            try {
                const DecodedImage result = decodeImage(cut);
                EXPECT_EQ(extension, ".jpg");
                EXPECT_THAT(result.notes, Contains("damaged: the file ends early"));
            } catch (const Error& e) {
                EXPECT_EQ(e.code(), ErrorCode::Input);
            }
        }
    }
}

TEST(FrontDoor, FlippedBytesNeverCrash) {
    const cv::Mat mat = encoded::bgr(pictures::make(32, 24, 7, "scene"));
    std::uint32_t state = 1;
    for (const std::string extension : {".png", ".bmp", ".webp", ".jpg"}) {
        const Bytes whole = encoded::withExif(encoded::as(extension, mat), 6, true);
        const Bytes plain = encoded::as(extension, mat);
        for (int round = 0; round < 400; ++round) {
            Bytes changed = extension == ".jpg" ? whole : plain;
            for (int flips = 0; flips < 1 + round % 4; ++flips) {
                state = state * 1664525u + 1013904223u;
                // Half of the flips hit the header, where the decisions are.
                const std::size_t range = round % 2 == 0 ? 64 : changed.size();
                changed[(state >> 8) % std::min(range, changed.size())] ^=
                    static_cast<std::uint8_t>(1u << (state >> 29));
            }
            try {
                const DecodedImage result = decodeImage(changed);
                EXPECT_EQ(result.image.rgb.size(),
                          static_cast<std::size_t>(result.image.width * result.image.height) * 3);
            } catch (const Error& e) {
                EXPECT_EQ(e.code(), ErrorCode::Input) << e.what();
            }
        }
    }
}

class PictureFiles : public testing::Test {
protected:
    void SetUp() override {
        folder_ = fs::path(testing::TempDir()) / "picture_files";
        fs::remove_all(folder_);
        fs::create_directories(folder_);
    }

    void TearDown() override { fs::remove_all(folder_); }

    void write(const std::string& name, const Bytes& bytes) {
        std::ofstream(folder_ / name, std::ios::binary)
            .write(reinterpret_cast<const char*>(bytes.data()),
                   static_cast<std::streamsize>(bytes.size()));
    }

    std::string refusalOf(const std::string& name) {
        try {
            loadImage(folder_ / name);
        } catch (const Error& e) {
            EXPECT_EQ(e.code(), ErrorCode::Input);
            return e.what();
        }
        return "accepted";
    }

    fs::path folder_;
};

TEST_F(PictureFiles, TheNameDoesNotMatter) {
    write("a.png", encoded::as(".jpg", cv::Mat::zeros(8, 8, CV_8UC3)));
    EXPECT_EQ(loadImage(folder_ / "a.png").format, "JPEG");
    write("b.png", bytesOf("GIF89a"));
    EXPECT_EQ(refusalOf("b.png"),
              inQuotes((folder_ / "b.png").string(), 1000) + ": The bytes are a GIF picture");
}

TEST_F(PictureFiles, OnlyFilesAreRead) {
    ASSERT_EQ(::mkfifo((folder_ / "pipe.png").c_str(), 0600), 0);
    fs::create_directory(folder_ / "folder.png");
    fs::create_symlink("loop.png", folder_ / "loop.png");
    fs::create_symlink("/dev/zero", folder_ / "zero.png");
    EXPECT_THAT(refusalOf("pipe.png"), HasSubstr("is a pipe"));
    EXPECT_THAT(refusalOf("folder.png"), HasSubstr("is a folder"));
    EXPECT_THAT(refusalOf("loop.png"), HasSubstr("Cannot open"));
    EXPECT_THAT(refusalOf("zero.png"), HasSubstr("is a device"));
    EXPECT_THAT(refusalOf("missing.png"), HasSubstr("Cannot open"));
    write("empty.png", {});
    EXPECT_THAT(refusalOf("empty.png"), HasSubstr("The file is empty"));
}

}  // namespace
}  // namespace prunescope
