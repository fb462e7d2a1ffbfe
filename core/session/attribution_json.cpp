#include "core/session/attribution_json.h"

#include "core/base/json.h"
#include "core/base/text.h"
#include "core/trace/trace_json.h"

#include <algorithm>
#include <limits>

#include <nlohmann/json.hpp>

namespace prunescope {

namespace {

using nlohmann::json;

constexpr std::string_view kSchemaName = "prunescope.attribution/";
constexpr std::size_t kMostRows = 65'536;
constexpr std::int64_t kMostIndex = 1 << 20;

// ---- writing ----

json numbers(const std::vector<double>& values) {
    json list = json::array();
    for (const double value : values) {
        list.push_back(finiteOrNull(value));
    }
    return list;
}

json placeToJson(int view, const OutputRow& row) {
    return {{"view", view},
            {"patch", row.patch >= 0 ? json(row.patch) : json(nullptr)},
            {"kind", nameOf(row.kind)}};
}

json effectToJson(const TokenEffect& effect) {
    json said = placeToJson(effect.view, effect.token);
    said.update({{"row", effect.row},
                 {"delta", finiteOrNull(effect.delta)},
                 {"delta_per_token", numbers(effect.delta_of)},
                 {"answer", effect.text},
                 {"answer_ids", effect.ids},
                 {"changed", effect.changesAnswer()},
                 {"first_difference",
                  effect.changesAnswer() ? json(effect.first_difference) : json(nullptr)}});
    return said;
}

/// [T][n] as a list for every answer token; null where it was not asked for.
json attentionToJson(const Attribution& found) {
    if (found.attention.empty()) {
        return nullptr;
    }
    json of_tokens = json::array();
    for (const std::vector<double>& paid : found.attention) {
        of_tokens.push_back(numbers(paid));
    }
    return of_tokens;
}

// ---- reading ----

[[noreturn]] void refuse(const std::string& what) {
    throw Error(ErrorCode::Input, "What tokens did to the answer cannot be read: " + what + ".");
}

const json& member(const json& object, const char* name) {
    if (!object.is_object() || !object.contains(name)) {
        refuse(inQuotes(name) + " is missing");
    }
    return object.at(name);
}

const json& listOf(const json& object, const char* name, std::size_t most) {
    const json& list = member(object, name);
    if (!list.is_array() || list.size() > most) {
        refuse(inQuotes(name) + " is no list of at most " + std::to_string(most));
    }
    return list;
}

std::string textOf(const json& object, const char* name) {
    const json& value = member(object, name);
    if (!value.is_string()) {
        refuse(inQuotes(name) + " is no text");
    }
    return value.get<std::string>();
}

/// Members that older files lack.
std::string textOrNone(const json& object, const char* name) {
    return object.contains(name) ? textOf(object, name) : std::string();
}

std::int64_t integerFrom(const json& value, std::int64_t least, std::int64_t most) {
    // A number beyond the signed ones would be taken for a negative one.
    if (!value.is_number_integer() ||
        (value.is_number_unsigned() &&
         value.get<std::uint64_t>() > static_cast<std::uint64_t>(most)) ||
        value.get<std::int64_t>() < least || value.get<std::int64_t>() > most) {
        refuse("a number is missing or out of range");
    }
    return value.get<std::int64_t>();
}

int indexOf(const json& object, const char* name, std::int64_t most) {
    return static_cast<int>(integerFrom(member(object, name), 0, most));
}

double numberFrom(const json& value) {
    if (value.is_null()) {
        return std::numeric_limits<double>::quiet_NaN();
    }
    if (!value.is_number()) {
        refuse("a number was expected");
    }
    return value.get<double>();
}

std::vector<double> numbersFrom(const json& list, std::size_t n) {
    if (!list.is_array() || list.size() != n) {
        refuse("a list has not one number for each of " + std::to_string(n));
    }
    std::vector<double> values;
    values.reserve(n);
    std::ranges::transform(list, std::back_inserter(values), numberFrom);
    return values;
}

std::vector<std::int64_t> idsFrom(const json& object, const char* name) {
    std::vector<std::int64_t> ids;
    for (const json& id : listOf(object, name, kMostRows)) {
        ids.push_back(integerFrom(id, 0, std::numeric_limits<std::int32_t>::max()));
    }
    return ids;
}

RowKind kindFrom(const std::string& name) {
    for (const RowKind kind :
         {RowKind::Patch, RowKind::Merged, RowKind::Cls, RowKind::Extra, RowKind::Padding}) {
        if (nameOf(kind) == name) {
            return kind;
        }
    }
    refuse(inQuotes(name) + " is no kind of row");
}

PlacedRow placeFrom(const json& object) {
    PlacedRow placed;
    placed.view = indexOf(object, "view", kMostIndex);
    placed.row.kind = kindFrom(textOf(object, "kind"));
    const json& patch = member(object, "patch");
    const bool stands_for_one =
        placed.row.kind == RowKind::Patch || placed.row.kind == RowKind::Merged;
    if (patch.is_null() == stands_for_one) {
        refuse("a row of kind " + inQuotes(nameOf(placed.row.kind)) +
               (stands_for_one ? " names no patch" : " names a patch"));
    }
    placed.row.patch =
        stands_for_one ? static_cast<std::int32_t>(integerFrom(patch, 0, kMostIndex)) : -1;
    return placed;
}

TokenEffect effectFrom(const json& object, bool added, const Attribution& found) {
    const PlacedRow placed = placeFrom(object);
    TokenEffect effect;
    effect.added = added;
    effect.view = placed.view;
    effect.token = placed.row;
    effect.row = indexOf(object, "row", static_cast<std::int64_t>(found.rows.size()));
    effect.delta = numberFrom(member(object, "delta"));
    effect.delta_of = numbersFrom(member(object, "delta_per_token"), found.answer.ids.size());
    effect.text = textOf(object, "answer");
    effect.ids = idsFrom(object, "answer_ids");
    const json& first = member(object, "first_difference");
    if (!first.is_null()) {
        effect.first_difference = static_cast<int>(integerFrom(
            first,
            0,
            static_cast<std::int64_t>(std::max(effect.ids.size(), found.answer.ids.size()))));
    }
    return effect;
}

void readEffects(const json& root, Attribution& found) {
    int last_row = -1;
    for (const json& entry : listOf(root, "leave_out", kMostRows)) {
        TokenEffect effect = effectFrom(entry, false, found);
        const auto row = static_cast<std::size_t>(effect.row);
        if (effect.row <= last_row || row >= found.rows.size() ||
            found.rows[row] != PlacedRow{effect.view, effect.token}) {
            refuse("a token taken away is none of the rows, or not in their order");
        }
        last_row = effect.row;
        found.effects.push_back(std::move(effect));
    }
    for (const json& entry : listOf(root, "leave_in", kMostRows)) {
        found.effects.push_back(effectFrom(entry, true, found));
    }
    const auto known = static_cast<std::int64_t>(found.effects.size());
    found.total = root.contains("total")
                      ? static_cast<int>(integerFrom(root.at("total"), known, 2 * kMostRows))
                      : static_cast<int>(known);
}

Attribution foundFrom(const json& root) {
    Attribution found;
    found.answer.text = textOf(root, "answer");
    found.answer.ids = idsFrom(root, "answer_ids");
    found.answer.complete = true;
    const std::size_t n_answer = found.answer.ids.size();
    for (const json& piece : listOf(root, "answer_pieces", kMostRows)) {
        if (!piece.is_string()) {
            refuse("a piece of the answer is no text");
        }
        found.answer.pieces.push_back(piece.get<std::string>());
    }
    found.log_probability = numbersFrom(member(root, "log_probability"), n_answer);
    for (const json& row : listOf(root, "rows", kMostRows)) {
        found.rows.push_back(placeFrom(row));
    }
    if (!member(root, "attention").is_null()) {
        const json& of_tokens = listOf(root, "attention", kMostRows);
        if (of_tokens.size() != n_answer) {
            refuse("\"attention\" has not one list for each answer token");
        }
        for (const json& paid : of_tokens) {
            found.attention.push_back(numbersFrom(paid, found.rows.size()));
        }
    }
    readEffects(root, found);
    return found;
}

/// View after view the trace's rows; a checkpoint that feeds the CLS row has it before each view's.
bool areRowsOf(const std::vector<PlacedRow>& rows, const RunTrace& trace) {
    std::size_t at = 0;
    for (std::size_t v = 0; v < trace.views.size(); ++v) {
        const auto view = static_cast<int>(v);
        const std::vector<OutputRow>& wanted = trace.views[v].rows;
        std::vector<OutputRow> found;
        for (; at < rows.size() && rows[at].view == view; ++at) {
            found.push_back(rows[at].row);
        }
        if (found.size() == wanted.size() + 1 && found.front().kind == RowKind::Cls) {
            found.erase(found.begin());
        }
        if (found != wanted) {
            return false;
        }
    }
    return at == rows.size();
}

}  // namespace

AttributedRun attributedRun(const RunTrace& trace) {
    return {trace.model.name,
            trace.model.fingerprint,
            trace.image.name,
            trace.image.hash,
            trace.prompt,
            trace.settings,
            trace.version};
}

std::string attributionToJson(const Attribution& found, const AttributedRun& of) {
    json leave_out = json::array();
    json leave_in = json::array();
    for (const TokenEffect& effect : found.effects) {
        (effect.added ? leave_in : leave_out).push_back(effectToJson(effect));
    }
    json rows = json::array();
    for (const PlacedRow& placed : found.rows) {
        rows.push_back(placeToJson(placed.view, placed.row));
    }
    return json{{"schema", kAttributionSchema},
                {"model", of.model},
                {"model_fingerprint", of.model_fingerprint},
                {"image", of.image},
                {"image_hash", of.image_hash},
                {"prompt", of.prompt},
                {"settings", json::parse(settingsToJson(of.settings))},
                {"answer", found.answer.text},
                {"answer_ids", found.answer.ids},
                {"answer_pieces", found.answer.pieces},
                {"log_probability", numbers(found.log_probability)},
                {"rows", std::move(rows)},
                {"attention", attentionToJson(found)},
                {"leave_out", std::move(leave_out)},
                {"leave_in", std::move(leave_in)},
                {"total", found.total},
                {"version", of.version}}
               .dump(1, ' ', false, json::error_handler_t::replace) +
           "\n";
}

SavedAttribution attributionFromJson(std::string_view text) {
    const json root = parseJson(text, "what tokens did to the answer", ErrorCode::Input);
    const std::string schema = textOf(root, "schema");
    if (schema != kAttributionSchema) {
        refuse(schema.starts_with(kSchemaName) ? "its format is " + inQuotes(schema) +
                                                     "; this version reads " + kAttributionSchema
                                               : "it is something else");
    }
    SavedAttribution saved;
    saved.of = {textOf(root, "model"),
                textOrNone(root, "model_fingerprint"),
                textOf(root, "image"),
                textOrNone(root, "image_hash"),
                textOf(root, "prompt"),
                settingsFromJson(member(root, "settings").dump()),
                textOf(root, "version")};
    saved.found = foundFrom(root);
    return saved;
}

bool isOf(const SavedAttribution& saved, const RunTrace& trace) {
    const bool can_be_put_back =
        std::ranges::all_of(saved.found.effects, [&](const TokenEffect& effect) {
            const auto view = static_cast<std::size_t>(effect.view);
            return !effect.added ||
                   (view < trace.views.size() &&
                    effect.token.patch < trace.views[view].grid.count() &&
                    !std::ranges::binary_search(trace.views[view].kept, effect.token.patch));
        });
    AttributedRun run = attributedRun(trace);
    run.version = saved.of.version;
    return saved.of == run && areRowsOf(saved.found.rows, trace) && can_be_put_back &&
           saved.found.answer.ids == trace.answer.ids &&
           saved.found.answer.text == trace.answer.text &&
           saved.found.answer.pieces == trace.answer.pieces;
}

std::size_t numbersIn(const Attribution& found) {
    std::size_t n = 0;
    for (const TokenEffect& effect : found.effects) {
        n += effect.delta_of.size() + effect.ids.size() + 1;
    }
    for (const std::vector<double>& paid : found.attention) {
        n += paid.size();
    }
    return n;
}

}  // namespace prunescope
