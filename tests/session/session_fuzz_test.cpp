// Hostile sessions, made from a good one by changes at three levels: bytes of the archive, files in
// the archive, tokens inside the JSON. The reader gives a session or an Error, nothing else.
// PRUNESCOPE_FUZZ_RUNS sets how many (default 2,000).
#include "core/base/error.h"
#include "core/session/archive.h"
#include "core/session/session_file.h"
#include "tests/session/sample_session.h"

#include <array>
#include <chrono>
#include <cstdlib>
#include <random>

#include <gtest/gtest.h>

namespace prunescope {
namespace {

class Mutator {
public:
    explicit Mutator(std::uint64_t seed) : random_(seed) {}

    std::size_t below(std::size_t n) { return n == 0 ? 0 : random_() % n; }

    void damageBytes(std::string& bytes) {
        const std::size_t changes = 1 + below(4);
        for (std::size_t i = 0; i < changes && !bytes.empty(); ++i) {
            const std::size_t at = below(bytes.size());
            switch (below(4)) {
                case 0:
                    bytes[at] = static_cast<char>(random_());
                    break;
                case 1:
                    bytes.erase(at, 1 + below(16));
                    break;
                case 2:
                    bytes.insert(at, 1 + below(16), static_cast<char>(random_()));
                    break;
                default:
                    bytes.resize(at);
            }
        }
    }

    /// Replaces a number, a word or a bracket of JSON text by something nasty.
    void damageJson(std::string& text) {
        static const std::array<std::string, 18> kNasty{"-1",
                                                        "0",
                                                        "1e999",
                                                        "-2147483649",
                                                        "99999999999999999999",
                                                        "null",
                                                        "[]",
                                                        "{}",
                                                        "\"\"",
                                                        "true",
                                                        "[[[[[[]]]]]]",
                                                        "1.5",
                                                        "2147483647",
                                                        "NaN",
                                                        "\"\\ud800\"",
                                                        "576",
                                                        "\"klFull\"",
                                                        "-0.0"};
        if (text.empty()) {
            return;
        }
        const std::size_t from = text.find_first_of("0123456789\"[{tfn", below(text.size()));
        if (from == std::string::npos) {
            return;
        }
        const std::size_t to = text.find_first_of(",]}\n", from + 1);
        text.replace(from, to == std::string::npos ? 1 : to - from, kNasty[below(kNasty.size())]);
    }

    void damageFiles(std::vector<ArchiveEntry>& entries) {
        const std::size_t at = below(entries.size());
        switch (below(6)) {
            case 0:
                entries.erase(entries.begin() + static_cast<std::ptrdiff_t>(at));
                break;
            case 1:
                std::swap(entries[at].bytes, entries[below(entries.size())].bytes);
                break;
            case 2:
                damageBytes(entries[at].bytes);
                break;
            default:
                for (std::size_t i = 0; i < 1 + below(3); ++i) {
                    damageJson(entries[below(entries.size())].bytes);
                }
        }
    }

private:
    std::mt19937_64 random_;
};

TEST(SessionFuzz, GivesASessionOrAnError) {
    const char* asked = std::getenv("PRUNESCOPE_FUZZ_RUNS");
    const int runs = asked == nullptr ? 2'000 : std::atoi(asked);
    const std::string good = sessionToBytes(sampleSession());
    const std::vector<ArchiveEntry> files = unpackArchive({good.begin(), good.end()}, "it");
    int opened = 0;
    double slowest_ms = 0;
    for (int i = 0; i < runs; ++i) {
        Mutator mutator(static_cast<std::uint64_t>(i));
        std::string bytes = good;
        if (mutator.below(4) == 0) {
            mutator.damageBytes(bytes);
        } else {
            std::vector<ArchiveEntry> changed = files;
            mutator.damageFiles(changed);
            bytes = packArchive(changed);
        }
        const auto start = std::chrono::steady_clock::now();
        try {
            const SessionState state = sessionFromBytes({bytes.begin(), bytes.end()}, "it");
            // What was let in has to bear being looked at and saved.
            if (state.trace) {
                for (const ViewTrace& view : state.trace->views) {
                    for (int s = -1; s < static_cast<int>(view.stages.size()); ++s) {
                        patchFates(view, s);
                        patchMass(view, s);
                    }
                }
            }
            sessionFromBytes(
                [&] {
                    const std::string again = sessionToBytes(state);
                    return std::vector<std::uint8_t>(again.begin(), again.end());
                }(),
                "again");
            ++opened;
        } catch (const Error& error) {
            ASSERT_NE(error.code(), ErrorCode::Internal) << "run " << i << ": " << error.what();
        }
        const std::chrono::duration<double, std::milli> took =
            std::chrono::steady_clock::now() - start;
        slowest_ms = std::max(slowest_ms, took.count());
    }
    RecordProperty("slowest_ms", std::to_string(slowest_ms));
    EXPECT_GT(opened, runs / 50) << "the changes are too wild to reach what lies behind the checks";
    EXPECT_LT(opened, runs) << "nothing was refused";
}

}  // namespace
}  // namespace prunescope
