// A window that is killed while it autosaves leaves the old or the new state, and the next one
// recovers exactly that. PRUNESCOPE_KILLS says how often.
#include "core/session/session_file.h"
#include "tests/ui/recovery/numbered_state.h"

#include <filesystem>
#include <iostream>
#include <random>
#include <set>

#include <QDir>
#include <QElapsedTimer>
#include <QFile>
#include <QProcess>
#include <QTemporaryDir>
#include <QThread>

#include <gtest/gtest.h>

namespace prunescope {
namespace {

constexpr int kPatience_ms = 60'000;

class WindowKill : public testing::Test {
protected:
    enum class End { AfterChange, AtStart, AfterSave };

    /// Starts a window and ends it without a warning: some time after its first change; some time
    /// after it began, before it may have recovered anything; or once it has saved that change,
    /// which says how long saving takes on this machine now.
    void live(End end) {
        const bool at_start = end == End::AtStart;
        QProcess window;
        window.setProcessChannelMode(QProcess::SeparateChannels);
        window.start(AUTOSAVING_WINDOW, {scratch_.path()});
        ASSERT_TRUE(window.waitForStarted(kPatience_ms));
        QByteArray said;
        QElapsedTimer since;
        since.start();
        while (!at_start && !said.contains("changes to")) {
            ASSERT_TRUE(since.elapsed() < kPatience_ms && window.waitForReadyRead(kPatience_ms))
                << said.toStdString() << window.readAllStandardError().toStdString();
            said += window.readAllStandardOutput();
        }
        if (end == End::AfterSave) {
            since.restart();
            while (!QFile::exists(scratch_.filePath("state/last.prunescope"))) {
                ASSERT_LT(since.elapsed(), kPatience_ms) << "it saves nothing";
                QThread::msleep(1);
            }
            saving_us_ = static_cast<unsigned long>(since.elapsed()) * 1000;
        } else {
            QThread::usleep(random_() % std::max(at_start ? 400'000UL : 150'000UL, 4 * saving_us_));
        }
        window.kill();
        ASSERT_TRUE(window.waitForFinished(kPatience_ms));
        ASSERT_EQ(window.exitStatus(), QProcess::CrashExit) << "it ended by itself";
        said += window.readAllStandardOutput();
        read(said);
    }

    void read(const QByteArray& said) {
        for (const QByteArray& line : said.split('\n')) {
            const int number = line.mid(line.lastIndexOf(' ') + 1).toInt();
            if (line.startsWith("recovered ")) {
                EXPECT_EQ(number, kept_) << "other than what the last one left";
                ++recovered_;
            } else if (line.startsWith("changes to ")) {
                begun_ = number;
            }
        }
    }

    /// The state that the next window will offer; the first has none.
    void look() {
        const QDir folder(scratch_.filePath("state"));
        const auto halves = folder.entryList({".prunescope-*"}, QDir::Files | QDir::Hidden).size();
        EXPECT_LE(halves, 1) << "those of earlier windows are cleared away";
        halves_ += static_cast<int>(halves);
        for (const char* name : {"last.prunescope", "previous.prunescope"}) {
            if (folder.exists(name)) {
                const int number = numberIn(folder.filePath(name));
                EXPECT_GE(number, kept_) << "an older state came back";
                EXPECT_LE(number, begun_);
                kept_ = number;
                return;
            }
        }
        EXPECT_EQ(kept_, 0) << "a state was lost";
    }

    static int numberIn(const QString& path) {
        try {
            return test::numberOf(readSession(std::filesystem::path(path.toStdString())));
        } catch (const std::exception& error) {
            ADD_FAILURE() << error.what();
            return -1;
        }
    }

    QTemporaryDir scratch_;
    std::mt19937 random_{17};
    unsigned long saving_us_ = 0;
    int kept_ = 0;   ///< number of the state on disk; 0: none
    int begun_ = 0;  ///< the last that a window went on to
    int recovered_ = 0;
    int halves_ = 0;
};

TEST_F(WindowKill, TheOldOrTheNewStateIsThereAfterAnyKill) {
    const int kills = std::max(10, qEnvironmentVariableIntValue("PRUNESCOPE_KILLS"));
    std::set<int> seen;
    for (int i = 0; i < kills && !HasFailure(); ++i) {
        SCOPED_TRACE(i);
        live(i == 0 ? End::AfterSave : i % 6 == 5 ? End::AtStart : End::AfterChange);
        look();
        seen.insert(kept_);
    }
    std::cout << kills << " kills, " << begun_ << " changes, " << recovered_ - 1 << " recoveries, "
              << halves_ << " kills within a write\n";
    EXPECT_GT(seen.size(), static_cast<std::size_t>(kills) / 2) << "most windows saved something";
    if (kills >= 100) {  // of few it may be none
        EXPECT_GT(halves_, kills / 40) << "kills must fall into writes, else this shows nothing";
    }
}

}  // namespace
}  // namespace prunescope
