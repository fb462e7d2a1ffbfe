#pragma once

#include "core/base/descriptor.h"

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

namespace prunescope {

/// What one run of one sample came to.
struct SampleResult {
    std::string sample;  ///< its id
    std::string method;  ///< label of the run
    int budget = 0;      ///< 0: the unpruned run
    std::string answer;
    double score = 0;                   ///< 0 to 1
    int kept = 0;                       ///< visual tokens that remain at the end
    double layer_mean_in = 0;           ///< mean over the decoder's layers of those that enter one
    double layer_mean_out = 0;          ///< and of those that leave one
    std::optional<double> kappa;        ///< D before re-selection, mean of the views
    std::optional<double> shift;        ///< D of what was kept in the end, mean of the views
    std::optional<double> null_median;  ///< D of random draws of the same size, mean of the views
    bool fired = false;
    std::optional<double> share_of_kept;    ///< of the kept tokens, on the sample's objects
    std::optional<double> share_of_object;  ///< of the objects' patches, kept
    double ms = 0;                          ///< wall time of the run, with what it took from caches
    double cost_ms = 0;                     ///< what the run takes alone, from picture to answer

    bool operator==(const SampleResult&) const = default;

    std::tuple<std::string_view, std::string_view, int> key() const {
        return {sample, method, budget};
    }
};

/// One line of JSON without its end of line. Only the times differ between two runs of one plan.
std::string resultToLine(const SampleResult& result);

/// Older lines lack layer means (taken as `kept`), shares and cost (taken as `ms`).
/// @param what  named in the message
/// @throws Error(Input): not a result
SampleResult resultFromLine(std::string_view line, const std::string& what);

/// Results in a folder: `plan.json` and `results.jsonl`, one line per finished run, in the order of
/// the plan. A program that is killed leaves whole lines and at most the beginning of one, which
/// the next start removes.
class ResultLog {
public:
    /// Opens or makes the folder, and keeps other programs out of it.
    /// @throws Error(Mismatch): it belongs to another plan; Error(Failure): in use, not writable;
    /// Error(Input): a damaged line that is not the last
    ResultLog(const std::filesystem::path& folder, const std::string& plan_json);

    /// What earlier starts finished.
    const std::vector<SampleResult>& earlier() const { return earlier_; }

    /// Adds a line; it outlives this process at once.
    /// @throws Error(Failure)
    void append(const SampleResult& result);

private:
    std::filesystem::path path_;
    Descriptor file_;
    std::vector<SampleResult> earlier_;
};

}  // namespace prunescope
