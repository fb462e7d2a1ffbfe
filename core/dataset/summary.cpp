#include "core/dataset/summary.h"

#include "core/base/hash.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <unordered_map>

namespace prunescope {

namespace {

constexpr double kMissing = std::numeric_limits<double>::quiet_NaN();

/// Samples that are drawn together: one, or the pair of a picture.
struct Unit {
    std::vector<std::size_t> members;
};

/// The results as tables over units, and what is computed from them for one draw of the units.
class Table {
public:
    Table(const EvalPlan& plan, const std::vector<SampleResult>& results);

    const SampleResult* result(std::size_t row, std::size_t sample) const {
        return results_[row][sample];
    }

    std::vector<std::string> tasks;

    /// Units of each task; numbered through over all tasks.
    std::vector<std::vector<Unit>> units;

    /// Weighted mean of a task's unit scores in a row; nothing where no unit is finished.
    std::optional<double> score(std::size_t row, std::size_t task, std::span<const int> w) const;

    /// Percent of the unpruned row, on the units that both have.
    std::optional<double> relative(std::size_t row, std::size_t task, std::span<const int> w) const;

    int finishedUnits(std::size_t row, std::size_t task) const;

    /// Number of the unit a sample belongs to.
    std::size_t unitOf(std::size_t sample) const { return unit_of_[sample]; }

    /// One draw: weights of all units, task by task.
    std::vector<int> draw(std::uint64_t seed) const;

private:
    double unitScore(std::size_t row, const Unit& unit) const;

    const EvalPlan& plan_;
    std::vector<std::vector<const SampleResult*>> results_;  ///< [row][sample]
    std::vector<std::size_t> unit_of_;
    std::vector<std::size_t> first_unit_;                   ///< per task
    std::vector<std::vector<std::vector<double>>> scores_;  ///< [row][task][unit]
};

Table::Table(const EvalPlan& plan, const std::vector<SampleResult>& results) : plan_(plan) {
    std::unordered_map<std::string, std::size_t> sample_at;
    std::map<std::string, std::size_t> task_at;
    std::map<std::pair<std::size_t, std::string>, std::size_t> group_at;
    std::vector<std::size_t> task_of;
    std::vector<std::size_t> place_of;
    for (std::size_t i = 0; i < plan.samples.size(); ++i) {
        const EvalSample& sample = plan.samples[i];
        sample_at.emplace(sample.id, i);
        const auto [task, is_new] = task_at.emplace(sample.task, tasks.size());
        if (is_new) {
            tasks.push_back(sample.task);
            units.emplace_back();
        }
        std::vector<Unit>& own = units[task->second];
        std::size_t place = own.size();
        if (!sample.group.empty()) {
            place = group_at.emplace(std::pair{task->second, sample.group}, place).first->second;
        }
        if (place == own.size()) {
            own.emplace_back();
        }
        own[place].members.push_back(i);
        task_of.push_back(task->second);
        place_of.push_back(place);
    }
    std::size_t first = 0;
    for (const std::vector<Unit>& own : units) {
        first_unit_.push_back(first);
        first += own.size();
    }
    for (std::size_t i = 0; i < plan.samples.size(); ++i) {
        unit_of_.push_back(first_unit_[task_of[i]] + place_of[i]);
    }
    std::map<std::pair<std::string, int>, std::size_t> row_at;
    for (std::size_t r = 0; r < plan.runs.size(); ++r) {
        const EvalRun& run = plan.runs[r];
        row_at.emplace(std::pair{run.label, run.isUnpruned() ? 0 : run.settings.budget}, r);
    }
    results_.assign(plan.runs.size(), std::vector<const SampleResult*>(plan.samples.size()));
    for (const SampleResult& result : results) {
        const auto row = row_at.find({result.method, result.budget});
        const auto sample = sample_at.find(result.sample);
        if (row != row_at.end() && sample != sample_at.end()) {
            const SampleResult*& cell = results_[row->second][sample->second];
            cell = cell == nullptr ? &result : cell;
        }
    }
    for (std::size_t r = 0; r < plan.runs.size(); ++r) {
        scores_.emplace_back();
        for (const std::vector<Unit>& own : units) {
            scores_.back().emplace_back();
            for (const Unit& unit : own) {
                scores_.back().back().push_back(unitScore(r, unit));
            }
        }
    }
}

double Table::unitScore(std::size_t row, const Unit& unit) const {
    double sum = 0;
    bool all_right = true;
    for (const std::size_t member : unit.members) {
        const SampleResult* found = results_[row][member];
        if (found == nullptr) {
            return kMissing;
        }
        sum += found->score;
        all_right = all_right && found->score == 1;
    }
    const double mean = 100 * sum / static_cast<double>(unit.members.size());
    const bool is_mme = plan_.samples[unit.members.front()].scorer == Scorer::Mme;
    return is_mme ? mean + (all_right ? 100 : 0) : mean;
}

std::optional<double> Table::score(std::size_t row,
                                   std::size_t task,
                                   std::span<const int> w) const {
    double sum = 0;
    double count = 0;
    const std::vector<double>& own = scores_[row][task];
    for (std::size_t u = 0; u < own.size(); ++u) {
        const double weight = w.empty() ? 1 : w[first_unit_[task] + u];
        if (weight > 0 && !std::isnan(own[u])) {
            sum += weight * own[u];
            count += weight;
        }
    }
    return count > 0 ? std::optional(sum / count) : std::nullopt;
}

std::optional<double> Table::relative(std::size_t row,
                                      std::size_t task,
                                      std::span<const int> w) const {
    double sum = 0;
    double base = 0;
    const std::vector<double>& own = scores_[row][task];
    const std::vector<double>& unpruned = scores_[0][task];
    for (std::size_t u = 0; u < own.size(); ++u) {
        const double weight = w.empty() ? 1 : w[first_unit_[task] + u];
        if (weight > 0 && !std::isnan(own[u]) && !std::isnan(unpruned[u])) {
            sum += weight * own[u];
            base += weight * unpruned[u];
        }
    }
    return base > 0 ? std::optional(100 * sum / base) : std::nullopt;
}

int Table::finishedUnits(std::size_t row, std::size_t task) const {
    const std::vector<double>& own = scores_[row][task];
    return static_cast<int>(
        std::count_if(own.begin(), own.end(), [](double v) { return !std::isnan(v); }));
}

std::vector<int> Table::draw(std::uint64_t seed) const {
    std::vector<int> weights;
    for (std::size_t t = 0; t < units.size(); ++t) {
        const std::vector<int> own =
            resampledWeights(units[t].size(), Hasher().add(seed).add(tasks[t]).value());
        weights.insert(weights.end(), own.begin(), own.end());
    }
    return weights;
}

/// Scores of a row under one draw.
struct RowValues {
    std::vector<std::optional<double>> score;
    std::vector<std::optional<double>> relative;
    std::optional<double> average;
    std::optional<double> average_relative;
};

std::optional<double> meanOf(const std::vector<std::optional<double>>& values) {
    double sum = 0;
    int count = 0;
    for (const std::optional<double>& value : values) {
        if (value) {
            sum += *value;
            ++count;
        }
    }
    return count > 0 ? std::optional(sum / count) : std::nullopt;
}

RowValues rowValues(const Table& table, std::size_t row, std::span<const int> weights) {
    RowValues values;
    for (std::size_t t = 0; t < table.tasks.size(); ++t) {
        values.score.push_back(table.score(row, t, weights));
        values.relative.push_back(row == 0 ? std::nullopt : table.relative(row, t, weights));
    }
    values.average = meanOf(values.score);
    values.average_relative = meanOf(values.relative);
    return values;
}

/// Turns one value per draw into an interval.
template <typename Get>
std::optional<Interval> collected(const std::optional<double>& value,
                                  const std::vector<RowValues>& draws,
                                  const Get& get) {
    if (!value) {
        return std::nullopt;
    }
    std::vector<double> values;
    for (const RowValues& draw : draws) {
        if (const std::optional<double> drawn = get(draw)) {
            values.push_back(*drawn);
        }
    }
    return intervalOf(*value, std::move(values));
}

void fillScores(const Table& table,
                std::size_t r,
                const std::vector<RowValues>& draws,
                SummaryRow& row) {
    const RowValues whole = rowValues(table, r, {});
    for (std::size_t t = 0; t < table.tasks.size(); ++t) {
        TaskScore cell;
        cell.units = table.finishedUnits(r, t);
        cell.score = collected(whole.score[t], draws, [&](const RowValues& d) {
                         return d.score[t];
                     }).value_or(Interval{});
        cell.relative =
            collected(whole.relative[t], draws, [&](const RowValues& d) { return d.relative[t]; });
        row.tasks.push_back(cell);
    }
    row.average = collected(whole.average, draws, [](const RowValues& d) {
                      return d.average;
                  }).value_or(Interval{});
    row.relative = collected(
        whole.average_relative, draws, [](const RowValues& d) { return d.average_relative; });
}

/// A number of the samples that have it, each with the unit it belongs to.
using Values = std::vector<std::pair<double, std::size_t>>;

/// Mean under one draw (none: all count once); nothing where nothing was drawn.
std::optional<double> weightedMean(const Values& values, std::span<const int> weights) {
    double sum = 0;
    double count = 0;
    for (const auto& [value, unit] : values) {
        const double weight = weights.empty() ? 1 : weights[unit];
        sum += weight * value;
        count += weight;
    }
    return count > 0 ? std::optional(sum / count) : std::nullopt;
}

std::optional<Interval> meanWithInterval(const Values& values,
                                         const std::vector<std::vector<int>>& draws) {
    const std::optional<double> mean = weightedMean(values, {});
    if (!mean) {
        return std::nullopt;
    }
    std::vector<double> drawn;
    for (const std::vector<int>& weights : draws) {
        if (const auto value = weightedMean(values, weights)) {
            drawn.push_back(*value);
        }
    }
    return intervalOf(*mean, std::move(drawn));
}

Values valuesOf(const Table& table,
                std::size_t row,
                std::size_t n_samples,
                std::optional<double> SampleResult::*field) {
    Values values;
    for (std::size_t s = 0; s < n_samples; ++s) {
        const SampleResult* result = table.result(row, s);
        if (result != nullptr && result->*field) {
            values.emplace_back(*(result->*field), table.unitOf(s));
        }
    }
    return values;
}

/// 1 where a sample is answered as without pruning, else 0.
Values agreementOf(const Table& table, std::size_t row, std::size_t n_samples) {
    Values values;
    for (std::size_t s = 0; s < n_samples; ++s) {
        const SampleResult* result = table.result(row, s);
        const SampleResult* unpruned = table.result(0, s);
        if (result != nullptr && unpruned != nullptr) {
            values.emplace_back(result->answer == unpruned->answer ? 1 : 0, table.unitOf(s));
        }
    }
    return values;
}

void fillIntervals(const Table& table,
                   const EvalPlan& plan,
                   std::size_t r,
                   const std::vector<std::vector<int>>& draws,
                   SummaryRow& row) {
    const std::size_t n = plan.samples.size();
    row.share_of_kept =
        meanWithInterval(valuesOf(table, r, n, &SampleResult::share_of_kept), draws);
    row.share_of_object =
        meanWithInterval(valuesOf(table, r, n, &SampleResult::share_of_object), draws);
    if (plan.runs[r].isUnpruned()) {
        return;
    }
    row.shift = meanWithInterval(valuesOf(table, r, n, &SampleResult::shift), draws);
    const Values agreement = agreementOf(table, r, n);
    row.same_answer = meanWithInterval(agreement, draws);
    row.changed = static_cast<int>(std::count_if(
        agreement.begin(), agreement.end(), [](const auto& value) { return value.first == 0; }));
}

void fillMeans(const Table& table, const EvalPlan& plan, std::size_t r, SummaryRow& row) {
    std::vector<std::optional<double>> medians;
    std::map<std::string, PopeCounts> pope;
    int fired = 0;
    for (std::size_t s = 0; s < plan.samples.size(); ++s) {
        const SampleResult* result = table.result(r, s);
        if (result == nullptr) {
            continue;
        }
        ++row.finished;
        row.kept += result->kept;
        row.layer_mean_in += result->layer_mean_in;
        row.layer_mean_out += result->layer_mean_out;
        row.ms += result->ms;
        row.cost_ms += result->cost_ms;
        fired += result->fired ? 1 : 0;
        medians.push_back(result->null_median);
        const EvalSample& sample = plan.samples[s];
        if (sample.scorer == Scorer::Pope) {
            const bool is_no = sample.answers.front() == "no" || sample.answers.front() == "No";
            pope[sample.task].add(popeAnswer(result->answer), is_no ? YesNo::No : YesNo::Yes);
        }
    }
    row.null_median = meanOf(medians);
    const double n = std::max(1, row.finished);
    for (double* sum :
         {&row.kept, &row.layer_mean_in, &row.layer_mean_out, &row.ms, &row.cost_ms}) {
        *sum /= n;
    }
    row.fired = fired / n;
    for (const std::string& task : table.tasks) {
        if (const auto found = pope.find(task); found != pope.end()) {
            row.pope.push_back({task, found->second});
        }
    }
}

std::vector<Pair> shiftPairs(const Table& table, std::size_t row, std::size_t n_samples) {
    std::vector<Pair> pairs;
    for (std::size_t s = 0; s < n_samples; ++s) {
        const SampleResult* result = table.result(row, s);
        if (result != nullptr && result->shift) {
            pairs.push_back({*result->shift, 1 - result->score, table.unitOf(s)});
        }
    }
    return pairs;
}

/// Correlations cost more than means: their intervals are made of at most so many draws.
constexpr std::size_t kCorrelationDraws = 200;

std::optional<Interval> correlation(std::vector<Pair> pairs,
                                    const std::vector<std::vector<int>>& draws) {
    const RankCorrelation ranks(std::move(pairs));
    const std::optional<double> value = ranks.value();
    if (!value) {
        return std::nullopt;
    }
    std::vector<double> values;
    for (std::size_t d = 0; d < std::min(draws.size(), kCorrelationDraws); ++d) {
        if (const auto drawn = ranks.value(draws[d])) {
            values.push_back(*drawn);
        }
    }
    return intervalOf(*value, std::move(values));
}

/// Spearman over the pruned rows of mean D and average score, under one draw.
std::optional<double> rowCorrelation(const Table& table,
                                     const std::vector<Values>& shifts,
                                     std::span<const int> weights) {
    std::vector<Pair> points;
    for (std::size_t r = 1; r < shifts.size(); ++r) {
        const auto shift = weightedMean(shifts[r], weights);
        const auto average = rowValues(table, r, weights).average;
        if (shift && average) {
            points.push_back({*shift, *average, 0});
        }
    }
    return points.size() < 3 ? std::nullopt : RankCorrelation(std::move(points)).value();
}

void fillCorrelations(const Table& table,
                      const EvalPlan& plan,
                      const std::vector<std::vector<int>>& draws,
                      Summary& summary) {
    const std::size_t n = plan.samples.size();
    std::vector<Values> shifts;
    std::vector<Pair> all;
    for (std::size_t r = 0; r < plan.runs.size(); ++r) {
        const bool is_unpruned = plan.runs[r].isUnpruned();
        shifts.push_back(is_unpruned ? Values() : valuesOf(table, r, n, &SampleResult::shift));
        const std::vector<Pair> pairs = is_unpruned ? std::vector<Pair>() : shiftPairs(table, r, n);
        all.insert(all.end(), pairs.begin(), pairs.end());
        summary.rows[r].rank_correlation = correlation(pairs, draws);
    }
    summary.shift_against_wrong = correlation(std::move(all), draws);
    if (const auto value = rowCorrelation(table, shifts, {})) {
        std::vector<double> values;
        for (std::size_t d = 0; d < std::min(draws.size(), kCorrelationDraws); ++d) {
            if (const auto drawn = rowCorrelation(table, shifts, draws[d])) {
                values.push_back(*drawn);
            }
        }
        summary.shift_against_average = intervalOf(*value, std::move(values));
    }
}

}  // namespace

Summary summarize(const EvalPlan& plan,
                  const std::vector<SampleResult>& results,
                  const SummaryOptions& options) {
    const Table table(plan, results);
    Summary summary;
    summary.set_name = plan.set_name;
    summary.model = plan.model;
    summary.samples = static_cast<int>(plan.samples.size());
    summary.tasks = table.tasks;
    summary.resamples = options.resamples;
    summary.seed = options.seed;
    std::vector<std::vector<int>> draws;
    for (int d = 0; d < options.resamples; ++d) {
        draws.push_back(table.draw(Hasher().add(options.seed).add(d).value()));
    }
    for (std::size_t r = 0; r < plan.runs.size(); ++r) {
        std::vector<RowValues> drawn;
        for (const std::vector<int>& weights : draws) {
            drawn.push_back(rowValues(table, r, weights));
        }
        SummaryRow row;
        row.method = plan.runs[r].label;
        row.budget = plan.runs[r].isUnpruned() ? 0 : plan.runs[r].settings.budget;
        fillScores(table, r, drawn, row);
        fillMeans(table, plan, r, row);
        fillIntervals(table, plan, r, draws, row);
        summary.rows.push_back(std::move(row));
    }
    fillCorrelations(table, plan, draws, summary);
    std::stable_sort(summary.rows.begin() + 1,
                     summary.rows.end(),
                     [](const SummaryRow& a, const SummaryRow& b) { return a.budget > b.budget; });
    return summary;
}

}  // namespace prunescope
