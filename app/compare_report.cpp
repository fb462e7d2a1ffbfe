#include "app/compare_report.h"

#include "core/base/json.h"
#include "core/base/table.h"
#include "core/base/text.h"
#include "core/metric/agreement.h"
#include "core/metric/coverage.h"
#include "core/metric/outcome.h"
#include "core/trace/trace_json.h"

#include <array>
#include <cstdio>
#include <optional>

#include <nlohmann/json.hpp>

namespace prunescope {

namespace {

using nlohmann::json;

json shiftJson(const RunTrace& trace) {
    const std::optional<ShiftOutcome> outcome = shiftOutcome(trace);
    if (!outcome) {
        return nullptr;
    }
    return {{"metric", trace.settings.metric},
            {"kappa", outcome->kappa},
            {"value", outcome->value},
            {"null_median", outcome->null_median},
            {"relative", finiteOrNull(outcome->relative())},
            {"fired", outcome->fired},
            {"accepted", outcome->accepted}};
}

json objectJson(const std::optional<ObjectCoverage>& coverage) {
    if (!coverage) {
        return nullptr;
    }
    return {{"patches", coverage->object_patches},
            {"kept", coverage->kept_in_object},
            {"share_of_kept", finiteOrNull(coverage->shareOfKept())},
            {"share_of_object", finiteOrNull(coverage->shareOfObject())}};
}

/// The run as `run --json` prints it, so that a field means the same in both.
json runJson(const RunTrace& trace) {
    return json::parse(runToJson(trace));
}

json rowJson(const ComparedRun& run, const ComparedPicture& picture) {
    json row{{"label", run.label},
             {"method", run.settings.method},
             {"budget", run.settings.budget},
             {"error", nullptr}};
    if (!run.error.empty()) {
        row["error"] = run.error;
        return row;
    }
    const json whole = runJson(run.trace);
    for (const char* field : {"answer", "answer_ids", "tokens", "kept", "settings", "notes"}) {
        row[field] = whole.at(field);
    }
    const auto difference = firstDifference(run.trace.answer, picture.unpruned.answer);
    row["shift"] = shiftJson(run.trace);
    row["same_answer"] = !difference;
    row["first_difference"] = difference ? json(*difference) : json(nullptr);
    row["object"] = objectJson(objectCoverage(run.trace, picture.boxes));
    row["cost_ms"] = whole.at("cost_ms");
    row["total_ms"] = standaloneMs(run.trace);
    row["reused"] = run.trace.reused;
    return row;
}

json pictureJson(const ComparedPicture& picture) {
    const RunTrace& unpruned = picture.unpruned;
    const json whole = runJson(unpruned);
    json boxes = json::array();
    for (const RectF& box : picture.boxes) {
        boxes.push_back(json::array({box.x, box.y, box.width, box.height}));
    }
    json rows = json::array();
    for (const ComparedRun& run : picture.runs) {
        rows.push_back(rowJson(run, picture));
    }
    return {{"image", whole.at("settings").at("image")},
            {"prompt", unpruned.prompt},
            {"boxes", std::move(boxes)},
            {"unpruned",
             {{"answer", whole.at("answer")},
              {"answer_ids", whole.at("answer_ids")},
              {"tokens", whole.at("tokens")},
              {"cost_ms", whole.at("cost_ms")},
              {"total_ms", standaloneMs(unpruned)}}},
            {"rows", std::move(rows)}};
}

/// One line of the table and of the CSV: the same texts under the same names.
struct Column {
    const char* name;
    bool is_number;
    std::string (*text)(const ComparedRun&, const ComparedPicture&);
};

std::string shortNumber(std::optional<double> value) {
    return value ? formatted("%.4g", *value) : std::string();
}

std::string shiftText(const RunTrace& trace, double ShiftOutcome::*field) {
    const auto outcome = shiftOutcome(trace);
    return outcome ? shortNumber((*outcome).*field) : std::string();
}

std::string coverageText(const ComparedRun& run,
                         const ComparedPicture& picture,
                         std::optional<double> (ObjectCoverage::*share)() const) {
    const auto coverage = objectCoverage(run.trace, picture.boxes);
    return coverage ? shortNumber(((*coverage).*share)()) : std::string();
}

const std::vector<Column>& columns() {
    using Run = const ComparedRun&;
    using Picture = const ComparedPicture&;
    static const std::vector<Column> kColumns{
        {"image", false, [](Run, Picture p) { return p.unpruned.image.name; }},
        {"method", false, [](Run r, Picture) { return r.label; }},
        {"budget", true, [](Run r, Picture) { return std::to_string(r.settings.budget); }},
        {"kept", true, [](Run r, Picture) { return std::to_string(r.trace.tokens.visual_kept); }},
        {"layer_mean_in",
         true,
         [](Run r, Picture) { return shortNumber(r.trace.tokens.layer_mean_in); }},
        {"layer_mean_out",
         true,
         [](Run r, Picture) { return shortNumber(r.trace.tokens.layer_mean_out); }},
        {"D", true, [](Run r, Picture) { return shiftText(r.trace, &ShiftOutcome::value); }},
        {"null_median",
         true,
         [](Run r, Picture) { return shiftText(r.trace, &ShiftOutcome::null_median); }},
        {"fired",
         false,
         [](Run r, Picture) {
             const auto outcome = shiftOutcome(r.trace);
             return std::string(outcome && outcome->fired ? "yes" : "no");
         }},
        {"same",
         false,
         [](Run r, Picture p) {
             return std::string(firstDifference(r.trace.answer, p.unpruned.answer) ? "no" : "yes");
         }},
        {"first_difference",
         true,
         [](Run r, Picture p) {
             const auto difference = firstDifference(r.trace.answer, p.unpruned.answer);
             return difference ? std::to_string(*difference) : std::string();
         }},
        {"share_of_kept",
         true,
         [](Run r, Picture p) { return coverageText(r, p, &ObjectCoverage::shareOfKept); }},
        {"share_of_object",
         true,
         [](Run r, Picture p) { return coverageText(r, p, &ObjectCoverage::shareOfObject); }},
        {"select_ms", true, [](Run r, Picture) { return shortNumber(r.trace.cost_ms.select); }},
        {"total_ms", true, [](Run r, Picture) { return shortNumber(standaloneMs(r.trace)); }},
        {"answer", false, [](Run r, Picture) { return r.trace.answer.text; }},
    };
    return kColumns;
}

/// A run that failed has only what it was asked.
std::string cellText(const Column& column, const ComparedRun& run, const ComparedPicture& picture) {
    const std::string name = column.name;
    const bool is_asked = name == "image" || name == "method" || name == "budget";
    return run.error.empty() || is_asked ? column.text(run, picture) : std::string();
}

using Lines = std::vector<std::vector<std::string>>;

std::string pictureTable(const ComparedPicture& picture) {
    Lines lines(1 + picture.runs.size());
    std::vector<bool> is_number;
    for (const Column& column : columns()) {
        const std::string name = column.name;
        const bool is_of_boxes = name.starts_with("share_of");
        if (name == "image" || (is_of_boxes && picture.boxes.empty())) {
            continue;
        }
        is_number.push_back(column.is_number);
        lines.front().push_back(name);
        for (std::size_t i = 0; i < picture.runs.size(); ++i) {
            lines[i + 1].push_back(cellText(column, picture.runs[i], picture));
        }
    }
    for (std::size_t i = 0; i < picture.runs.size(); ++i) {
        if (!picture.runs[i].error.empty()) {
            lines[i + 1].back() = picture.runs[i].error;
        } else {
            lines[i + 1].back() = inQuotes(lines[i + 1].back(), 60);
        }
    }
    return picture.unpruned.image.name + ": " + picture.unpruned.prompt + "\nun-pruned, " +
           std::to_string(picture.unpruned.tokens.visual_full) +
           " tokens: " + inQuotes(picture.unpruned.answer.text) + "\n" +
           alignedColumns(lines, is_number);
}

}  // namespace

std::string nameOf(std::optional<CountBasis> equal) {
    if (!equal) {
        return "end";
    }
    return *equal == CountBasis::LayerInputs ? "inputs" : "outputs";
}

std::string budgetRule(std::optional<CountBasis> equal) {
    if (!equal) {
        return "Equal budgets leave as many tokens at the end. A method that prunes inside the "
               "language model lets\nmore into its first layers: layer_mean_in and layer_mean_out "
               "are the means over the layers of what\nenters and leaves them. --equal inputs or "
               "--equal outputs makes that mean equal.\n";
    }
    return std::string(
               "Every budget is the method's own whose mean over the language model's "
               "layers of the tokens that\n") +
           (*equal == CountBasis::LayerInputs ? "enter" : "leave") +
           " a layer comes nearest to what was asked.\n";
}

std::string compareToJson(const ComparedPictures& compared) {
    json list = json::array();
    for (const ComparedPicture& picture : compared.pictures) {
        list.push_back(pictureJson(picture));
    }
    const RunTrace& any = compared.pictures.front().unpruned;
    return json{{"schema", "prunescope.compare/1"},
                {"model", any.model.name},
                {"model_fingerprint", any.model.fingerprint},
                {"device", any.model.device},
                {"dtype", any.model.dtype},
                {"version", any.version},
                {"equal", nameOf(compared.equal)},
                {"pictures", std::move(list)}}
        .dump(1, ' ', false, json::error_handler_t::replace);
}

std::string compareToCsv(const ComparedPictures& compared) {
    std::string out;
    for (const Column& column : columns()) {
        out += std::string(column.name) + ',';
    }
    out += "error\r\n";
    for (const ComparedPicture& picture : compared.pictures) {
        for (const ComparedRun& run : picture.runs) {
            for (const Column& column : columns()) {
                out += csvField(cellText(column, run, picture)) + ',';
            }
            out += csvField(run.error) + "\r\n";
        }
    }
    return out;
}

std::string compareToTable(const ComparedPictures& compared) {
    std::string out;
    for (const ComparedPicture& picture : compared.pictures) {
        out.append(out.empty() ? 0 : 1, '\n');
        out.append(pictureTable(picture));
    }
    return out + '\n' + budgetRule(compared.equal);
}

}  // namespace prunescope
