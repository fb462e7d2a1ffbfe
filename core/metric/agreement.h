#pragma once

#include "core/trace/run_trace.h"

#include <cstddef>
#include <optional>
#include <vector>

namespace prunescope {

/// The first token (0-based, by id) in which two answers differ, or where the shorter one ends;
/// nothing when they are the same, token for token.
std::optional<std::size_t> firstDifference(const AnswerTrace& a, const AnswerTrace& b);

/// Token by token, by index: true where the ids differ or only one answer has a token. As long as
/// the longer answer.
std::vector<bool> differingTokens(const AnswerTrace& a, const AnswerTrace& b);

}  // namespace prunescope
