#include "core/base/file.h"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <sys/stat.h>
#include <thread>
#include <unistd.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace prunescope {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

class Files : public testing::Test {
protected:
    void SetUp() override {
        folder_ =
            fs::path(testing::TempDir()) /
            (std::string("files_") + testing::UnitTest::GetInstance()->current_test_info()->name());
        fs::remove_all(folder_);
        fs::create_directories(folder_);
    }

    void TearDown() override { fs::remove_all(folder_); }

    static std::string refusal(const fs::path& path, std::uint64_t max_bytes = 1000) {
        try {
            readFile(path, max_bytes, ErrorCode::Input);
        } catch (const Error& e) {
            EXPECT_EQ(e.code(), ErrorCode::Input);
            return e.what();
        }
        return "accepted";
    }

    static std::string text(const fs::path& path) {
        const auto bytes = readFile(path, 1000, ErrorCode::Input);
        return {bytes.begin(), bytes.end()};
    }

    std::ptrdiff_t countFiles() const {
        return std::distance(fs::directory_iterator(folder_), fs::directory_iterator());
    }

    fs::path folder_;
};

TEST_F(Files, WritesAndReads) {
    writeFileAtomically(folder_ / "a", std::string("x\0y\n", 4));
    EXPECT_EQ(text(folder_ / "a"), std::string("x\0y\n", 4));
    writeFileAtomically(folder_ / "a", "");
    EXPECT_EQ(text(folder_ / "a"), "");
    EXPECT_EQ(countFiles(), 1);
}

TEST_F(Files, RefusesWhatIsNoFile) {
    ASSERT_EQ(::mkfifo((folder_ / "pipe").c_str(), 0600), 0);
    fs::create_symlink("loop", folder_ / "loop");
    EXPECT_THAT(refusal(folder_ / "pipe"), HasSubstr("is a pipe, not a file"));
    EXPECT_THAT(refusal(folder_), HasSubstr("is a folder, not a file"));
    EXPECT_THAT(refusal("/dev/zero"), HasSubstr("is a device or socket, not a file"));
    EXPECT_THAT(refusal(folder_ / "loop"), HasSubstr("Cannot open"));
    EXPECT_THAT(refusal(folder_ / "missing"), HasSubstr("No such file"));
    EXPECT_THAT(refusal(""), HasSubstr("Cannot open"));
}

TEST_F(Files, ChecksTheSizeFirst) {
    writeFileAtomically(folder_ / "a", std::string(1001, 'x'));
    EXPECT_THAT(refusal(folder_ / "a"), HasSubstr("at most 1.0 kB are read"));
    EXPECT_EQ(refusal(folder_ / "a", 1001), "accepted");
    std::ofstream(folder_ / "sparse") << "x";
    fs::resize_file(folder_ / "sparse", std::uintmax_t{1} << 40);
    EXPECT_THAT(refusal(folder_ / "sparse"), HasSubstr("at most"));
}

TEST_F(Files, FollowsLinks) {
    writeFileAtomically(folder_ / "a", "old");
    fs::create_symlink("a", folder_ / "link");
    EXPECT_EQ(text(folder_ / "link"), "old");
    writeFileAtomically(folder_ / "link", "new");
    EXPECT_TRUE(fs::is_symlink(folder_ / "link"));
    EXPECT_EQ(text(folder_ / "a"), "new");
}

TEST_F(Files, KeepsPermissions) {
    writeFileAtomically(folder_ / "a", "x");
    fs::permissions(folder_ / "a", fs::perms::owner_read | fs::perms::owner_write);
    writeFileAtomically(folder_ / "a", "y");
    EXPECT_EQ(fs::status(folder_ / "a").permissions(),
              fs::perms::owner_read | fs::perms::owner_write);
}

TEST_F(Files, AFailedWriteLeavesNothingBehind) {
    EXPECT_THROW(writeFileAtomically(folder_ / "missing" / "a", "x"), Error);
    fs::create_directory(folder_ / "folder");
    EXPECT_THROW(writeFileAtomically(folder_ / "folder", "x"), Error);
    EXPECT_THROW(writeFileAtomically("", "x"), Error);
    EXPECT_THROW(writeFileAtomically(folder_ / std::string(300, 'n'), "x"), Error);
    EXPECT_EQ(countFiles(), 1);
}

TEST_F(Files, LongestNameAndOddNamesWork) {
    for (const std::string& name :
         {std::string(255, 'n'), std::string("a\nb c.\u00e9\U0001f415. ")}) {
        writeFileAtomically(folder_ / name, "x");
        EXPECT_EQ(text(folder_ / name), "x");
    }
}

TEST_F(Files, ReadersSeeTheOldOrTheNewFile) {
    const std::string a(900, 'a');
    const std::string b(500, 'b');
    writeFileAtomically(folder_ / "f", a);
    std::jthread writer([&](const std::stop_token& stop) {
        for (int i = 0; !stop.stop_requested(); ++i) {
            writeFileAtomically(folder_ / "f", i % 2 == 0 ? b : a);
        }
    });
    for (int i = 0; i < 300; ++i) {
        const std::string seen = text(folder_ / "f");
        ASSERT_TRUE(seen == a || seen == b);
    }
}

}  // namespace
}  // namespace prunescope
