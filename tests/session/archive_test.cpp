#include "core/session/archive.h"

#include "core/base/error.h"

#include <cstring>
#include <zip.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace prunescope {
namespace {

using testing::HasSubstr;

std::vector<std::uint8_t> bytesOf(const std::string& text) {
    return {text.begin(), text.end()};
}

std::string refusal(const std::vector<std::uint8_t>& bytes, const ArchiveLimits& limits = {}) {
    try {
        unpackArchive(bytes, "\"a.zip\"", limits);
    } catch (const Error& error) {
        EXPECT_EQ(error.code(), ErrorCode::Input);
        return error.what();
    }
    return "accepted";
}

// Names are written twice, before the data and in the directory at the end.
std::vector<std::uint8_t> renamed(const std::string& from, const std::string& to) {
    EXPECT_EQ(from.size(), to.size());
    std::string bytes = packArchive({{from, "x"}, {"other.txt", "y"}});
    for (std::size_t at = bytes.find(from); at != std::string::npos; at = bytes.find(from, at)) {
        bytes.replace(at, from.size(), to);
        at += to.size();
    }
    return bytesOf(bytes);
}

TEST(Archive, GivesBackWhatWasPacked) {
    const std::vector<ArchiveEntry> entries{{"a.json", std::string(100'000, 'a')},
                                            {"b/c.png", std::string("\0\1\2", 3)},
                                            {"empty", ""}};
    const std::string bytes = packArchive(entries);
    EXPECT_LT(bytes.size(), 2'000U);
    EXPECT_EQ(unpackArchive(bytesOf(bytes), "it"), entries);
}

TEST(Archive, EqualContentsGiveEqualBytes) {
    const std::vector<ArchiveEntry> entries{{"a", "1"}, {"b.png", "2"}};
    EXPECT_EQ(packArchive(entries), packArchive(entries));
}

TEST(Archive, RefusesWhatIsNoArchive) {
    EXPECT_THAT(refusal({}), HasSubstr("\"a.zip\" cannot be opened: it is no zip archive"));
    EXPECT_THAT(refusal(bytesOf("PK\3\4 but not really")), HasSubstr("it is no zip archive"));
    EXPECT_THAT(refusal(bytesOf(std::string(100'000, '\0'))), HasSubstr("it is no zip archive"));
}

TEST(Archive, RefusesNamesThatLeaveTheFolder) {
    EXPECT_THAT(refusal(renamed("aa/bb", "../bb")), HasSubstr("\"../bb\" is not allowed"));
    EXPECT_THAT(refusal(renamed("aa/bb", "/a/bb")), HasSubstr("is not allowed"));
    EXPECT_THAT(refusal(renamed("aa/bb", "a\\/bb")), HasSubstr("is not allowed"));
    EXPECT_THAT(refusal(renamed("aa/bb", "C:/bb")), HasSubstr("is not allowed"));
    EXPECT_THAT(refusal(renamed("aa/bb", "a/./b")), HasSubstr("is not allowed"));
    EXPECT_THAT(refusal(renamed("aa/bb", "a//bb")), HasSubstr("is not allowed"));
    EXPECT_EQ(refusal(renamed("aa/bb", "a..bb")), "accepted");
    EXPECT_THAT(refusal(bytesOf(packArchive({{std::string(129, 'n'), ""}}))),
                HasSubstr("is not allowed"));
}

TEST(Archive, RefusesEqualNames) {
    EXPECT_THAT(refusal(renamed("aaaa.text", "other.txt")), HasSubstr("two entries named"));
}

TEST(Archive, LimitsCountSizeAndTotal) {
    const auto bytes =
        bytesOf(packArchive({{"a", std::string(600, 'x')}, {"b", std::string(600, 'x')}}));
    EXPECT_THAT(refusal(bytes, {.max_entries = 1}), HasSubstr("2 entries; at most 1"));
    EXPECT_THAT(refusal(bytes, {.max_entry_bytes = 599}), HasSubstr("has 600 B; at most 599 B"));
    EXPECT_THAT(refusal(bytes, {.max_total_bytes = 1199}), HasSubstr("unpacked it has 1.2 kB"));
    EXPECT_EQ(refusal(bytes, {2, 600, 1200, 1}), "accepted");
}

TEST(Archive, NoticesDamagedContents) {
    std::string bytes = packArchive({{"a.png", "stored as it is"}});
    bytes.replace(bytes.find("stored"), 6, "STORED");
    EXPECT_THAT(refusal(bytesOf(bytes)), HasSubstr("\"a.png\" is damaged"));
}

TEST(Archive, CutAnywhereIsRefused) {
    const std::string bytes = packArchive({{"a.txt", std::string(300, 'q')}, {"b.png", "12345"}});
    for (std::size_t length = 0; length < bytes.size(); ++length) {
        EXPECT_NE(refusal(bytesOf(bytes.substr(0, length))), "accepted") << length;
    }
}

TEST(Archive, AnyFlippedByteIsRefusedOrHarmless) {
    const std::vector<ArchiveEntry> entries{{"a.txt", std::string(300, 'q')}, {"b.png", "12345"}};
    const std::string bytes = packArchive(entries);
    for (std::size_t at = 0; at < bytes.size(); ++at) {
        std::string changed = bytes;
        changed[at] = static_cast<char>(changed[at] ^ 0x55);
        try {
            for (const ArchiveEntry& entry : unpackArchive(bytesOf(changed), "it")) {
                const bool same =
                    entry.bytes == entries[0].bytes || entry.bytes == entries[1].bytes;
                EXPECT_TRUE(same) << "byte " << at;
            }
        } catch (const Error&) {
        }
    }
}

}  // namespace
}  // namespace prunescope
