#include "core/session/session_file.h"

#include "core/base/error.h"
#include "core/base/file.h"
#include "core/base/json.h"
#include "core/base/text.h"
#include "core/image/decode.h"
#include "core/image/encode.h"
#include "core/prune/catalog.h"
#include "core/session/archive.h"
#include "core/session/attribution_json.h"
#include "core/trace/trace_json.h"

#include <algorithm>
#include <array>
#include <map>
#include <span>
#include <string_view>

#include <nlohmann/json.hpp>

namespace prunescope {

namespace {

using nlohmann::json;

constexpr std::string_view kSchemaName = "prunescope.session/";
constexpr int kMajor = 1;
constexpr std::uint64_t kMaxFileBytes = 512u << 20;
constexpr std::size_t kMaxTextBytes = 4u << 20;
constexpr std::size_t kMaxNotes = 10'000;
constexpr std::size_t kMaxUnknownBytes = 16u << 20;

constexpr const char* kManifest = "manifest.json";
constexpr const char* kPicture = "inputs/picture.png";
constexpr const char* kPrompt = "inputs/prompt.txt";
constexpr const char* kSettings = "settings.json";
constexpr const char* kModel = "model.json";
constexpr const char* kTrace = "trace.json";
constexpr const char* kUnpruned = "unpruned.json";
constexpr const char* kAttribution = "attribution.json";
constexpr const char* kNotes = "notes.json";
constexpr const char* kBookmarks = "bookmarks.json";
constexpr const char* kLog = "log.txt";
constexpr const char* kView = "view.json";
constexpr std::array kKnown{kManifest,
                            kPicture,
                            kPrompt,
                            kSettings,
                            kModel,
                            kTrace,
                            kUnpruned,
                            kAttribution,
                            kNotes,
                            kBookmarks,
                            kLog,
                            kView};
constexpr int kBookmarkSlots = 9;
constexpr int kMaxIndex = 4096;  // of views and stages
constexpr std::size_t kMaxPatches = 65'536;
constexpr std::array kManifestMembers{"schema", "program_version", "created", "picture_name", "id"};

std::string dumped(const json& value) {
    return value.dump(1, ' ', false, json::error_handler_t::replace) + "\n";
}

// ---- writing ----

json manifestOf(const SessionState& state) {
    json manifest = state.unknown_members.empty()
                        ? json::object()
                        : parseJson(state.unknown_members, "the session", ErrorCode::Internal);
    manifest["schema"] = std::string(kSchemaName) + std::to_string(kMajor);
    manifest["program_version"] = state.program_version;
    manifest["created"] = state.created;
    manifest["picture_name"] = state.image_name;
    manifest["id"] = sessionId(state);
    return manifest;
}

json notesOf(const SessionState& state) {
    json notes = json::array();
    for (const SessionNote& note : state.notes) {
        notes.push_back({{"view", note.view}, {"patches", note.patches}, {"text", note.text}});
    }
    return notes;
}

json bookmarksOf(const SessionState& state) {
    json bookmarks = json::array();
    for (const SessionBookmark& bookmark : state.bookmarks) {
        bookmarks.push_back({{"slot", bookmark.slot},
                             {"name", bookmark.name},
                             {"prompt", bookmark.prompt},
                             {"settings", json::parse(settingsToJson(bookmark.settings))},
                             {"view", bookmark.view},
                             {"stage", bookmark.stage},
                             {"patches", bookmark.patches}});
    }
    return bookmarks;
}

// ---- reading ----

class Reader {
public:
    Reader(std::vector<ArchiveEntry> entries, std::string what) : what_(std::move(what)) {
        for (ArchiveEntry& entry : entries) {
            files_[entry.name] = std::move(entry.bytes);
        }
    }

    [[noreturn]] void refuse(const std::string& why, const std::string& hint = {}) const {
        throw Error(ErrorCode::Input, what_ + " cannot be opened: " + why + ".", hint);
    }

    /// nullptr: not there.
    const std::string* file(const char* name) const {
        const auto found = files_.find(name);
        return found == files_.end() ? nullptr : &found->second;
    }

    const std::string& needed(const char* name) const {
        const std::string* bytes = file(name);
        if (bytes == nullptr) {
            refuse("it holds no " + std::string(name));
        }
        return *bytes;
    }

    json object(const char* name, const std::string& text) const {
        json value = parseJson(text, what_ + ", " + name, ErrorCode::Input, {kMaxTextBytes, 32});
        if (!value.is_object()) {
            refuse(std::string(name) + " is no object");
        }
        return value;
    }

    /// Member as text; "" where it is missing.
    std::string text(const json& object, const char* member) const {
        if (!object.contains(member)) {
            return {};
        }
        if (!object.at(member).is_string()) {
            refuse("\"" + std::string(member) + "\" is no text");
        }
        return object.at(member).get<std::string>();
    }

    std::string plain(const char* name) const {
        const std::string* bytes = file(name);
        if (bytes == nullptr) {
            return {};
        }
        if (bytes->size() > kMaxTextBytes) {
            refuse(std::string(name) + " has " + humanBytes(bytes->size()));
        }
        try {
            static_cast<void>(json(*bytes).dump());  // throws where the bytes are no UTF-8
        } catch (const json::exception&) {
            refuse(std::string(name) + " is no UTF-8 text");
        }
        return *bytes;
    }

    std::vector<std::pair<std::string, std::string>> unknownFiles() const {
        std::vector<std::pair<std::string, std::string>> unknown;
        std::size_t total = 0;
        for (const auto& [name, bytes] : files_) {
            if (std::find(kKnown.begin(), kKnown.end(), name) == kKnown.end()) {
                total += bytes.size();
                unknown.emplace_back(name, bytes);
            }
        }
        if (total > kMaxUnknownBytes) {
            refuse("it holds " + humanBytes(total) + " of files this version does not know");
        }
        return unknown;
    }

private:
    std::map<std::string, std::string> files_;
    std::string what_;
};

void readManifest(const Reader& reader, SessionState& state) {
    json manifest = reader.object(kManifest, reader.needed(kManifest));
    const std::string schema = reader.text(manifest, "schema");
    if (!schema.starts_with(kSchemaName)) {
        reader.refuse("it is no session of this program");
    }
    if (schema.substr(kSchemaName.size()) != std::to_string(kMajor)) {
        reader.refuse("its format is " + inQuotes(schema) + "; this version reads " +
                          std::string(kSchemaName) + std::to_string(kMajor),
                      "Open it with a newer version of the program.");
    }
    state.program_version = reader.text(manifest, "program_version");
    state.created = reader.text(manifest, "created");
    state.image_name = reader.text(manifest, "picture_name");
    for (const char* member : kManifestMembers) {
        manifest.erase(member);
    }
    state.unknown_members = manifest.empty() ? std::string() : manifest.dump();
}

void readInputs(const Reader& reader, SessionState& state) {
    if (const std::string* png = reader.file(kPicture)) {
        const auto* data = reinterpret_cast<const std::uint8_t*>(png->data());
        state.image =
            std::make_shared<const Image>(decodeImage(std::span(data, png->size())).image);
    }
    state.prompt = reader.plain(kPrompt);
    state.settings = settingsFromJson(reader.needed(kSettings));
    const std::vector<Problem> problems = checkSettings(state.settings);
    if (!problems.empty()) {
        reader.refuse("its settings cannot run: " + problems.front().message);
    }
    if (const std::string* text = reader.file(kModel)) {
        const json model = reader.object(kModel, *text);
        state.model_name = reader.text(model, "name");
        state.model_fingerprint = reader.text(model, "fingerprint");
    }
}

std::shared_ptr<const RunTrace> traceOf(const Reader& reader, const char* name) {
    const std::string* text = reader.file(name);
    return text == nullptr ? nullptr : std::make_shared<const RunTrace>(traceFromJson(*text));
}

/// Null where there is none, or it is of another run than the trace.
std::shared_ptr<const Attribution> attributionOf(const Reader& reader, const RunTrace* trace) {
    const std::string* text = reader.file(kAttribution);
    if (text == nullptr) {
        return nullptr;
    }
    SavedAttribution saved = attributionFromJson(*text);
    if (trace == nullptr || !isOf(saved, *trace)) {
        return nullptr;
    }
    saved.found.answer = trace->answer;
    return std::make_shared<const Attribution>(std::move(saved.found));
}

std::vector<SessionNote> notesFrom(const Reader& reader) {
    const std::string* text = reader.file(kNotes);
    if (text == nullptr) {
        return {};
    }
    const json list = parseJson(*text, "the session's notes", ErrorCode::Input, {kMaxTextBytes, 8});
    if (!list.is_array() || list.size() > kMaxNotes) {
        reader.refuse("its notes are no list of at most " + std::to_string(kMaxNotes));
    }
    std::vector<SessionNote> notes;
    for (const json& entry : list) {
        try {
            notes.push_back({entry.at("patches").get<std::vector<std::int32_t>>(),
                             entry.at("view").get<int>(),
                             entry.at("text").get<std::string>()});
        } catch (const json::exception&) {
            reader.refuse("a note has no patches, view or text");
        }
        const std::vector<std::int32_t>& patches = notes.back().patches;
        if (notes.back().view < 0 ||
            std::any_of(patches.begin(), patches.end(), [](auto patch) { return patch < 0; })) {
            reader.refuse("a note is about a patch that cannot be");
        }
    }
    return notes;
}

std::vector<SessionBookmark> bookmarksFrom(const Reader& reader) {
    const std::string* text = reader.file(kBookmarks);
    if (text == nullptr) {
        return {};
    }
    const json list =
        parseJson(*text, "the session's bookmarks", ErrorCode::Input, {kMaxTextBytes, 16});
    if (!list.is_array() || list.size() > kBookmarkSlots) {
        reader.refuse("its bookmarks are no list of at most " + std::to_string(kBookmarkSlots));
    }
    std::vector<SessionBookmark> bookmarks;
    int last_slot = 0;
    for (const json& entry : list) {
        SessionBookmark bookmark;
        try {
            bookmark.slot = entry.at("slot").get<int>();
            bookmark.name = entry.at("name").get<std::string>();
            bookmark.prompt = entry.at("prompt").get<std::string>();
            bookmark.settings = settingsFromJson(entry.at("settings").dump());
            bookmark.view = entry.at("view").get<int>();
            bookmark.stage = entry.at("stage").get<int>();
            bookmark.patches = entry.at("patches").get<std::vector<std::int32_t>>();
        } catch (const json::exception&) {
            reader.refuse("a bookmark is incomplete");
        }
        const bool fits =
            bookmark.slot > last_slot && bookmark.slot <= kBookmarkSlots && bookmark.view >= 0 &&
            bookmark.view <= kMaxIndex && bookmark.stage >= -1 && bookmark.stage <= kMaxIndex &&
            bookmark.patches.size() <= kMaxPatches &&
            std::all_of(bookmark.patches.begin(), bookmark.patches.end(), [](auto patch) {
                return patch >= 0;
            });
        if (!fits || !checkSettings(bookmark.settings).empty()) {
            reader.refuse("a bookmark holds values that cannot be");
        }
        last_slot = bookmark.slot;
        bookmarks.push_back(std::move(bookmark));
    }
    return bookmarks;
}

std::vector<std::string> linesOf(const std::string& text) {
    std::vector<std::string> lines;
    std::size_t at = 0;
    while (at < text.size()) {
        const std::size_t end = std::min(text.find('\n', at), text.size());
        lines.push_back(text.substr(at, end - at));
        at = end + 1;
    }
    return lines;
}

}  // namespace

std::string sessionToBytes(const SessionState& state) {
    std::vector<ArchiveEntry> entries{{kManifest, dumped(manifestOf(state))}};
    if (state.image) {
        entries.push_back({kPicture, encodePng(*state.image)});
    }
    entries.push_back({kPrompt, state.prompt});
    entries.push_back({kSettings, settingsToJson(state.settings)});
    entries.push_back(
        {kModel, dumped({{"name", state.model_name}, {"fingerprint", state.model_fingerprint}})});
    if (state.trace) {
        entries.push_back({kTrace, traceToJson(*state.trace)});
    }
    if (state.unpruned) {
        entries.push_back({kUnpruned, traceToJson(*state.unpruned)});
    }
    if (state.trace && state.attribution && fitsSession(*state.attribution)) {
        entries.push_back(
            {kAttribution, attributionToJson(*state.attribution, attributedRun(*state.trace))});
    }
    if (!state.notes.empty()) {
        entries.push_back({kNotes, dumped(notesOf(state))});
    }
    if (!state.bookmarks.empty()) {
        entries.push_back({kBookmarks, dumped(bookmarksOf(state))});
    }
    if (!state.log.empty()) {
        entries.push_back({kLog, join(state.log, "\n") + "\n"});
    }
    if (!state.view_json.empty()) {
        entries.push_back({kView, state.view_json});
    }
    for (const auto& [name, bytes] : state.unknown_files) {
        entries.push_back({name, bytes});
    }
    return packArchive(entries);
}

SessionState sessionFromBytes(const std::vector<std::uint8_t>& bytes, const std::string& what) {
    const Reader reader(unpackArchive(bytes, what), what);
    SessionState state;
    readManifest(reader, state);
    readInputs(reader, state);
    state.trace = traceOf(reader, kTrace);
    state.unpruned = traceOf(reader, kUnpruned);
    state.attribution = attributionOf(reader, state.trace.get());
    state.notes = notesFrom(reader);
    state.bookmarks = bookmarksFrom(reader);
    state.log = linesOf(reader.plain(kLog));
    state.view_json = reader.plain(kView);
    state.unknown_files = reader.unknownFiles();
    return state;
}

void writeSession(const SessionState& state, const std::filesystem::path& path) {
    writeFileAtomically(path, sessionToBytes(state));
}

SessionState readSession(const std::filesystem::path& path) {
    return sessionFromBytes(readFile(path, kMaxFileBytes, ErrorCode::Input),
                            inQuotes(path.filename().string()));
}

}  // namespace prunescope
