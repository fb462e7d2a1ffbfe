#pragma once

#include "core/trace/run_trace.h"

#include <cstdint>
#include <string>
#include <vector>

namespace prunescope {

/// A patch of a view.
struct ViewPatch {
    int view = 0;
    std::int32_t patch = 0;

    bool operator==(const ViewPatch&) const = default;
};

/// What attribute() is to find out.
struct AttributionRequest {
    bool leave_out = true;            ///< what every kept token does
    std::vector<ViewPatch> leave_in;  ///< what these dropped patches would do
    bool attention = false;           ///< also where the answer looks, Attribution::attention
};

/// A row that the language model reads of the picture.
struct PlacedRow {
    int view = 0;
    OutputRow row;

    bool operator==(const PlacedRow&) const = default;
};

/// The answer with one visual token taken away, or one dropped patch put back, against the run's
/// own answer.
struct TokenEffect {
    bool added = false;  ///< put back (leave-one-in); else taken away (leave-one-out)
    int view = 0;
    OutputRow token;
    int row = 0;  ///< its place among the rows that the language model reads, from 0

    /// Change of the log-probability of the run's answer, in nats: with this change minus without.
    /// Negative where the change makes the answer less likely.
    double delta = 0;
    std::vector<double> delta_of;  ///< [T] per answer token given those before it; sums to `delta`

    std::vector<std::int64_t> ids;  ///< the greedy answer with this change
    std::string text;
    int first_difference = -1;  ///< index of the first answer token that is another; -1: the same

    bool changesAnswer() const { return first_difference >= 0; }

    bool operator==(const TokenEffect&) const = default;
};

/// What the tokens of a run did to its answer.
struct Attribution {
    AnswerTrace answer;                   ///< the run's own
    std::vector<double> log_probability;  ///< [T] natural, per answer token of the run
    std::vector<PlacedRow> rows;          ///< [n] what the language model read of the picture

    /// [T][n], empty unless asked for: softmax attention to each of these rows of the position that
    /// predicts an answer token (the prompt's last for the first token, else the token before it),
    /// mean over the decoder's heads and layers. What is missing to 1 goes to the text.
    std::vector<std::vector<double>> attention;
    std::vector<TokenEffect> effects;  ///< known so far: kept tokens by row, then those put back
    int total = 0;                     ///< how many effects there will be

    bool complete() const { return static_cast<int>(effects.size()) == total; }

    bool operator==(const Attribution&) const = default;
};

}  // namespace prunescope
