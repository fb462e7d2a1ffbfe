#include "app/compare_set.h"

#include "app/cli_commands.h"
#include "app/compare_report.h"
#include "core/base/json.h"
#include "core/base/table.h"
#include "core/base/text.h"
#include "core/dataset/interval_text.h"
#include "core/prune/catalog.h"
#include "core/trace/trace_json.h"

#include <algorithm>
#include <functional>
#include <iostream>

#include <nlohmann/json.hpp>

namespace prunescope {

namespace {

using nlohmann::ordered_json;

/// A run of the plan and what it came to on average.
struct Row {
    const EvalRun* run = nullptr;
    const SummaryRow* means = nullptr;
};

/// In the order asked for, the un-pruned run first.
std::vector<Row> rowsOf(const EvalPlan& plan, const Summary& summary) {
    std::vector<Row> rows;
    for (const EvalRun& run : plan.runs) {
        const int budget = run.isUnpruned() ? 0 : run.settings.budget;
        const auto means =
            std::find_if(summary.rows.begin(), summary.rows.end(), [&](const SummaryRow& row) {
                return row.method == run.label && row.budget == budget;
            });
        rows.push_back({&run, &*means});
    }
    return rows;
}

ordered_json rowJson(const Row& row) {
    const SummaryRow& means = *row.means;
    return {{"label", row.run->label},
            {"method", row.run->settings.method},
            {"budget", means.budget},
            {"settings", ordered_json::parse(settingsToJson(row.run->settings))},
            {"samples", means.finished},
            {"tokens",
             {{"visual_kept", means.kept},
              {"layer_mean_in", means.layer_mean_in},
              {"layer_mean_out", means.layer_mean_out}}},
            {"D", intervalJson(means.shift)},
            {"null_median", finiteOrNull(means.null_median)},
            {"fired", means.fired},
            {"same_answer", intervalJson(means.same_answer)},
            {"share_of_kept", intervalJson(means.share_of_kept)},
            {"share_of_object", intervalJson(means.share_of_object)},
            {"total_ms", means.cost_ms},
            {"wall_ms", means.ms}};
}

std::string toJson(const EvalPlan& plan, const Summary& summary, const std::string& equal) {
    ordered_json rows = ordered_json::array();
    for (const Row& row : rowsOf(plan, summary)) {
        rows.push_back(rowJson(row));
    }
    return ordered_json{{"schema", "prunescope.compare-set/1"},
                        {"model", plan.model},
                        {"model_fingerprint", plan.fingerprint},
                        {"device", plan.device},
                        {"dtype", plan.dtype},
                        {"version", plan.version},
                        {"set", plan.set_name},
                        {"samples", plan.samples.size()},
                        {"equal", equal},
                        {"resamples", summary.resamples},
                        {"seed", summary.seed},
                        {"rows", std::move(rows)}}
               .dump(1, ' ', false, ordered_json::error_handler_t::replace) +
           "\n";
}

std::string toCsv(const EvalPlan& plan, const Summary& summary) {
    std::string out =
        "method,budget,samples,kept,layer_mean_in,layer_mean_out,D,D_low,D_high,null_median,fired,"
        "same_answer,same_answer_low,same_answer_high,share_of_kept,share_of_kept_low,"
        "share_of_kept_high,share_of_object,share_of_object_low,share_of_object_high,total_ms\r\n";
    for (const auto& [run, means] : rowsOf(plan, summary)) {
        out += csvField(run->label) + ',' + (means->budget > 0 ? number(means->budget) : "") + ',' +
               number(means->finished) + ',' + number(means->kept) + ',' +
               number(means->layer_mean_in) + ',' + number(means->layer_mean_out) + ',' +
               intervalCsv(means->shift) + ',' +
               (means->null_median ? number(*means->null_median) : "") + ',' +
               number(means->fired) + ',' + intervalCsv(means->same_answer) + ',' +
               intervalCsv(means->share_of_kept) + ',' + intervalCsv(means->share_of_object) + ',' +
               number(means->cost_ms) + "\r\n";
    }
    return out;
}

std::string shortNumber(double value) {
    return formatted("%.4g", value);
}

std::string withInterval(const std::optional<Interval>& interval, double factor, const char* form) {
    if (!interval) {
        return "-";
    }
    const auto text = [&](double value) { return formatted(form, factor * value); };
    return text(interval->value) + " [" + text(interval->low) + ", " + text(interval->high) + "]";
}

struct Column {
    const char* name;
    bool is_of_boxes;
    std::function<std::string(const SummaryRow&)> text;
};

std::vector<Column> columns() {
    return {
        {"kept", false, [](const SummaryRow& r) { return shortNumber(r.kept); }},
        {"layer_mean_in", false, [](auto& r) { return shortNumber(r.layer_mean_in); }},
        {"layer_mean_out", false, [](auto& r) { return shortNumber(r.layer_mean_out); }},
        {"D", false, [](auto& r) { return withInterval(r.shift, 1, "%.3g"); }},
        {"null_median",
         false,
         [](auto& r) { return r.null_median ? formatted("%.3g", *r.null_median) : "-"; }},
        {"same answer, %", false, [](auto& r) { return withInterval(r.same_answer, 100, "%.1f"); }},
        {"% of kept on object",
         true,
         [](auto& r) { return withInterval(r.share_of_kept, 100, "%.1f"); }},
        {"% of object kept",
         true,
         [](auto& r) { return withInterval(r.share_of_object, 100, "%.1f"); }},
        {"total_ms", false, [](auto& r) { return shortNumber(r.cost_ms); }}};
}

std::string toText(const EvalPlan& plan, const Summary& summary, std::optional<CountBasis> equal) {
    const std::vector<Row> rows = rowsOf(plan, summary);
    const bool has_boxes = std::any_of(
        rows.begin(), rows.end(), [](const Row& row) { return row.means->share_of_kept; });
    std::vector<std::vector<std::string>> lines(rows.size() + 1);
    lines.front() = {"method", "budget"};
    for (std::size_t i = 0; i < rows.size(); ++i) {
        const int budget = rows[i].means->budget;
        lines[i + 1] = {rows[i].run->label, budget > 0 ? std::to_string(budget) : "all"};
    }
    for (const Column& column : columns()) {
        if (column.is_of_boxes && !has_boxes) {
            continue;
        }
        lines.front().emplace_back(column.name);
        for (std::size_t i = 0; i < rows.size(); ++i) {
            lines[i + 1].push_back(column.text(*rows[i].means));
        }
    }
    std::vector<bool> is_number(lines.front().size(), true);
    is_number.front() = false;
    std::string out = plan.set_name + ": " + std::to_string(plan.samples.size()) +
                      " samples; means, in brackets 95 % intervals of " +
                      std::to_string(summary.resamples) + " bootstrap draws over the samples\n";
    return out + alignedColumns(lines, is_number) + '\n' + budgetRule(equal);
}

std::vector<EvalRun> runsFrom(const std::vector<Variant>& variants, const RunSettings& base) {
    std::vector<EvalRun> runs = planRuns({}, {}, base);
    for (const Variant& variant : variants) {
        if (variant.settings.method != kUnprunedMethod) {  // always there
            runs.push_back({variant.label, variant.settings});
        }
    }
    return runs;
}

}  // namespace

void compareSet(const CompareArguments& arguments, const std::stop_token& stop) {
    variantsFrom(arguments);  // what is typed wrongly is said before anything is read
    const std::optional<CountBasis> equal = equalBasisFrom(arguments.equal);
    SetArguments set_arguments = arguments.set;
    set_arguments.options.prompt = arguments.run.prompt;
    const SampleSet set = readSetOf(set_arguments);
    const std::unique_ptr<Vlm> vlm = loadModel(arguments.run, stop);
    const std::vector<Variant> variants = variantsFor(arguments, *vlm);
    const RunSettings& base = variants.front().settings;
    const EvalPlan plan = setPlan(set_arguments, set, runsFrom(variants, base), base.seed, *vlm);
    const auto line = [](const SampleResult& result) {
        std::cout << resultToLine(result) << std::endl;  // whoever reads along gets it at once
    };
    const SetOutcome outcome =
        runPlan(plan,
                set_arguments,
                *vlm,
                stop,
                arguments.lines ? std::function<void(const SampleResult&)>(line) : nullptr);
    const Summary summary = summarize(plan, outcome.results, {set_arguments.resamples, base.seed});
    const std::string json = toJson(plan, summary, nameOf(equal));
    const std::string csv = toCsv(plan, summary);
    reportSet(set_arguments, set, outcome, "compare", json, csv);
    if (!arguments.lines) {
        std::cout << (arguments.json ? json : arguments.csv ? csv : toText(plan, summary, equal));
    }
}

}  // namespace prunescope
