// Reading of the trace's JSON; trace_json.cpp writes it.
#include "core/base/json.h"
#include "core/base/text.h"
#include "core/trace/patch_rules.h"
#include "core/trace/trace_json.h"

#include <limits>

#include <nlohmann/json.hpp>

namespace prunescope {

namespace {

using nlohmann::json;

constexpr int kMaxPatches = 1 << 20;

[[noreturn]] void refuse(const std::string& what) {
    throw Error(ErrorCode::Input, "The trace cannot be read: " + what + ".");
}

/// A member that must be there, with its place in the message.
const json& member(const json& object, const char* name) {
    if (!object.is_object() || !object.contains(name)) {
        refuse(std::string("\"") + name + "\" is missing");
    }
    return object.at(name);
}

template <typename T>
T valueOf(const json& object, const char* name) {
    try {
        return member(object, name).get<T>();
    } catch (const json::exception&) {
        refuse(std::string("\"") + name + "\" has the wrong type");
    }
}

double numberOrNan(const json& value) {
    if (value.is_null()) {
        return std::numeric_limits<double>::quiet_NaN();
    }
    if (!value.is_number()) {
        refuse("a number was expected");
    }
    return value.get<double>();
}

std::vector<float> floatList(const json& object, const char* name) {
    const json& list = member(object, name);
    if (!list.is_array()) {
        refuse(std::string("\"") + name + "\" is not a list");
    }
    std::vector<float> out;
    out.reserve(list.size());
    for (const json& value : list) {
        out.push_back(static_cast<float>(numberOrNan(value)));
    }
    return out;
}

std::optional<double> optionalNumber(const json& object, const char* name) {
    const json& value = member(object, name);
    return value.is_null() ? std::nullopt : std::optional(numberOrNan(value));
}

/// Traces of before there was a choice have no place.
ShiftPlace placeFrom(const json& object) {
    return object.contains("place") ? shiftPlaceFrom(valueOf<std::string>(object, "place"))
                                    : ShiftPlace::Encoder;
}

/// Per view; older traces have none.
std::vector<PatchRules> rulesFrom(const json& object) {
    std::vector<PatchRules> rules;
    if (!object.contains("patch_rules")) {
        return rules;
    }
    using Patches = std::vector<std::int32_t>;
    const json& views = member(object, "patch_rules");
    if (!views.is_array() || views.size() > kMaxRuledViews) {
        refuse("\"patch_rules\" is not a list of views");
    }
    for (const json& view : views) {
        rules.push_back({valueOf<Patches>(view, "pin"), valueOf<Patches>(view, "ban")});
    }
    for (const Problem& problem : checkPatchRules(rules)) {
        refuse(problem.message.substr(0, problem.message.size() - 1));
    }
    return rules;
}

RunSettings settingsFrom(const json& j) {
    RunSettings s;
    s.method = valueOf<std::string>(j, "method");
    s.budget = valueOf<int>(j, "budget");
    s.tau = valueOf<double>(j, "tau");
    s.trigger = triggerFrom(valueOf<std::string>(j, "trigger"));
    s.phi = valueOf<double>(j, "phi");
    s.seed = valueOf<std::uint64_t>(j, "seed");
    s.metric = valueOf<std::string>(j, "metric");
    s.place = placeFrom(j);
    s.image_mode = imageModeFrom(valueOf<std::string>(j, "image_mode"));
    s.max_new_tokens = valueOf<int>(j, "max_new_tokens");
    s.patch_rules = rulesFrom(j);
    const json& params = member(j, "params");
    for (const auto& [name, value] : params.items()) {
        if (value.is_string()) {
            s.params[name] = value.get<std::string>();
        } else {
            s.params[name] = numberOrNan(value);
        }
    }
    return s;
}

NullBand nullBandFrom(const json& j) {
    return {numberOrNan(member(j, "p5")),
            numberOrNan(member(j, "median")),
            numberOrNan(member(j, "p95")),
            valueOf<int>(j, "draws")};
}

Site siteFrom(const json& j) {
    const auto kind = valueOf<std::string>(j, "kind");
    Site site;
    site.layer = valueOf<int>(j, "layer");
    if (kind == "encoder_layer") {
        site.kind = Site::Kind::EncoderLayer;
    } else if (kind == "after_encoder") {
        site.kind = Site::Kind::AfterEncoder;
    } else if (kind == "decoder_layer") {
        site.kind = Site::Kind::DecoderLayer;
    } else {
        refuse("\"" + kind + "\" is not a known site");
    }
    return site;
}

/// Patch indices in range, so that no view has to check again.
void checkPatches(const std::vector<std::int32_t>& patches, int lowest, int n, const char* name) {
    for (const std::int32_t patch : patches) {
        if (patch < lowest || patch >= n) {
            refuse(std::string("\"") + name + "\" names patch " + std::to_string(patch) + " of " +
                   std::to_string(n));
        }
    }
}

void checkLength(std::size_t length, int n, const char* name, bool may_be_empty) {
    if (length != static_cast<std::size_t>(n) && !(may_be_empty && length == 0)) {
        refuse(std::string("\"") + name + "\" has " + std::to_string(length) + " entries, not " +
               std::to_string(n));
    }
}

std::vector<Transfer> transfersFrom(const json& list, int n) {
    std::vector<Transfer> out;
    for (const json& t : list) {
        if (!t.is_array() || t.size() != 3 || !t[0].is_number_integer() ||
            !t[1].is_number_integer() || !t[2].is_number()) {
            refuse("a transfer is not [from, to, weight]");
        }
        out.push_back({t[0].get<std::int32_t>(), t[1].get<std::int32_t>(), t[2].get<float>()});
        checkPatches({out.back().from_patch}, 0, n, "transfers");
        checkPatches({out.back().to_patch}, -1, n, "transfers");
    }
    return out;
}

StageTrace stageFrom(const json& j, int n) {
    using Patches = std::vector<std::int32_t>;
    StageTrace s;
    s.site = siteFrom(member(j, "site"));
    s.name = valueOf<std::string>(j, "name");
    s.tokens_in = valueOf<int>(j, "tokens_in");
    s.tokens_out = valueOf<int>(j, "tokens_out");
    s.score = floatList(j, "score");
    checkLength(s.score.size(), n, "score", true);
    s.slot_from_patch = valueOf<Patches>(j, "slot_from_patch");
    checkLength(s.slot_from_patch.size(), n, "slot_from_patch", false);
    checkPatches(s.slot_from_patch, -1, std::max(n, s.tokens_out), "slot_from_patch");
    s.transfers = transfersFrom(member(j, "transfers"), n);
    s.mass = floatList(j, "mass");
    s.cluster_of = valueOf<Patches>(j, "cluster_of");
    checkLength(s.cluster_of.size(), n, "cluster_of", true);
    checkPatches(s.cluster_of, -1, n, "cluster_of");
    s.centres = valueOf<Patches>(j, "centres");
    s.baseline = valueOf<Patches>(j, "baseline");
    s.chosen = valueOf<Patches>(j, "chosen");
    checkPatches(s.centres, 0, n, "centres");
    checkPatches(s.baseline, 0, n, "baseline");
    checkPatches(s.chosen, 0, n, "chosen");
    s.text_relevance = floatList(j, "text_relevance");
    checkLength(s.text_relevance.size(), n, "text_relevance", true);
    s.shift_before = optionalNumber(j, "shift_before");
    s.shift_after = optionalNumber(j, "shift_after");
    s.null_band = nullBandFrom(member(j, "null_band"));
    s.ms = valueOf<double>(j, "ms");
    return s;
}

ShiftSummary shiftFrom(const json& j) {
    ShiftSummary s;
    s.metric = valueOf<std::string>(j, "metric");
    s.place = placeFrom(j);
    s.kappa = optionalNumber(j, "kappa");
    s.kappa_after = optionalNumber(j, "kappa_after");
    s.mean_term = numberOrNan(member(j, "mean_term"));
    s.variance_term = numberOrNan(member(j, "variance_term"));
    s.tau = numberOrNan(member(j, "tau"));
    s.fired = valueOf<bool>(j, "fired");
    s.accepted = valueOf<bool>(j, "accepted");
    s.null_band = nullBandFrom(member(j, "null_band"));
    if (j.contains("channels")) {
        for (const json& c : j.at("channels")) {
            s.channels.push_back({valueOf<std::int32_t>(c, "channel"),
                                  numberOrNan(member(c, "share")),
                                  numberOrNan(member(c, "mean_term")),
                                  numberOrNan(member(c, "variance_term"))});
        }
    }
    return s;
}

RowKind rowKindFrom(const std::string& name) {
    for (const RowKind kind :
         {RowKind::Patch, RowKind::Merged, RowKind::Cls, RowKind::Extra, RowKind::Padding}) {
        if (nameOf(kind) == name) {
            return kind;
        }
    }
    refuse(inQuotes(name) + " is not a kind of row");
}

std::vector<OutputRow> rowsFrom(const json& list, int n) {
    std::vector<OutputRow> out;
    for (const json& row : list) {
        if (!row.is_array() || row.size() != 2 || !row[0].is_string() ||
            !row[1].is_number_integer()) {
            refuse("a row is not [kind, patch]");
        }
        const RowKind kind = rowKindFrom(row[0].get<std::string>());
        const bool stands_for_one = kind == RowKind::Patch || kind == RowKind::Merged;
        out.push_back({kind, row[1].get<std::int32_t>()});
        checkPatches({out.back().patch}, stands_for_one ? 0 : -1, stands_for_one ? n : 0, "rows");
    }
    return out;
}

ViewTrace viewFrom(const json& j) {
    ViewTrace view;
    const json& grid = member(j, "grid");
    view.grid = {
        valueOf<int>(grid, "rows"), valueOf<int>(grid, "cols"), valueOf<int>(grid, "patch_px")};
    if (view.grid.rows < 1 || view.grid.cols < 1 || view.grid.rows > kMaxPatches / view.grid.cols) {
        refuse("the patch grid is out of range");
    }
    const auto source = valueOf<std::vector<double>>(j, "source");
    if (source.size() != 4) {
        refuse("\"source\" is not a rectangle");
    }
    view.source = {source[0], source[1], source[2], source[3]};
    for (const json& stage : member(j, "stages")) {
        view.stages.push_back(stageFrom(stage, view.grid.count()));
    }
    view.kept = valueOf<std::vector<std::int32_t>>(j, "kept");
    checkPatches(view.kept, 0, view.grid.count(), "kept");
    if (j.contains("rows")) {  // not in the first traces
        view.rows = rowsFrom(j.at("rows"), view.grid.count());
    }
    view.shift = shiftFrom(member(j, "shift"));
    return view;
}

AnswerTrace answerFrom(const json& j) {
    AnswerTrace a;
    a.text = valueOf<std::string>(j, "text");
    a.ids = valueOf<std::vector<std::int64_t>>(j, "ids");
    a.pieces = valueOf<std::vector<std::string>>(j, "pieces");
    a.probability = floatList(j, "probability");
    a.complete = valueOf<bool>(j, "complete");
    a.hit_length_limit = valueOf<bool>(j, "hit_length_limit");
    return a;
}

Timings timingsFrom(const json& j) {
    return {valueOf<double>(j, "preprocess"),
            valueOf<double>(j, "encode"),
            valueOf<double>(j, "select"),
            valueOf<double>(j, "project"),
            valueOf<double>(j, "prefill"),
            valueOf<double>(j, "decode"),
            valueOf<double>(j, "reference")};
}

TokenCounts tokensFrom(const json& j) {
    TokenCounts t;
    t.visual_full = valueOf<int>(j, "visual_full");
    t.visual_kept = valueOf<int>(j, "visual_kept");
    t.text = valueOf<int>(j, "text");
    t.sameInEveryLayer();  // older traces know no others
    if (j.contains("layer_mean_in")) {
        t.layer_mean_in = valueOf<double>(j, "layer_mean_in");
        t.layer_mean_out = valueOf<double>(j, "layer_mean_out");
    }
    return t;
}

void readIdentities(const json& j, RunTrace& trace) {
    const json& m = member(j, "model");
    trace.model = {valueOf<std::string>(m, "name"),
                   valueOf<std::string>(m, "fingerprint"),
                   valueOf<std::string>(m, "device"),
                   valueOf<std::string>(m, "dtype"),
                   valueOf<std::string>(m, "attention"),
                   valueOf<int>(m, "layers"),
                   valueOf<int>(m, "threads"),
                   m.contains("decoder_layers") ? valueOf<int>(m, "decoder_layers") : 0};
    const json& i = member(j, "image");
    trace.image = {valueOf<std::string>(i, "name"),
                   valueOf<std::string>(i, "hash"),
                   valueOf<int>(i, "width"),
                   valueOf<int>(i, "height")};
    trace.tokens = tokensFrom(member(j, "tokens"));
}

}  // namespace

RunSettings settingsFromJson(std::string_view text) {
    try {
        return settingsFrom(parseJson(text, "the settings", ErrorCode::Input));
    } catch (const Error& error) {
        // Names of another list ("trigger") are usage errors there; here they come from a file.
        throw Error(ErrorCode::Input, error.what(), error.hint());
    }
}

RunTrace traceFromJson(std::string_view text) {
    const json j = parseJson(text, "the trace", ErrorCode::Input);
    const auto schema = valueOf<std::string>(j, "schema");
    if (schema != kTraceSchema) {
        refuse("its schema is " + inQuotes(schema) + ", this program reads " + kTraceSchema);
    }
    RunTrace trace;
    trace.version = valueOf<std::string>(j, "version");
    trace.settings = settingsFrom(member(j, "settings"));
    trace.prompt = valueOf<std::string>(j, "prompt");
    readIdentities(j, trace);
    for (const json& view : member(j, "views")) {
        trace.views.push_back(viewFrom(view));
    }
    trace.answer = answerFrom(member(j, "answer"));
    trace.timings_ms = timingsFrom(member(j, "timings_ms"));
    if (j.contains("cost_ms")) {  // older traces have none
        trace.cost_ms = timingsFrom(j.at("cost_ms"));
    }
    for (const json& counter : member(j, "cache")) {
        trace.cache.push_back({valueOf<std::string>(counter, "stage"),
                               valueOf<std::int64_t>(counter, "hits"),
                               valueOf<std::int64_t>(counter, "misses")});
    }
    trace.reused = valueOf<std::vector<std::string>>(j, "reused");
    trace.notes = valueOf<std::vector<std::string>>(j, "notes");
    return trace;
}

}  // namespace prunescope
