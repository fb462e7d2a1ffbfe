#include "core/base/json.h"
#include "core/base/table.h"
#include "core/base/text.h"
#include "core/dataset/interval_text.h"
#include "core/dataset/summary.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>

#include <nlohmann/json.hpp>

namespace prunescope {

using nlohmann::ordered_json;

ordered_json intervalJson(const std::optional<Interval>& interval) {
    if (!interval) {
        return nullptr;
    }
    return {{"value", interval->value}, {"low", interval->low}, {"high", interval->high}};
}

std::string intervalCsv(const std::optional<Interval>& interval) {
    return interval ? number(interval->value) + ',' + number(interval->low) + ',' +
                          number(interval->high)
                    : ",,";
}

namespace {

ordered_json toJson(const PopeCounts& counts) {
    return {{"accuracy", counts.accuracy()},
            {"precision", counts.precision()},
            {"recall", counts.recall()},
            {"f1", counts.f1()},
            {"yes_ratio", counts.yesRatio()},
            {"true_positive", counts.true_positive},
            {"false_positive", counts.false_positive},
            {"true_negative", counts.true_negative},
            {"false_negative", counts.false_negative}};
}

ordered_json toJson(const SummaryRow& row, const std::vector<std::string>& tasks) {
    ordered_json cells = ordered_json::object();
    for (std::size_t t = 0; t < tasks.size(); ++t) {
        cells[tasks[t]] = {{"score", intervalJson(row.tasks[t].score)},
                           {"relative", intervalJson(row.tasks[t].relative)},
                           {"units", row.tasks[t].units}};
    }
    ordered_json j{{"method", row.method},
                   {"budget", row.budget},
                   {"finished", row.finished},
                   {"changed", row.changed},
                   {"average", intervalJson(row.average)},
                   {"relative", intervalJson(row.relative)},
                   {"tasks", std::move(cells)},
                   {"kept", row.kept},
                   {"layer_mean_in", row.layer_mean_in},
                   {"layer_mean_out", row.layer_mean_out},
                   {"D", row.shift ? ordered_json(row.shift->value) : ordered_json(nullptr)},
                   {"D_interval", intervalJson(row.shift)},
                   {"null_median", finiteOrNull(row.null_median)},
                   {"fired", row.fired},
                   {"D_against_wrong", intervalJson(row.rank_correlation)},
                   {"same_answer", intervalJson(row.same_answer)},
                   {"share_of_kept", intervalJson(row.share_of_kept)},
                   {"share_of_object", intervalJson(row.share_of_object)},
                   {"ms", row.ms},
                   {"cost_ms", row.cost_ms}};
    if (!row.pope.empty()) {
        ordered_json pope = ordered_json::object();
        for (const PopeRow& entry : row.pope) {
            pope[entry.task] = toJson(entry.counts);
        }
        j["pope"] = std::move(pope);
    }
    return j;
}

std::string fixed(double value, int decimals) {
    std::array<char, 64> buffer{};
    const auto end = std::to_chars(
        buffer.data(), buffer.data() + buffer.size(), value, std::chars_format::fixed, decimals);
    return {buffer.data(), end.ptr};
}

std::string withInterval(const Interval& interval, int decimals = 1) {
    return fixed(interval.value, decimals) + " [" + fixed(interval.low, decimals) + ", " +
           fixed(interval.high, decimals) + "]";
}

std::string valueText(const std::optional<Interval>& interval) {
    return interval ? number(interval->value) : "";
}

}  // namespace

std::string summaryToJson(const Summary& summary) {
    ordered_json rows = ordered_json::array();
    for (const SummaryRow& row : summary.rows) {
        rows.push_back(toJson(row, summary.tasks));
    }
    return ordered_json{{"schema", "prunescope.eval/1"},
                        {"set", summary.set_name},
                        {"model", summary.model},
                        {"samples", summary.samples},
                        {"tasks", summary.tasks},
                        {"resamples", summary.resamples},
                        {"seed", summary.seed},
                        {"rows", std::move(rows)},
                        {"D_against_wrong", intervalJson(summary.shift_against_wrong)},
                        {"D_against_average", intervalJson(summary.shift_against_average)}}
        .dump(1);
}

std::string summaryToCsv(const Summary& summary) {
    std::string out =
        "budget,method,task,units,score,score_low,score_high,relative,relative_low,relative_high,"
        "D,null_median,fired,changed,D_low,D_high,share_of_kept,share_of_object\n";
    for (const SummaryRow& row : summary.rows) {
        const std::string head =
            (row.budget == 0 ? std::string("all") : std::to_string(row.budget)) + ',' +
            csvField(row.method) + ',';
        const std::string tail =
            ',' + valueText(row.shift) + ',' + (row.null_median ? number(*row.null_median) : "") +
            ',' + number(row.fired) + ',' + std::to_string(row.changed) + ',' +
            (row.shift ? number(row.shift->low) : "") + ',' +
            (row.shift ? number(row.shift->high) : "") + ',' + valueText(row.share_of_kept) + ',' +
            valueText(row.share_of_object) + '\n';
        for (std::size_t t = 0; t < summary.tasks.size(); ++t) {
            const TaskScore& cell = row.tasks[t];
            out += head + csvField(summary.tasks[t]) + ',' + std::to_string(cell.units) + ',' +
                   intervalCsv(cell.score) + ',' + intervalCsv(cell.relative) + tail;
        }
        out += head + "average," + std::to_string(row.finished) + ',' + intervalCsv(row.average) +
               ',' + intervalCsv(row.relative) + tail;
    }
    return out;
}

std::string summaryToText(const Summary& summary) {
    std::vector<std::vector<std::string>> lines;
    std::vector<std::string> head{"tokens", "method"};
    head.insert(head.end(), summary.tasks.begin(), summary.tasks.end());
    for (const char* name : {"average", "% of unpruned", "D", "random", "changed"}) {
        head.emplace_back(name);
    }
    const bool has_boxes = std::any_of(summary.rows.begin(),
                                       summary.rows.end(),
                                       [](const SummaryRow& row) { return row.share_of_kept; });
    if (has_boxes) {
        head.emplace_back("% on object");
    }
    lines.push_back(head);
    for (const SummaryRow& row : summary.rows) {
        std::vector<std::string> line{row.budget == 0 ? "all" : std::to_string(row.budget),
                                      row.method};
        for (const TaskScore& cell : row.tasks) {
            line.push_back(cell.units > 0 ? fixed(cell.score.value, 1) : "-");
        }
        line.push_back(row.finished > 0 ? withInterval(row.average) : "-");
        line.push_back(row.relative ? withInterval(*row.relative) : "-");
        line.push_back(row.shift ? fixed(row.shift->value, 3) : "-");
        line.push_back(row.null_median ? fixed(*row.null_median, 3) : "-");
        line.push_back(row.budget == 0 ? "-" : std::to_string(row.changed));
        if (has_boxes) {
            line.push_back(row.share_of_kept ? fixed(100 * row.share_of_kept->value, 1) : "-");
        }
        lines.push_back(line);
    }
    std::vector<bool> is_number(head.size(), true);
    is_number[1] = false;
    std::string out = alignedColumns(lines, is_number);
    for (const SummaryRow& row : summary.rows) {
        for (const PopeRow& entry : row.pope) {
            out += "POPE " + (row.budget == 0 ? std::string("all") : std::to_string(row.budget)) +
                   ' ' + row.method + ' ' + entry.task + ": accuracy " +
                   fixed(100 * entry.counts.accuracy(), 1) + ", precision " +
                   fixed(100 * entry.counts.precision(), 1) + ", recall " +
                   fixed(100 * entry.counts.recall(), 1) + ", F1 " +
                   fixed(100 * entry.counts.f1(), 1) + ", yes " +
                   fixed(100 * entry.counts.yesRatio(), 1) + "\n";
        }
    }
    if (summary.shift_against_wrong) {
        out += "Spearman of D and being wrong, over samples: " +
               withInterval(*summary.shift_against_wrong, 3) + "\n";
    }
    if (summary.shift_against_average) {
        out += "Spearman of mean D and average score, over rows: " +
               withInterval(*summary.shift_against_average, 3) + "\n";
    }
    return out;
}

}  // namespace prunescope
