#pragma once

#include "core/engine/attribution.h"

#include <QString>

namespace prunescope {

/// What tokens did to the answer, in words. An answer token of -1 means the answer as a whole.

/// "+0.123", "−0.000451", "0", "−∞", "no number"; in nats.
QString deltaText(double delta);

/// "3.2 %" of the attention.
QString attentionText(double paid);

/// "#213"; in a view after the first "#1:213", as the command line has it; "cls", "extra".
QString tokenName(int view, const OutputRow& token);

/// An answer token as it reads, without blanks around it; "(end)" for one that ends the answer
/// without a word.
QString answerPiece(const AnswerTrace& answer, int token);

/// Change of log-probability that an effect makes, of the whole answer or of one of its tokens.
double deltaOf(const TokenEffect& effect, int answer_token);

/// Whether the answer is another one because of it: anywhere, or first at this answer token.
bool flips(const TokenEffect& effect, int answer_token);

/// Share of attention that an answer token pays to a row, or the mean of all of them; NaN where
/// that is not known.
double attentionTo(const Attribution& found, int row, int answer_token);

/// All that is known of one patch; "" where nothing is.
QString effectText(const Attribution& found, int view, int patch, int answer_token);

}  // namespace prunescope
