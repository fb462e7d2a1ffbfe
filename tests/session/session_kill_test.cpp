// A process that is killed while it saves leaves the old or the new session, never half of one.
#include "core/base/file.h"
#include "core/session/session_file.h"
#include "tests/session/sample_session.h"

#include <chrono>
#include <csignal>
#include <filesystem>
#include <random>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>

#include <gtest/gtest.h>

namespace prunescope {
namespace {

constexpr int kKills = 200;
constexpr int kVersions = 4;

/// Sessions that differ in every part, so that a mixture of two would show.
std::vector<std::string> versions() {
    std::vector<std::string> made;
    for (int i = 0; i < kVersions; ++i) {
        SessionState state = sampleSession();
        state.prompt = "version " + std::to_string(i);
        state.settings.budget = 10 + i;
        state.notes = {{{i}, 0, std::string(static_cast<std::size_t>(40'000 * (i + 1)), 'n')}};
        made.push_back(sessionToBytes(state));
    }
    return made;
}

TEST(SessionKill, TheOldOrTheNewSessionIsThereAfterAnyKill) {
    const std::filesystem::path folder =
        std::filesystem::temp_directory_path() / ("prunescope-kill-" + std::to_string(getpid()));
    std::filesystem::create_directories(folder);
    const std::filesystem::path path = folder / "last.prunescope";
    const std::vector<std::string> bytes = versions();
    writeFileAtomically(path, bytes[0]);
    std::mt19937 random(11);
    int halves = 0;
    std::vector<int> seen(kVersions, 0);
    for (int i = 0; i < kKills; ++i) {
        const pid_t child = fork();
        ASSERT_GE(child, 0);
        if (child == 0) {
            for (std::size_t save = static_cast<std::size_t>(i);; ++save) {
                writeFileAtomically(path, bytes[save % kVersions]);
            }
        }
        std::this_thread::sleep_for(std::chrono::microseconds(300 + random() % 9000));
        kill(child, SIGKILL);
        waitpid(child, nullptr, 0);
        const SessionState state = readSession(path);  // throws where it is half of one
        const int version = state.settings.budget - 10;
        ASSERT_TRUE(version >= 0 && version < kVersions);
        ASSERT_EQ(state.prompt, "version " + std::to_string(version));
        ASSERT_EQ(state.notes.front().text.size(), 40'000U * (static_cast<unsigned>(version) + 1));
        ++seen[static_cast<std::size_t>(version)];
        for (const auto& entry : std::filesystem::directory_iterator(folder)) {
            if (entry.path() != path) {
                ++halves;
                std::filesystem::remove(entry.path());
            }
        }
    }
    std::filesystem::remove_all(folder);
    EXPECT_GT(halves, 5) << "some kills must fall into a write, else this shows nothing";
    for (const int count : seen) {
        EXPECT_GT(count, 0) << "every version was on disk at some kill";
    }
}

}  // namespace
}  // namespace prunescope
