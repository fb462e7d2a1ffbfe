#include "core/model/safetensors.h"

#include "core/base/error.h"
#include "tests/model/model_files.h"

#include <cstring>
#include <filesystem>
#include <string>
#include <sys/stat.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace prunescope {
namespace {

using test::modelError;
using test::safetensorsBytes;
using testing::HasSubstr;

const std::string kGood = R"({"a":{"dtype":"F32","shape":[2,3],"data_offsets":[0,24]}})";

/// What opening a file of these bytes complains about.
std::string complaint(const std::string& bytes) {
    const test::TempFolder folder;
    const auto path = folder.write("x.safetensors", bytes);
    return modelError([&] { SafetensorsFile::open(path); });
}

std::string headerComplaint(const std::string& header, std::size_t data_bytes) {
    return complaint(safetensorsBytes(header, data_bytes));
}

struct Broken {
    const char* name;
    std::string header;
    std::size_t data_bytes;
    const char* message;
};

class BrokenHeader : public testing::TestWithParam<Broken> {};

TEST_P(BrokenHeader, IsRefusedWithItsReason) {
    EXPECT_THAT(headerComplaint(GetParam().header, GetParam().data_bytes),
                HasSubstr(GetParam().message));
}

std::string entry(const std::string& fields) {
    return "{\"a\":{" + fields + "}}";
}

std::string named(const std::string& name) {
    return "{\"" + name + R"(":{"dtype":"U8","shape":[],"data_offsets":[0,1]}})";
}

INSTANTIATE_TEST_SUITE_P(
    Rules,
    BrokenHeader,
    testing::Values(
        Broken{"Empty", "", 0, "does not begin with '{'"},
        Broken{"FirstByte", " " + kGood, 24, "does not begin with '{'"},
        Broken{"NotJson", "{\"a\":", 0, "not valid JSON"},
        Broken{"TextBehind", kGood + "x", 24, "not valid JSON"},
        Broken{"Utf8", "{\"\xff\":1}", 0, "not valid JSON"},
        Broken{"NaN", entry(R"("dtype":"F32","shape":[NaN],"data_offsets":[0,4])"), 4, "not valid"},
        Broken{"DuplicateTensor",
               R"({"a":{"dtype":"U8","shape":[],"data_offsets":[0,1]},)"
               R"("a":{"dtype":"U8","shape":[],"data_offsets":[1,2]}})",
               2,
               "twice"},
        Broken{"DuplicateField",
               entry(R"("dtype":"U8","dtype":"U8","shape":[1],"data_offsets":[0,1])"),
               1,
               "twice"},
        Broken{
            "Depth", R"({"a":{"dtype":"U8","shape":[[[1]]],"data_offsets":[0,1]}})", 1, "nested"},
        Broken{"EntryNotObject", R"({"a":1})", 0, "is not an object"},
        Broken{"NoDtype", entry(R"("shape":[1],"data_offsets":[0,1])"), 1, "has no dtype"},
        Broken{"NoShape", entry(R"("dtype":"U8","data_offsets":[0,1])"), 1, "has no shape"},
        Broken{"NoOffsets", entry(R"("dtype":"U8","shape":[1])"), 1, "has no data_offsets"},
        Broken{"UnknownKey",
               entry(R"("dtype":"U8","shape":[1],"data_offsets":[0,1],"more":1)"),
               1,
               "unknown key \"more\""},
        Broken{"DtypeNotText",
               entry(R"("dtype":1,"shape":[1],"data_offsets":[0,1])"),
               1,
               "is not text"},
        Broken{"UnknownDtype",
               entry(R"("dtype":"F33","shape":[1],"data_offsets":[0,1])"),
               1,
               "unknown dtype \"F33\""},
        Broken{"NegativeExtent",
               entry(R"("dtype":"U8","shape":[-1],"data_offsets":[0,1])"),
               1,
               "not negative"},
        Broken{"MinusZero",
               entry(R"("dtype":"U8","shape":[-0],"data_offsets":[0,0])"),
               0,
               "not negative"},
        Broken{"FloatExtent",
               entry(R"("dtype":"U8","shape":[1e0],"data_offsets":[0,1])"),
               1,
               "whole number"},
        Broken{"HugeExtent",
               entry(R"("dtype":"U8","shape":[9223372036854775808],"data_offsets":[0,1])"),
               1,
               "2^63"},
        Broken{"Overflow",
               entry(R"("dtype":"F32","shape":[4294967296,4294967296],"data_offsets":[0,0])"),
               0,
               "overflows"},
        Broken{"Rank",
               entry(R"("dtype":"U8","shape":[1,1,1,1,1,1,1,1,1],"data_offsets":[0,1])"),
               1,
               "at most 8"},
        Broken{"ShapeNotList",
               entry(R"("dtype":"U8","shape":1,"data_offsets":[0,1])"),
               1,
               "shape of tensor"},
        Broken{"OffsetsNotPair",
               entry(R"("dtype":"U8","shape":[1],"data_offsets":[0,1,2])"),
               1,
               "not a pair"},
        Broken{"OffsetText",
               entry(R"("dtype":"U8","shape":[1],"data_offsets":["0",1])"),
               1,
               "whole number"},
        Broken{"Backwards",
               entry(R"("dtype":"U8","shape":[1],"data_offsets":[2,1])"),
               1,
               "ends before it begins"},
        Broken{"PartOfByte",
               entry(R"("dtype":"F4","shape":[3],"data_offsets":[0,2])"),
               2,
               "whole bytes"},
        Broken{"SizeTooSmall",
               entry(R"("dtype":"F32","shape":[2],"data_offsets":[0,4])"),
               4,
               "needs 8 bytes by its shape and has 4"},
        Broken{"Hole",
               R"({"a":{"dtype":"U8","shape":[],"data_offsets":[0,1]},)"
               R"("b":{"dtype":"U8","shape":[],"data_offsets":[2,3]}})",
               3,
               "a hole or an overlap"},
        Broken{"Overlap",
               R"({"a":{"dtype":"U8","shape":[2],"data_offsets":[0,2]},)"
               R"("b":{"dtype":"U8","shape":[2],"data_offsets":[1,3]}})",
               3,
               "a hole or an overlap"},
        Broken{"LateStart",
               entry(R"("dtype":"U8","shape":[1],"data_offsets":[1,2])"),
               2,
               "a hole or an overlap"},
        Broken{"TrailingBytes", kGood, 25, "the tensors fill 24 bytes, the file holds 25"},
        Broken{"CutOff", kGood, 23, "the tensors fill 24 bytes, the file holds 23"},
        Broken{"EmptyName", named(""), 1, "a tensor's name has 0 characters"},
        Broken{"LongName", named(std::string(513, 'n')), 1, "a tensor's name has 513"},
        Broken{"ControlName", named(R"(a\u0000b)"), 1, "control characters"},
        Broken{"MetadataNotObject", R"({"__metadata__":[]})", 0, "__metadata__ is not an object"},
        Broken{"MetadataValue", R"({"__metadata__":{"format":1}})", 0, "is not text"}),
    [](const auto& instance) { return instance.param.name; });

TEST(Safetensors, ReadsWhatIsSound) {
    const test::TempFolder folder;
    const std::string header =
        R"({"__metadata__":{"format":"pt"},"a":{"dtype":"F32","shape":[2,3],"data_offsets":[0,24]},)"
        R"("empty":{"dtype":"F16","shape":[0,7],"data_offsets":[24,24]},)"
        R"("scalar":{"dtype":"I64","shape":[],"data_offsets":[24,32]}}   )";
    std::string bytes = safetensorsBytes(header, 32);
    bytes.back() = '\x7f';
    const auto file = SafetensorsFile::open(folder.write("x.safetensors", bytes));
    ASSERT_EQ(file->tensors().size(), 3u);
    EXPECT_EQ(file->tensors().at("a").shape, (std::vector<std::int64_t>{2, 3}));
    EXPECT_EQ(file->tensors().at("a").elements(), 6u);
    EXPECT_EQ(file->tensors().at("empty").elements(), 0u);
    EXPECT_EQ(file->bytesOf(file->tensors().at("scalar")).size(), 8u);
    EXPECT_EQ(file->bytesOf(file->tensors().at("scalar")).back(), std::byte{0x7f});
    EXPECT_EQ(file->fileBytes(), bytes.size());
}

TEST(Safetensors, RefusesFilesWithoutRoomForALength) {
    EXPECT_THAT(complaint(""), HasSubstr("it has 0 bytes"));
    EXPECT_THAT(complaint("1234567"), HasSubstr("it has 7 bytes"));
}

TEST(Safetensors, RefusesLengthsBeyondTheFileOrTheLimit) {
    std::string bytes = safetensorsBytes(kGood, 24);
    const auto with_length = [&](std::uint64_t length) {
        std::memcpy(bytes.data(), &length, sizeof length);
        return complaint(bytes);
    };
    EXPECT_THAT(with_length(bytes.size()), HasSubstr("the file has"));
    EXPECT_THAT(with_length(1u << 24), HasSubstr("the file has"));
    EXPECT_THAT(with_length(1u << 30), HasSubstr("at most"));
    EXPECT_THAT(with_length(~std::uint64_t{0}), HasSubstr("at most"));
    EXPECT_THAT(with_length(0), HasSubstr("does not begin"));
}

TEST(Safetensors, RefusesTooManyTensors) {
    std::string header = "{";
    for (int i = 0; i <= 10'000; ++i) {
        header += (i == 0 ? "\"" : ",\"") + std::to_string(i) +
                  R"(":{"dtype":"U8","shape":[0],"data_offsets":[0,0]})";
    }
    EXPECT_THAT(headerComplaint(header + "}", 0), HasSubstr("more than 10000 tensors"));
}

TEST(Safetensors, RefusesWhatIsNoFile) {
    const test::TempFolder folder;
    EXPECT_THAT(modelError([&] { SafetensorsFile::open(folder.path()); }),
                HasSubstr("not a regular file"));
    EXPECT_THAT(modelError([&] { SafetensorsFile::open(folder.path() / "none"); }),
                HasSubstr("Cannot open"));
    const auto pipe = folder.path() / "pipe";
    ASSERT_EQ(::mkfifo(pipe.c_str(), 0600), 0);
    EXPECT_THAT(modelError([&] { SafetensorsFile::open(pipe); }), HasSubstr("not a regular file"));
}

TEST(Safetensors, MapsLargeFilesThroughLinks) {
    const test::TempFolder folder;
    constexpr std::size_t kData = 80u << 20;
    const std::string header =
        R"({"a":{"dtype":"U8","shape":[83886080],"data_offsets":[0,83886080]}})";
    const auto blob = folder.write("blob", safetensorsBytes(header, 0));
    std::filesystem::resize_file(blob, std::filesystem::file_size(blob) + kData);
    const auto link = folder.path() / "model.safetensors";
    std::filesystem::create_symlink("blob", link);
    const auto file = SafetensorsFile::open(link);
    EXPECT_EQ(file->bytesOf(file->tensors().at("a")).size(), kData);
    EXPECT_EQ(file->bytesOf(file->tensors().at("a")).back(), std::byte{0});
}

TEST(Safetensors, SurvivesEveryTruncation) {
    const std::string bytes = safetensorsBytes(kGood, 24);
    for (std::size_t n = 0; n < bytes.size(); ++n) {
        EXPECT_NE(complaint(bytes.substr(0, n)), "") << n;
    }
}

TEST(Safetensors, SurvivesEveryByteFlip) {
    const std::string bytes = safetensorsBytes(kGood, 24);
    const std::size_t header_end = bytes.size() - 24;
    for (std::size_t at = 8; at < header_end; ++at) {
        for (int bit = 0; bit < 8; ++bit) {
            std::string flipped = bytes;
            flipped[at] = static_cast<char>(flipped[at] ^ (1 << bit));
            // Some flips give another sound header; none may end in anything but an Error.
            modelError([&] {
                parseSafetensorsHeader(
                    std::string_view(flipped).substr(8, header_end - 8), 24, "x.safetensors");
            });
        }
    }
}

TEST(Safetensors, HashTellsHeadersApart) {
    const test::TempFolder folder;
    const auto a = folder.write("a.safetensors", safetensorsBytes(kGood, 24));
    const auto b = folder.write(
        "b.safetensors",
        safetensorsBytes(R"({"a":{"dtype":"F32","shape":[3,2],"data_offsets":[0,24]}})", 24));
    EXPECT_EQ(SafetensorsFile::open(a)->headerHash(), SafetensorsFile::open(a)->headerHash());
    EXPECT_NE(SafetensorsFile::open(a)->headerHash(), SafetensorsFile::open(b)->headerHash());
}

}  // namespace
}  // namespace prunescope
