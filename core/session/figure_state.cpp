#include "core/session/figure_state.h"

#include "core/base/error.h"
#include "core/base/json.h"
#include "core/base/text.h"
#include "core/prune/catalog.h"
#include "core/session/session.h"
#include "core/trace/trace_json.h"

#include <algorithm>

#include <nlohmann/json.hpp>

namespace prunescope {

namespace {

using nlohmann::json;

constexpr std::string_view kSchemaName = "prunescope.figure/";
constexpr int kMajor = 1;
constexpr std::size_t kMaxNameBytes = 1024;
constexpr int kMaxIndex = kLastStage;
constexpr int kMaxSide = 1 << 20;

[[noreturn]] void refuse(const std::string& why, const std::string& hint = {}) {
    throw Error(ErrorCode::Input, "The figure's state cannot be used: " + why + ".", hint);
}

std::string textAt(const json& object, const char* member, std::size_t most = kMaxNameBytes) {
    if (!object.contains(member) || !object.at(member).is_string()) {
        refuse("\"" + std::string(member) + "\" is no text");
    }
    std::string text = object.at(member).get<std::string>();
    if (text.size() > most) {
        refuse("\"" + std::string(member) + "\" has " + humanBytes(text.size()));
    }
    return text;
}

int integerAt(const json& object, const char* member, int least, int most) {
    if (!object.contains(member) || !object.at(member).is_number_integer()) {
        refuse("\"" + std::string(member) + "\" is no whole number");
    }
    const auto value = object.at(member).get<std::int64_t>();
    if (value < least || value > most) {
        refuse("\"" + std::string(member) + "\" is " + std::to_string(value));
    }
    return static_cast<int>(value);
}

const json& objectAt(const json& object, const char* member) {
    if (!object.contains(member) || !object.at(member).is_object()) {
        refuse("it has no \"" + std::string(member) + "\"");
    }
    return object.at(member);
}

/// Empty, or 16 hexadecimal digits.
std::string hashAt(const json& object, const char* member) {
    const std::string hash = textAt(object, member, 16);
    const bool is_hex = std::all_of(hash.begin(), hash.end(), [](char c) {
        return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
    });
    if (!is_hex || (!hash.empty() && hash.size() != 16)) {
        refuse("\"" + std::string(member) + "\" is no hash");
    }
    return hash;
}

/// A name that stays in the folder it is looked for in.
std::string fileNameAt(const json& object, const char* member) {
    const std::string name = textAt(object, member);
    if (name.find_first_of("/\\") != std::string::npos || name == "..") {
        refuse("\"" + std::string(member) + "\" names a folder");
    }
    return name;
}

void requireSchema(const json& whole) {
    const std::string schema = textAt(whole, "schema");
    if (!schema.starts_with(kSchemaName)) {
        refuse("it is of another program");
    }
    if (schema.substr(kSchemaName.size()) != std::to_string(kMajor)) {
        refuse("its format is " + inQuotes(schema), "Open it with a newer version of the program.");
    }
}

std::string idOf(const FigureState& state) {
    return sessionId(state.image.hash, state.prompt, state.settings, state.model_fingerprint);
}

}  // namespace

FigureState figureStateOf(const RunTrace& trace, int view, int stage) {
    FigureState state;
    state.settings = trace.settings;
    state.prompt = trace.prompt;
    state.image = trace.image;
    const std::size_t folder = state.image.name.find_last_of("/\\");
    if (folder != std::string::npos) {
        state.image.name.erase(0, folder + 1);
    }
    state.model_name = trace.model.name;
    state.model_fingerprint = trace.model.fingerprint;
    state.view = view;
    state.stage = stage;
    state.program_version = trace.version;
    state.session_id = idOf(state);
    return state;
}

std::string figureStateToJson(const FigureState& state) {
    const json whole{
        {"schema", std::string(kSchemaName) + std::to_string(kMajor)},
        {"id", state.session_id},
        {"settings", json::parse(settingsToJson(state.settings))},
        {"prompt", state.prompt},
        {"picture",
         {{"name", state.image.name},
          {"hash", state.image.hash},
          {"width", state.image.width},
          {"height", state.image.height}}},
        {"model", {{"name", state.model_name}, {"fingerprint", state.model_fingerprint}}},
        {"view", state.view},
        {"stage", state.stage},
        {"version", state.program_version}};
    return whole.dump(-1, ' ', true, json::error_handler_t::replace);
}

FigureState figureStateFromJson(std::string_view text) {
    const json whole =
        parseJson(text, "the figure's state", ErrorCode::Input, {kMaxFigureStateBytes, 16, 20'000});
    if (!whole.is_object()) {
        refuse("it is no object");
    }
    requireSchema(whole);
    FigureState state;
    state.session_id = textAt(whole, "id", 16);
    state.settings = settingsFromJson(objectAt(whole, "settings").dump());
    const std::vector<Problem> problems = checkSettings(state.settings);
    if (!problems.empty()) {
        refuse(problems.front().message);
    }
    state.prompt = textAt(whole, "prompt", kMaxFigureStateBytes);
    const json& picture = objectAt(whole, "picture");
    state.image.name = fileNameAt(picture, "name");
    state.image.hash = hashAt(picture, "hash");
    state.image.width = integerAt(picture, "width", 0, kMaxSide);
    state.image.height = integerAt(picture, "height", 0, kMaxSide);
    const json& model = objectAt(whole, "model");
    state.model_name = textAt(model, "name");
    state.model_fingerprint = textAt(model, "fingerprint");
    state.view = integerAt(whole, "view", 0, kMaxIndex);
    state.stage = integerAt(whole, "stage", -1, kMaxIndex);
    state.program_version = textAt(whole, "version");
    if (state.session_id != idOf(state)) {
        refuse("its id " + inQuotes(state.session_id) + " belongs to other values",
               "It was changed after it was exported.");
    }
    return state;
}

}  // namespace prunescope
