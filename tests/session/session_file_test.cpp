#include "core/session/session_file.h"

#include "core/base/error.h"
#include "core/base/file.h"
#include "core/image/sample.h"
#include "core/session/archive.h"
#include "core/trace/trace_json.h"
#include "tests/session/sample_session.h"

#include <algorithm>
#include <filesystem>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace prunescope {
namespace {

using testing::ElementsAre;
using testing::Field;
using testing::HasSubstr;
using testing::IsEmpty;

std::vector<std::uint8_t> bytesOf(const std::string& text) {
    return {text.begin(), text.end()};
}

SessionState reopened(const SessionState& state) {
    return sessionFromBytes(bytesOf(sessionToBytes(state)), "it");
}

/// The session's files with one changed, added (or removed: no contents).
std::vector<std::uint8_t> with(const std::string& name,
                               const std::optional<std::string>& contents) {
    std::vector<ArchiveEntry> entries =
        unpackArchive(bytesOf(sessionToBytes(sampleSession())), "it");
    std::erase_if(entries, [&](const ArchiveEntry& entry) { return entry.name == name; });
    if (contents) {
        entries.push_back({name, *contents});
    }
    return bytesOf(packArchive(entries));
}

std::string refusal(const std::vector<std::uint8_t>& bytes) {
    try {
        sessionFromBytes(bytes, "\"a.prunescope\"");
    } catch (const Error& error) {
        EXPECT_EQ(error.code(), ErrorCode::Input);
        return error.what();
    }
    return "accepted";
}

TEST(SessionFile, GivesBackWhatWasSaved) {
    const SessionState saved = sampleSession();
    const SessionState read = reopened(saved);
    ASSERT_TRUE(read.image && read.trace && read.unpruned);
    EXPECT_EQ(*read.image, *saved.image);
    EXPECT_EQ(read.image_name, saved.image_name);
    EXPECT_EQ(read.prompt, saved.prompt);
    EXPECT_EQ(read.settings, saved.settings);
    EXPECT_EQ(read.model_name, saved.model_name);
    EXPECT_EQ(read.model_fingerprint, saved.model_fingerprint);
    EXPECT_THAT(differencesOf(*saved.trace, *read.trace), IsEmpty());
    EXPECT_THAT(differencesOf(*saved.unpruned, *read.unpruned), IsEmpty());
    ASSERT_TRUE(read.attribution);
    EXPECT_EQ(*read.attribution, *saved.attribution);
    EXPECT_EQ(read.notes, saved.notes);
    EXPECT_EQ(read.bookmarks, saved.bookmarks);
    EXPECT_EQ(read.log, saved.log);
    EXPECT_EQ(read.view_json, saved.view_json);
    EXPECT_EQ(read.program_version, saved.program_version);
    EXPECT_EQ(read.created, saved.created);
    EXPECT_EQ(sessionId(read), sessionId(saved));
}

TEST(SessionFile, AnEmptySessionIsASession) {
    const SessionState read = reopened({});
    EXPECT_EQ(read.image, nullptr);
    EXPECT_EQ(read.trace, nullptr);
    EXPECT_EQ(read.prompt, "");
    EXPECT_EQ(read.settings, RunSettings{});
}

TEST(SessionFile, EqualSessionsWriteEqualBytes) {
    EXPECT_EQ(sessionToBytes(sampleSession()), sessionToBytes(sampleSession()));
    EXPECT_EQ(sessionToBytes(reopened(sampleSession())), sessionToBytes(sampleSession()));
}

TEST(SessionFile, KeepsWhatItDoesNotKnow) {
    SessionState state = sampleSession();
    state.unknown_files = {{"future/data.bin", std::string("\0\1", 2)}};
    state.unknown_members = R"({"future":[1,2]})";
    const SessionState read = reopened(reopened(state));
    EXPECT_EQ(read.unknown_files, state.unknown_files);
    EXPECT_EQ(read.unknown_members, state.unknown_members);
}

TEST(SessionFile, LeavesOutWhatTokensDidInAnotherRun) {
    SessionState other = sampleSession();
    RunTrace trace = *other.trace;
    trace.settings.budget += 1;
    other.trace = std::make_shared<const RunTrace>(trace);
    const auto kept = unpackArchive(bytesOf(sessionToBytes(other)), "it");
    const auto foreign = std::ranges::find(kept, "attribution.json", &ArchiveEntry::name);
    ASSERT_NE(foreign, kept.end());
    const SessionState read = sessionFromBytes(with("attribution.json", foreign->bytes), "it");
    EXPECT_EQ(read.attribution, nullptr);
    EXPECT_TRUE(read.unknown_files.empty()) << "and it is not written again";
    EXPECT_EQ(sessionFromBytes(with("trace.json", std::nullopt), "it").attribution, nullptr);
    EXPECT_THAT(refusal(with("attribution.json", "{}")), HasSubstr("\"schema\" is missing"));
}

TEST(SessionFile, LeavesOutWhatIsTooLarge) {
    SessionState state = sampleSession();
    Attribution found = *state.attribution;
    EXPECT_TRUE(fitsSession(found));
    found.attention[0].resize(1'000'001);
    EXPECT_FALSE(fitsSession(found));
    state.attribution = std::make_shared<const Attribution>(found);
    EXPECT_EQ(reopened(state).attribution, nullptr);
}

TEST(SessionFile, RefusesANewerFormatByName) {
    const auto bytes = with("manifest.json", R"({"schema":"prunescope.session/2"})");
    EXPECT_THAT(refusal(bytes),
                HasSubstr("its format is \"prunescope.session/2\"; this version reads"));
    EXPECT_THAT(refusal(with("manifest.json", R"({"schema":"word/1"})")),
                HasSubstr("it is no session of this program"));
    EXPECT_THAT(refusal(with("manifest.json", std::nullopt)),
                HasSubstr("it holds no manifest.json"));
}

TEST(SessionFile, RefusesWhatCannotBe) {
    EXPECT_THAT(refusal(with("manifest.json", "[]")), HasSubstr("manifest.json is no object"));
    EXPECT_THAT(refusal(with("settings.json", std::nullopt)), HasSubstr("holds no settings.json"));
    EXPECT_THAT(refusal(with("settings.json", "{}")), HasSubstr("\"method\" is missing"));
    EXPECT_THAT(refusal(with("inputs/picture.png", "GIF89a")), HasSubstr("GIF"));
    EXPECT_THAT(refusal(with("inputs/prompt.txt", "\xff\xfe")), HasSubstr("is no UTF-8 text"));
    EXPECT_THAT(refusal(with("trace.json", "{}")), HasSubstr("\"schema\" is missing"));
    EXPECT_THAT(refusal(with("notes.json", R"([{"patches":[-3],"view":0,"text":""}])")),
                HasSubstr("a patch that cannot be"));
    EXPECT_THAT(refusal(with("notes.json", R"([{"patches":"all"}])")),
                HasSubstr("a note has no patches, view or text"));
    EXPECT_THAT(refusal(with("notes.json", std::string(100, '['))), HasSubstr("nested"));
    const std::string settings = settingsToJson({});
    const auto bookmark = [&](const std::string& slot, const std::string& patches) {
        return refusal(with("bookmarks.json",
                            R"([{"slot":)" + slot + R"(,"name":"","prompt":"","settings":)" +
                                settings + R"(,"view":0,"stage":0,"patches":)" + patches + "}]"));
    };
    EXPECT_EQ(bookmark("1", "[3]"), "accepted");
    EXPECT_THAT(bookmark("0", "[]"), HasSubstr("cannot be"));
    EXPECT_THAT(bookmark("10", "[]"), HasSubstr("cannot be"));
    EXPECT_THAT(bookmark("1", "[-1]"), HasSubstr("cannot be"));
    EXPECT_THAT(bookmark("\"x\"", "[]"), HasSubstr("incomplete"));
    EXPECT_THAT(refusal(with("future.bin", std::string((16U << 20) + 1, 'x'))),
                HasSubstr("files this version does not know"));
}

TEST(SessionFile, RefusesSettingsThatCannotRun) {
    SessionState state = sampleSession();
    state.settings.method = "no-such-method";
    EXPECT_THAT(refusal(bytesOf(sessionToBytes(state))), HasSubstr("no-such-method"));
    state.settings = {};
    state.settings.budget = 0;
    EXPECT_THAT(refusal(bytesOf(sessionToBytes(state))), HasSubstr("its settings cannot run"));
}

TEST(SessionFile, FilesAreReplacedWhole) {
    namespace fs = std::filesystem;
    const fs::path path = fs::path(testing::TempDir()) / "a session ü.prunescope";
    writeSession(sampleSession(), path);
    SessionState other = sampleSession();
    other.prompt = "Another?";
    writeSession(other, path);
    EXPECT_EQ(readSession(path).prompt, "Another?");
    fs::remove(path);
}

TEST(Session, IdChangesWithWhatDecidesTheResult) {
    const SessionState state = sampleSession();
    SessionState other = state;
    other.notes.clear();
    other.created = "later";
    EXPECT_EQ(sessionId(other), sessionId(state));
    other.settings.tau += 0.01;
    EXPECT_NE(sessionId(other), sessionId(state));
    other = state;
    other.prompt += "?";
    EXPECT_NE(sessionId(other), sessionId(state));
    other = state;
    other.model_fingerprint = "other";
    EXPECT_NE(sessionId(other), sessionId(state));
}

TEST(Session, DifferencesNameTheField) {
    const RunTrace saved = *sampleSession().trace;
    RunTrace now = saved;
    now.timings_ms.encode += 5;
    now.cache.clear();
    EXPECT_THAT(differencesOf(saved, now), IsEmpty());
    now.model.dtype = "bf16";
    now.answer.ids = {1};
    now.views[0].kept = {0, 3};
    now.views[0].stages[0].shift_before = *saved.views[0].stages[0].shift_before * (1 + 1e-9);
    EXPECT_THAT(differencesOf(saved, now, 1e-6),
                ElementsAre(Difference{"model.dtype", "fp32", "bf16"},
                            Field(&Difference::field, "views[0].kept"),
                            Field(&Difference::field, "answer.ids")));
    EXPECT_THAT(differencesOf(saved, now),
                testing::Contains(Field(&Difference::field, "views[0].stages[0].shift_before")));
}

}  // namespace
}  // namespace prunescope
